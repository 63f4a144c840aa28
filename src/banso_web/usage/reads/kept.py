"""What definitions count day by day: which days are to be kept, how many are, and their course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from banso.periods import week_start
from banso.usage import Feature
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.contracts import seat_stretches
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily, UsageKept
from banso_web.usage.reads.attributed import USED, event_parameters
from banso_web.usage.reads.shown import week_label
from banso_web.warehouse.reads import changes_of_days

EVER = date(1990, 1, 1)
FEATURE, METRIC = "feature", "metric"
WEEKS = 52


@dataclass(frozen=True)
class Defined:
    """What is counted: the events of a feature (None: any use), in the `days` that end with each day; `seats`: beside the seats."""

    subject: str
    id: int
    feature: Feature | None
    days: int = 1
    seats: bool = False

    @property
    def mark(self) -> str:
        """Equal marks: the same definition."""
        return sha256(repr((self.feature and self.feature.rules, self.days, self.seats)).encode()).hexdigest()


#: Who events belong to is looked at for so many days together: what is learnt of somebody new leaves the days before alone.
BLOCK = 28


def block_end(day: date, asked: Asked) -> date:
    """The day after the last of its block, or the asked day if that comes first."""
    return min(date.fromordinal((day.toordinal() // BLOCK + 1) * BLOCK), asked.as_of)


def attributions(
    asked: Asked, days: Iterable[date], begun: Mapping[int, date] | None = None
) -> dict[date, str]:
    """{day: a digest of who events up to the end of its block belonged to, and of the seats on the day of who had `begun`}."""
    listed = sorted(days)
    merged, by_end, found = merges(asked.watermark), dict[date, str](), dict[date, str]()
    for day in listed:
        end = block_end(day, asked)
        if end not in by_end:
            given = event_parameters(replace(asked, as_of=end), EVER, merged, None)
            by_end[end] = sha256(repr((USED, given[2:4], given[6:])).encode()).hexdigest()
        found[day] = by_end[end]
    if begun is not None:
        for day, seats in _seated(asked, listed, begun).items():
            found[day] = sha256(f"{found[day]} {seats}".encode()).hexdigest()
    return found


def _seated(asked: Asked, days: Sequence[date], begun: Mapping[int, date]) -> dict[date, int]:
    """{day: a sum of digests, one for each contract in force}. `days` in order: what begins and ends is added up on the way."""
    changing: dict[int, int] = defaultdict(int)
    for account, contract, seats, first, after in seat_stretches(asked):
        first = max(first, begun[account].toordinal()) if account in begun else after
        if first < after:
            told = int.from_bytes(sha256(repr((account, contract, seats)).encode()).digest())
            changing[first] += told
            changing[after] -= told
    edges, at, total, found = sorted(changing), 0, 0, dict[date, int]()
    for day in days:
        while at < len(edges) and edges[at] <= day.toordinal():
            total += changing[edges[at]]
            at += 1
        found[day] = total
    return found


def days_with_use(asked: Asked) -> dict[date, int]:
    """{day: the number of its last change} of every day before the asked one with an event or a row of a file (0)."""
    rows = counted(UsageDaily, asked.watermark).filter(day__lt=asked.as_of).order_by()
    found = dict.fromkeys(rows.values_list("day", flat=True).distinct(), 0)
    return found | changes_of_days(EVER, asked.as_of)


def changes(told: dict[date, int], days: int) -> dict[date, int]:
    """{day: the newest change of the period that ends with it} of the days with use."""
    return {day: max(told.get(day - timedelta(days=back), 0) for back in range(days)) for day in sorted(told)}


@dataclass(frozen=True)
class Progress:
    """How many of the days are counted as the definition stands now, and their rows."""

    rows: Sequence[UsageKept]
    total: int

    @property
    def done(self) -> int:
        return len(self.rows)

    @property
    def is_whole(self) -> bool:
        return self.done >= self.total


def standing(defined: Defined, asked: Asked) -> tuple[list[UsageKept], dict[date, int]]:
    """(the rows that hold, {day: its newest change} of every day that is to be kept).

    What was settled of somebody's past events since is in the rows after the next filling (`actions.keeping`)."""
    wanted = changes(days_with_use(asked), defined.days)
    rows = UsageKept.objects.filter(
        subject=defined.subject, subject_id=defined.id, mark=defined.mark
    ).order_by("day")
    return [row for row in rows if wanted.get(row.day) == row.change], wanted


def progress(defined: Defined, asked: Asked) -> Progress:
    rows, wanted = standing(defined, asked)
    return Progress(rows, len(wanted))


def course(rows: Sequence[UsageKept], asked: Asked) -> list[dict[str, Any]]:
    """The last year, week by week: the means of users and of customers over the days with use, a picture each, as there are
    many users to a customer. A week that is not counted yet is a gap. Empty without a day."""
    first = week_start(asked.as_of) - timedelta(weeks=WEEKS)
    weeks: dict[date, list[UsageKept]] = {}
    for row in rows:
        if row.day >= first:
            weeks.setdefault(week_start(row.day), []).append(row)
    if not weeks:
        return []
    start, mondays = min(weeks), []
    while start <= asked.as_of:
        mondays.append(start)
        start += timedelta(weeks=1)

    def picture(title: str, name: str, what: str) -> dict[str, Any]:
        values = [_mean([getattr(row, what) for row in weeks.get(monday, ())]) for monday in mondays]
        states = ["" if one is not None else "not_computed" for one in values]
        return {
            "kind": "line",
            "unit": {"kind": "count", "digits": 1},
            "title": title,
            "description": title,
            "x": [week_label(monday) for monday in mondays],
            "series": [{"name": name, "values": values, "states": states}],
            "zero": True,
        }

    return [
        picture(_("1日あたりの利用者(週の平均)"), _("利用者"), "users"),
        picture(_("1日あたりの顧客(週の平均)"), _("顧客"), "accounts"),
    ]


def _mean(values: Sequence[int]) -> float | None:
    return float(Fraction(sum(values), len(values))) if values else None
