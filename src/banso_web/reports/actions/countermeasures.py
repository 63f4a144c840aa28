"""改善策: writing one down, marking it done, taking it back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Refused
from banso_web.core.metrics import catalogue
from banso_web.members.reads import assignable
from banso_web.reports.actions.targets import require
from banso_web.reports.models import Countermeasure
from banso_web.reports.reads.countermeasures import ABOUT_CHURN, KINDS

if TYPE_CHECKING:
    from banso_web.members.models import Member


def add_countermeasure(
    member: Member,
    metric: str,
    month: date,
    *,
    kind: str,
    text: str,
    owner_id: int | None,
    due_on: date | None,
    expected_effect: str,
    churn_reason: str,
) -> Countermeasure:
    """One 改善策 of a metric's month. 担当・期限・期待効果 must be told, and 関連する解約理由 where the metric is about churn.

    Raises Forbidden without kpi.edit, Refused with `fields` for what is missing.
    """
    require(member)
    if metric not in catalogue:
        raise Refused(_("この指標はありません。"), code="bad_metric")
    needed = {
        "kind": kind in KINDS, "text": bool(text.strip()), "owner": owner_id is not None and assignable(owner_id),
        "due_on": due_on is not None, "expected_effect": bool(expected_effect.strip()),
        "churn_reason": bool(churn_reason.strip()) or metric not in ABOUT_CHURN,
    }  # fmt: skip
    if missing := {key: _("入力してください。") for key, given in needed.items() if not given}:
        raise Refused(
            _(
                "改善策には、種類・内容・担当・期限・期待効果が必要です。解約の指標では関連する解約理由も必要です。保存していません。"
            ),
            code="incomplete",
            fields=missing,
        )
    assert owner_id is not None and due_on is not None
    if due_on < month:
        raise Refused(
            _("期限が対象月より前です。保存していません。"),
            code="bad_due",
            fields={"due_on": _("対象月以降の日付にしてください。")},
        )
    with transaction.atomic():
        made = Countermeasure.objects.create(
            metric=metric, month=month.replace(day=1), kind=kind, text=text.strip(), owner_id=owner_id, due_on=due_on,
            expected_effect=expected_effect.strip()[:300], churn_reason=churn_reason.strip()[:300],
            made_at=clock.now(), made_by=member,
        )  # fmt: skip
        audit.record(
            "countermeasure.add", actor=member, subject="countermeasure", subject_id=made.pk, label=metric,
            new={
                "month": f"{month:%Y-%m}", "kind": kind, "text": made.text, "owner": owner_id,
                "due_on": due_on.isoformat(), "expected_effect": made.expected_effect,
                "churn_reason": made.churn_reason,
            },
        )  # fmt: skip
    return made


def _standing(measure_id: int) -> Countermeasure:
    found = Countermeasure.objects.filter(pk=measure_id, withdrawn_at=None).first()
    if found is None:
        raise Refused(_("この改善策は見つかりません。すでに取り下げられた可能性があります。"), code="gone")
    return found


def finish_countermeasure(member: Member, measure_id: int, done_on: date) -> Countermeasure:
    """Mark a measure done on a day. Refused for a day ahead."""
    require(member)
    if done_on > clock.today():
        raise Refused(_("完了日が未来の日付です。保存していません。"), code="bad_day")
    with transaction.atomic():
        found = _standing(measure_id)
        before = found.done_on
        found.done_on = done_on
        found.save(update_fields=["done_on"])
        audit.record(
            "countermeasure.done", actor=member, subject="countermeasure", subject_id=found.pk, label=found.metric,
            old={"done_on": before.isoformat() if before else ""}, new={"done_on": done_on.isoformat()},
        )  # fmt: skip
    return found


def withdraw_countermeasure(member: Member, measure_id: int, reason: str) -> None:
    """Take a measure back with a reason; it stays in the audit log."""
    require(member)
    if not reason.strip():
        raise Refused(
            _("取り下げる理由を入力してください。"),
            code="reason_needed",
            fields={"reason": _("入力してください。")},
        )
    with transaction.atomic():
        found = _standing(measure_id)
        found.withdrawn_at = clock.now()
        found.save(update_fields=["withdrawn_at"])
        audit.record(
            "countermeasure.withdraw", actor=member, subject="countermeasure", subject_id=found.pk, label=found.metric,
            old={"text": found.text}, reason=reason.strip(),
        )  # fmt: skip
