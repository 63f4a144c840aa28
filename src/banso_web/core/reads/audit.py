"""Reading the audit log: what a reader may see of it, by subject.

Seeing the log needs `audit.view`; seeing a row also needs the right to what the row is about. A subject that is named
neither here nor in `registry.audit_filters` is withheld: a new thing is hidden until somebody says who may see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from banso_web.core.clock import JST
from banso_web.core.models import AuditRow
from banso_web.core.registry import registry

if TYPE_CHECKING:
    from banso_web.members.models import Member

# subject: (word on the page, permission its rows need beside audit.view; "" none)
SUBJECTS: dict[str, tuple[Any, str]] = {
    "": (_("その他"), ""),
    "setting": (_("設定"), ""),
    "closure": (_("休業日"), ""),
    "view": (_("ビュー"), ""),
    "audit": (_("監査ログ"), ""),
    "backup": (_("バックアップ"), ""),
    "source": (_("データの送信元"), ""),
    "release": (_("リリース"), ""),
    "feature": (_("機能の定義"), ""),
    "usage_metric": (_("自社の指標"), ""),
    "import": (_("取込"), "account.view"),
    "mapping": (_("取込"), "account.view"),
    "account": (_("顧客"), "account.view"),
    "contract": (_("契約"), "account.view"),  # its price: FIELDS
    "department": (_("部署"), "account.view"),
    "sentiment": (_("担当所感"), "account.view"),
    "scorecard": (_("スコアカード"), "account.view"),
    "touch": (_("接点"), "contact.view"),  # subjects and notes name people
    "task": (_("タスク"), "account.view"),
    "ticket": (_("問い合わせ"), "account.view"),
    "response": (_("アンケート回答"), "account.view"),
    "voice": (_("お客様の声"), "account.view"),
    "renewal": (_("契約更新"), "account.view"),
    "goal": (_("成功指標"), "account.view"),
    "onboarding_project": (_("オンボーディング"), "account.view"),
    "usage_day": (_("日次利用"), "account.view"),
    "merge": (_("名寄せ"), "account.view"),
    "identity": (_("利用者の対応づけ"), "contact.view"),  # ids and addresses of users
    "entry": (_("登録"), "account.view"),
    "contact": (_("先方担当者"), "contact.view"),
    "movement": (_("MRRの動き"), "revenue.view"),
    "target": (_("目標"), "revenue.view"),
    "countermeasure": (_("対策"), "revenue.view"),
    "scenario": (_("LTVの試算"), "revenue.view"),
    "month": (_("月次締め"), "revenue.view"),
    "closing": (_("月次締め"), "revenue.view"),
    "backtest": (_("バックテスト"), "revenue.view"),
    "rate": (_("為替レート"), "revenue.view"),
    "charge": (_("スポット売上"), "revenue.view"),
    "invoice": (_("請求"), "revenue.view"),
    "ltv_input": (_("LTVの前提"), "revenue.view"),
    "report": (_("帳票"), "revenue.view"),
    "member": (_("メンバー"), "member.view"),
    "role": (_("役割"), "member.view"),
    "invitation": (_("招待"), "member.view"),
    "api_key": (_("APIキー"), "member.view"),
    "personal": (_("個人情報"), "personal.manage"),
    "personal_request": (_("個人情報の請求"), "personal.manage"),
}

# subject: {field: permission its values need beside those of the row}
FIELDS: dict[str, dict[str, str]] = {
    "contract": {"stated_units": "price.view"},
    "renewal": {"amount": "price.view"},
}


def visible_rows(member: Member) -> QuerySet[AuditRow]:
    """The rows this member may see: by permission of their subject, or by the hook of the app that owns it.

    A hook is `(member) -> bool | Q`; a Q narrows the rows of its subject further (by subject_id, say).
    """
    if not member.may("audit.view"):
        return AuditRow.objects.none()
    plain = [
        key
        for key, (_word, permission) in SUBJECTS.items()
        if key not in registry.audit_filters and (not permission or member.may(permission))
    ]
    seen = Q(subject__in=plain)
    for subject, hook in registry.audit_filters.items():
        allowed = hook(member)
        if allowed is True:
            seen |= Q(subject=subject)
        elif isinstance(allowed, Q):
            seen |= Q(subject=subject) & allowed
    return AuditRow.objects.filter(seen)


@dataclass(frozen=True)
class Wanted:
    """What the reader looks for; empty fields do not narrow. Days are Japan's, both inclusive. `subject`: keys, by commas."""

    who: str = ""
    text: str = ""
    action: str = ""
    subject: str = ""
    subject_id: int | None = None
    via: str = ""
    since: date | None = None
    until: date | None = None


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST)


def audit_rows(member: Member, wanted: Wanted) -> QuerySet[AuditRow]:
    """Visible rows that match, in no order yet (the page orders by key)."""
    rows = visible_rows(member)
    if wanted.who:
        rows = rows.filter(actor_name__icontains=wanted.who)
    if wanted.text:
        rows = rows.filter(Q(subject_label__icontains=wanted.text) | Q(reason__icontains=wanted.text))
    if wanted.action:
        rows = rows.filter(action__startswith=wanted.action)
    if wanted.subject:
        rows = rows.filter(subject__in=wanted.subject.split(","))
    if wanted.subject_id is not None:
        rows = rows.filter(subject_id=wanted.subject_id)
    if wanted.via:
        rows = rows.filter(via=wanted.via)
    if wanted.since:
        rows = rows.filter(at__gte=_start(wanted.since))
    if wanted.until:
        rows = rows.filter(at__lt=_start(wanted.until + timedelta(days=1)))
    return rows


@dataclass(frozen=True)
class Change:
    """One field of a row: what it was and what it became ("" where it was not there). `hidden`: it changed, and the reader
    may not see from what to what."""

    field: str
    old: Any
    new: Any
    hidden: bool = False


def hidden_fields(member: Member, row: AuditRow) -> list[str]:
    """The fields of a row whose values this reader may not see, in the row's order."""
    closed = {key for key, needs in FIELDS.get(row.subject, {}).items() if not member.may(needs)}
    return [key for key in dict.fromkeys([*row.old, *row.new]) if key in closed]


def changes(member: Member, row: AuditRow) -> list[Change]:
    """Old and new values side by side, by field name, as this reader may see them."""
    hidden = hidden_fields(member, row)
    return [
        Change(key, "", "", hidden=True)
        if key in hidden
        else Change(key, row.old.get(key, ""), row.new.get(key, ""))
        for key in dict.fromkeys([*row.old, *row.new])
    ]
