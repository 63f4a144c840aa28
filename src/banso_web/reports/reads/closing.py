"""月次締め as a page shows it: the months and their state, what blocks a close, what changed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.core.facts import Asked
from banso_web.core.metrics import MetricSpec, catalogue
from banso_web.reports.question import Question
from banso_web.reports.reads.figures import gap_kind, written_as
from banso_web.revenue.actions.closing import BRIDGE_KINDS
from banso_web.revenue.reads.closing import Beside, Closed, closed_months, reported_beside_restated
from banso_web.revenue.reads.months import last_day, months_before

MONTHS = 13
KINDS: dict[str, Any] = {"flash": _("速報"), "final": _("確報")}
BRIDGE: dict[str, Any] = {
    "recognition_month": _("計上月のずれ"),
    "proration": _("日割"),
    "free": _("無償"),
    "late_renewal": _("更新遅延"),
    "tax": _("税"),
    "fx": _("為替"),
}
assert set(BRIDGE) == set(BRIDGE_KINDS)


@dataclass(frozen=True)
class MonthLine:
    """A month and how far its closing is: open, flash, final, or running (not over yet)."""

    month: date
    state: str
    closed: Closed | None
    url: str

    @property
    def nrr(self) -> Any:
        return self.closed.values["nrr_monthly"]["value"] if self.closed else None


STATES: dict[str, Any] = {"running": _("途中の月"), "open": _("未締め"), **KINDS}


def month_state(question: Question, closed: Closed | None, month: date | None = None) -> str:
    """flash, final, running (not over yet), or open."""
    if closed:
        return closed.kind
    return "running" if last_day(month or question.month) >= question.asked.as_of else "open"


def month_lines(question: Question) -> list[MonthLine]:
    """The last thirteen months, latest first; two queries."""
    asked: Asked = question.asked
    standing = {closed.month: closed for closed in closed_months()}
    latest = asked.as_of.replace(day=1)
    months = [months_before(latest, back) for back in range(MONTHS)]
    if question.month not in months:
        months = sorted({*months, question.month}, reverse=True)
    found = []
    for month in months:
        closed = standing.get(month)
        state = month_state(question, closed, month)
        found.append(MonthLine(month, state, closed, question.url("closing", month=f"{month:%Y-%m}")))
    return found


def changed_since(closed: Closed, asked: Asked) -> list[tuple[MetricSpec, Beside, dict[str, Any], str]]:
    """The reported figures that are others now, 算出不可 included, with how they and their difference are written."""
    return [
        (spec := catalogue[one.key], one, {"digits": None, **written_as(one.unit)}, gap_kind(spec))
        for one in reported_beside_restated(closed, asked)
        if one.changed
    ]
