"""What a number page is asked: the month and whom it is about, read from the address and written back into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.accounts.reads.choices import segments
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked
from banso_web.core.metrics import Scope, month_start
from banso_web.core.ui.formats import month_text, query_text
from banso_web.members.reads import assignable_members
from banso_web.revenue.metrics.by_year import last_complete_month
from banso_web.revenue.reads.months import last_day, months_before, next_month

if TYPE_CHECKING:
    from django.http import HttpRequest

TOUCHES: dict[str, Any] = {
    "high": gettext_lazy("ハイタッチ"),
    "low": gettext_lazy("ロータッチ"),
    "tech": gettext_lazy("テックタッチ"),
}
MONTHS_LISTED = 36


def member_id(text: str, label: str) -> int | None:
    """A member's id of an address; None where it is empty. Refused where it is no number."""
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Refused(
            _("「%(label)s」の指定(%(text)s)を読み取れません。一覧から選んでください。")
            % {"label": label, "text": text[:40]},
            code="bad_scope",
        )
    return int(text)


def read_scope(query: Mapping[str, str], me: int | None = None) -> Scope:
    """segment, team, owner (an id or `me`), touch, group=1. Refused for what cannot be read."""
    touch = query.get("touch", "")
    if touch and touch not in TOUCHES:
        raise Refused(_("タッチモデル「%(touch)s」はありません。") % {"touch": touch[:40]}, code="bad_scope")
    owner = query.get("owner", "")
    return Scope(
        segment=query.get("segment") or None,
        team=member_id(query.get("team", ""), _("チーム")),
        owner=me if owner == "me" else member_id(owner, _("主担当")),
        touch=touch or None,
        group=query.get("group") == "1",
    )


def scope_query(scope: Scope) -> dict[str, Any]:
    """The scope as query parameters, without what is not asked."""
    named = {
        "segment": scope.segment,
        "team": scope.team,
        "owner": scope.owner,
        "touch": scope.touch,
        "group": "1" if scope.group else None,
    }
    return {key: value for key, value in named.items() if value is not None}


@dataclass(frozen=True)
class Question:
    """A page's question: month (first day), scope, and `asked`. `begun`: the month holds at least one day of the question."""

    asked: Asked
    month: date
    scope: Scope

    @property
    def month_key(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def begun(self) -> bool:
        return self.month <= self.asked.as_of

    @property
    def complete(self) -> bool:
        """Whether the month is over at the close of the asked day."""
        return last_day(self.month) <= self.asked.as_of

    @property
    def at_month_end(self) -> Asked:
        """The question of the month's last day (or of the asked day, where that comes first)."""
        day = min(last_day(self.month), self.asked.as_of)
        return self.asked if day == self.asked.as_of else replace(self.asked, as_of=day)

    @property
    def query(self) -> dict[str, Any]:
        return {"month": self.month_key, **scope_query(self.scope)}

    def url(self, name: str, *args: Any, **more: Any) -> str:
        """The address of another number page with the same month and scope."""
        named = {**self.query, **more}
        return f"{reverse(name, args=args or None)}?{query_text({k: v for k, v in named.items() if v not in (None, '')})}"

    def rows_url(self, metric: str, part: str = "", **more: Any) -> str:
        """The page of 分子・分母・除外 of one figure."""
        return self.url("kpi_rows", metric=metric, part=part, **more)


def read_question(request: HttpRequest) -> Question:
    """From the address: `month` (2026-10; the last complete month where absent) and the scope. Refused for bad input."""
    asked: Asked = request.asked  # type: ignore[attr-defined]
    text = request.GET.get("month", "").strip()
    month = month_start(text) if text else last_complete_month(asked.as_of)
    if not date(1990, 1, 1) <= month <= date(2190, 1, 1):
        raise Refused(
            _("対象月「%(month)s」は範囲の外です。1990年から2189年までの月を指定してください。")
            % {"month": text[:20]},
            code="bad_month",
        )
    return Question(asked, month, read_scope(request.GET.dict(), request.user.pk))


def months_listed(question: Question) -> list[tuple[str, str]]:
    """(value, label) of the months to choose from, latest first; the asked month is always among them."""
    latest = question.asked.as_of.replace(day=1)
    found = [months_before(latest, back) for back in range(MONTHS_LISTED)]
    if question.month not in found:
        found = sorted([*found, question.month], reverse=True)
    return [(f"{month:%Y-%m}", month_text(month)) for month in found]


def scope_label(scope: Scope, names: Mapping[int, str]) -> str:
    """集計対象 in words: 全社, or what it is cut down to."""
    parts = []
    if scope.segment is not None:
        parts.append(_("セグメント: %(name)s") % {"name": scope.segment})
    if scope.team is not None:
        parts.append(_("チーム: %(name)s") % {"name": names.get(scope.team, str(scope.team))})
    if scope.owner is not None:
        parts.append(_("主担当: %(name)s") % {"name": names.get(scope.owner, str(scope.owner))})
    if scope.touch is not None:
        parts.append(_("タッチモデル: %(name)s") % {"name": TOUCHES[scope.touch]})
    if scope.group:
        parts.append(_("企業グループで数える"))
    return " · ".join(parts) or _("全社")


def picker(question: Question) -> dict[str, Any]:
    """Template context of the month and scope picker."""
    names = assignable_members()
    step_back, step_on = months_before(question.month, 1), next_month(question.month)
    return {
        "question": question,
        "months": months_listed(question),
        "segments": segments(),
        "people": names,
        "touches": TOUCHES,
        "scope_text": scope_label(question.scope, names),
        "previous_month": f"{step_back:%Y-%m}",
        "next_month": f"{step_on:%Y-%m}" if step_on <= question.asked.as_of else "",
        "month_end": last_day(question.month),
        "kpi_url": question.url("kpi"),
        "nrr_url": question.url("nrr"),
        "closing_url": address("closing", question),
        "today": question.asked.today,
    }


def address(name: str, question: Question) -> str:
    """A page's address with the month, or nothing where that page does not exist."""
    try:
        return question.url(name)
    except NoReverseMatch:
        return ""


def customer_url(account_id: int | None) -> str:
    """The customer's page (an upper app's, by its name), or nothing where it does not exist here."""
    try:
        return reverse("customer", args=(account_id,)) if account_id else ""
    except NoReverseMatch:
        return ""
