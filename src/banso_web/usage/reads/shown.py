"""A kept verdict as a page reads it: words and exact numbers, and the picture of its weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from banso_web.core.ui.formats import number_text, pct_text
from banso_web.usage.models import UsageVerdict
from banso_web.usage.words import FORMS, REASONS, SKIPS, VERDICTS


@dataclass(frozen=True)
class WeekLine:
    """One week of 「なぜ?」. `part`: before, latest, unused or skipped; `why`: the reason of a skipped one with its days."""

    monday: date
    users: Fraction
    seats: int | None
    value: Fraction | None  # what is compared: users, or users per seat
    part: str
    word: Any
    why: Any = ""
    days: tuple[date, ...] = ()
    over_seats: bool = False

    @property
    def label(self) -> str:
        """9/7–9/13."""
        return f"{week_label(self.monday)}–{week_label(self.monday + timedelta(days=6))}"

    @property
    def days_text(self) -> str:
        return ", ".join(map(week_label, self.days))


@dataclass(frozen=True)
class PartLine:
    """A department or a feature; `change` None: it was 0 before."""

    name: str
    before: Fraction
    recent: Fraction
    change: Fraction | None


@dataclass(frozen=True)
class Shown:
    """Everything a verdict stands on. Numbers are None where nothing could be compared."""

    verdict: str
    word: Any
    reason: str
    reason_word: Any
    day: date
    form: str
    form_word: Any
    per_seat: bool
    baseline: Fraction | None
    recent: Fraction | None
    change: Fraction | None
    seats_change: Fraction | None
    threshold: Fraction
    rule: Mapping[str, Any]
    weeks: tuple[WeekLine, ...]
    skipped: tuple[WeekLine, ...]
    departments: tuple[PartLine, ...]
    features: tuple[PartLine, ...]
    gaps: Mapping[str, tuple[date, ...]]

    @property
    def limit(self) -> Fraction | None:
        """At or below this the recent mean is a drop."""
        return None if self.baseline is None else self.baseline * (1 - self.threshold)

    def text(self, value: Fraction | None) -> str:
        """A level in the unit it is compared in."""
        if value is None:
            return "—"
        return pct_text(value, 1) if self.per_seat else number_text(value, 1)

    @property
    def baseline_text(self) -> str:
        return self.text(self.baseline)

    @property
    def recent_text(self) -> str:
        return self.text(self.recent)

    @property
    def limit_text(self) -> str:
        return self.text(self.limit)

    @property
    def change_text(self) -> str:
        return "—" if self.change is None else pct_text(self.change, 1, signed=True)

    @property
    def seats_text(self) -> str:
        return "—" if self.seats_change is None else pct_text(self.seats_change, 0, signed=True)

    @property
    def threshold_text(self) -> str:
        return pct_text(-self.threshold, 0)

    @property
    def fell(self) -> list[tuple[str, str]]:
        """(name, change) of departments and features that fell by at least the threshold, the deepest first of each."""
        found = []
        for lines in (self.departments, self.features):
            deep = [line for line in lines if line.change is not None and line.change <= -self.threshold]
            found += [(line.name, pct_text(line.change, 0, signed=True)) for line in deep if line.change]
        return found

    @property
    def lines(self) -> list[WeekLine]:
        """All weeks in order of time."""
        return sorted([*self.weeks, *self.skipped], key=lambda line: line.monday)


def shown(row: UsageVerdict) -> Shown:
    """A stored row, read back."""
    told = row.evidence
    per_seat, rule = bool(told["per_seat"]), told["rule"]
    words = {"before": _("基準"), "latest": _("直近"), "unused": _("比較できる週")}
    weeks = tuple(
        WeekLine(
            monday=date.fromisoformat(week["monday"]),
            users=Fraction(week["users"]),
            seats=week["seats"],
            value=_value(week, per_seat),
            part=week["part"],
            word=words[week["part"]],
            over_seats=week["over_seats"],
        )
        for week in told["weeks"]
    )
    skipped = tuple(
        WeekLine(
            monday=date.fromisoformat(week["monday"]),
            users=Fraction(week["users"]),
            seats=None,
            value=None,
            part="skipped",
            word=_("除外"),
            why=SKIPS[week["reason"]],
            days=tuple(map(date.fromisoformat, week["days"])),
        )
        for week in told["skipped"]
    )
    return Shown(
        verdict=row.verdict,
        word=VERDICTS[row.verdict],
        reason=row.reason,
        reason_word=REASONS.get(row.reason, ""),
        day=row.day,
        form=told["form"],
        form_word=FORMS[told["form"]],
        per_seat=per_seat,
        baseline=_number(told["baseline"]),
        recent=_number(told["recent"]),
        change=_number(told["change"]),
        seats_change=_number(told["seats_change"]),
        threshold=Fraction(rule["threshold"]),
        rule=rule,
        weeks=weeks,
        skipped=skipped,
        departments=_parts(told["parts"].get("departments", ())),
        features=_parts(told["parts"].get("features", ())),
        gaps={source: tuple(map(date.fromisoformat, days)) for source, days in told["gaps"].items()},
    )


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _value(week: Mapping[str, Any], per_seat: bool) -> Fraction | None:
    users = Fraction(week["users"])
    if not per_seat:
        return users
    return users / week["seats"] if week["seats"] else None


def _parts(lines: Any) -> tuple[PartLine, ...]:
    return tuple(
        PartLine(line["name"], Fraction(line["before"]), Fraction(line["recent"]), _number(line["change"]))
        for line in lines
    )


def week_label(day: date) -> str:
    """A day where there is little room: on an axis, in a table of weeks."""
    return f"{day.month}/{day.day}"


def chart(told: Shown) -> dict[str, Any]:
    """The weeks of a verdict with its baseline and its threshold; a skipped week is a gap in the line, named in the twin."""
    unit: dict[str, Any] = (
        {"kind": "percent", "digits": 1} if told.per_seat else {"kind": "count", "digits": 1}
    )
    lines = told.lines
    targets = []
    if told.baseline is not None and told.limit is not None:
        targets = [
            {"value": float(told.baseline), "label": _("基準")},
            {"value": float(told.limit), "label": _("しきい値")},
        ]
    name = _("席あたりの利用") if told.per_seat else str(told.form_word)
    return {
        "kind": "line",
        "unit": unit,
        "description": _("週ごとの利用者と、基準としきい値"),
        "x": [week_label(line.monday) for line in lines],
        "series": [
            {
                "name": name,
                "values": [None if line.value is None else float(line.value) for line in lines],
                "states": ["" if line.value is not None else "not_applicable" for line in lines],
                "notes": [str(line.why) if line.part == "skipped" else None for line in lines],
            }
        ],
        "targets": targets,
        "zero": True,
    }
