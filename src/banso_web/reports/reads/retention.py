"""継続率曲線: the share of customers still there after so many months, for the company and by segment, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from banso.lifetime import KaplanMeier, Point, kaplan_meier
from banso_web.accounts import counting
from banso_web.core.metrics import Row
from banso_web.core.ui.formats import number_text
from banso_web.reports.question import Question
from banso_web.reports.reads.figures import FEW
from banso_web.reports.reads.lives import Life, lives

VERSION = "1"  # of what the curve counts: raised when the same facts would give another one
MARKS = (3, 6, 12, 24, 36, 48, 60)
#: Below so many ends a curve is 参考, as a churn rate is.
FEW_ENDS = 10
MOST_POINTS = 40  # of one line: with more of them a chart draws no marks, and few customers show by theirs
DRAWN = 4  # segments in one picture, the largest first; the table has all of them


@dataclass(frozen=True)
class Curve:
    """The company's curve (`segment` None) or a segment's ("" has none). `lives` are those seen for a month at least."""

    segment: str | None
    lives: tuple[Life, ...]
    km: KaplanMeier

    @property
    def name(self) -> str:
        return _("全体") if self.segment is None else self.segment or _("セグメントなし")

    @property
    def longest(self) -> int:
        return int(self.km.table["time"][-1])

    @property
    def few(self) -> bool:
        return self.km.events < FEW_ENDS

    @property
    def late(self) -> int:
        """How many are known only from some age on."""
        return sum(1 for life in self.lives if life.entry)

    def at(self, age: int) -> Point:
        return self.km.at(age)

    @property
    def marks(self) -> list[Point]:
        """At the ages of the table, as far as anybody was seen."""
        return [self.at(age) for age in MARKS]

    @property
    def median_text(self) -> str:
        """Half of them are gone after …, with the interval; or that it has not come to that."""
        if self.km.median is None:
            return _("半数に達していません")
        low, high = ("" if bound is None else number_text(int(bound)) for bound in self.km.median_interval)
        months = _("%(months)s か月") % {"months": number_text(int(self.km.median))}
        return f"{months} ({low}–{high})" if low or high else months


@dataclass(frozen=True)
class Retention:
    """`curves`: the company first, then segments by size. `young`: customers not yet seen for a month."""

    curves: tuple[Curve, ...]
    young: int


def retention(question: Question) -> Retention:
    """The curves of a question; none where nobody has been seen for a month."""
    every = lives(question)
    seen = [life for life in every if life.seen]
    groups: dict[str | None, list[Life]] = {None: seen} if seen else {}
    for life in seen:
        groups.setdefault(life.segment, []).append(life)
    if len(groups) == 2:  # one segment is the company once more
        groups.popitem()
    curves = [_curve(key, mine) for key, mine in groups.items()]
    curves.sort(key=lambda curve: (curve.segment is not None, -len(curve.lives), curve.segment or ""))
    return Retention(tuple(curves), len(every) - len(seen))


def _curve(segment: str | None, mine: list[Life]) -> Curve:
    months, ended, entry = zip(*((life.months, life.ended, life.entry) for life in mine), strict=True)
    return Curve(segment, tuple(mine), kaplan_meier(months, ended, entry))


def chart(found: Retention) -> dict[str, Any]:
    """Steps by month with their intervals; where fewer than five are in sight the mark is hollow."""
    drawn = found.curves[: DRAWN + 1]
    longest = max(curve.longest for curve in drawn)
    ages = range(0, longest + 1, longest // MOST_POINTS + 1)
    series = []
    for curve in drawn:
        points = [curve.at(age) for age in ages]
        series.append(
            {
                "name": curve.name,
                "values": [point.survival for point in points],
                "low": [point.lower for point in points],
                "high": [point.upper for point in points],
                "small": [point.at_risk < FEW for point in points],
                "states": [None if point.survival is not None else "missing" for point in points],
                "notes": [
                    _("%(name)s: 観察中 %(n)s 社") % {"name": curve.name, "n": number_text(point.at_risk)}
                    for point in points
                ],
            }
        )
    return {
        "kind": "line",
        "unit": {"kind": "percent", "digits": 0},
        "description": _(
            "開始からの月数ごとの、解約せずに残っている顧客の割合(カプラン・マイヤー法)。帯は95%区間です。"
        ),
        "x": [str(age) for age in ages],
        "series": series,
        "zero": True,
        "most": 1,
    }


@dataclass(frozen=True)
class Mark:
    """One age of one curve with its customers."""

    curve: Curve
    point: Point
    gone: int
    rows: tuple[Row, ...]


def mark_rows(question: Question, segment: str | None, age: int) -> Mark | None:
    """The customers behind a point: who was in sight, who had left by then, who was not seen so long. None where there is no such curve."""
    curve = next((one for one in retention(question).curves if one.segment == segment), None)
    if curve is None or age < 1:
        return None
    names = counting.called([life.account_id for life in curve.lives])
    rows = []
    for life in curve.lives:
        called = names.get(life.account_id)
        part = (
            "gone" if life.gone_by(age - 1) else "leaves" if life.gone_by(age) else "at_risk" if life.at_risk(age)
            else "later" if life.entry >= age else "unseen"
        )  # fmt: skip
        rows.append(
            Row(
                life.account_id, called.code if called else str(life.account_id), called.name if called else "",
                part=part, on=life.start, extra={"months": life.months, "entry": life.entry, "ended": life.ended},
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-int(row.extra["months"]), row.code))
    gone = sum(1 for row in rows if row.part in ("gone", "leaves"))
    return Mark(curve, curve.at(age), gone, tuple(rows))
