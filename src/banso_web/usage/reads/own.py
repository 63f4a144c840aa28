"""自社の指標 as they are defined, their value on a day and their course."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from banso.periods import week_start
from banso_web.core.facts import Asked, states_at
from banso_web.usage.models import OwnMetric, UsageKept
from banso_web.usage.reads.definitions import FeatureLine, features
from banso_web.usage.reads.kept import FEATURE, METRIC, WEEKS, Defined
from banso_web.usage.reads.shown import week_label
from banso_web.usage.reads.verdicts import latest_run
from banso_web.usage.words import MEASURES

Measure = OwnMetric.Measure
COUNTS = ("accounts", "users", "events", "seats", "seated_users", "seated_events")


@dataclass(frozen=True)
class Value:
    """A metric on one day: `top` ÷ `bottom` (1 where nothing divides). `value` None: nothing to divide by, or a silent day in the period."""

    day: date
    top: int
    bottom: int
    accounts: int
    value: Fraction | None
    silent: bool = False


@dataclass(frozen=True)
class OwnLine:
    """A metric with the feature it counts; `feature` None: any use, or (`lost`) one that is no longer in use."""

    id: int
    code: str
    name: str
    feature: FeatureLine | None
    measure: str
    days: int
    per_seat: bool
    lost: bool = False

    @property
    def defined(self) -> Defined:
        feature = self.feature.definition if self.feature else None
        return Defined(METRIC, self.id, feature, self.days, self.per_seat)

    @property
    def formula(self) -> str:
        """What is counted, in words."""
        what = MEASURES[self.measure] % {"what": self.feature.name if self.feature else _("すべての利用")}
        period = _("%(n)s日") % {"n": self.days}
        return f"{what} ({period})" + (_(" ÷ 席数") if self.per_seat else "")

    def value(self, day: date, told: Mapping[str, int], silent: Collection[date] = ()) -> Value:
        """The value of a day out of its counts."""
        seated = "seated_" if self.per_seat else ""
        top = told[f"{seated}users"] if self.measure == Measure.USERS else told[f"{seated}events"]
        bottom = told["seats"] if self.per_seat else told["users"] if self.measure == Measure.PER_USER else 1
        gap = any(day - timedelta(days=self.days) < one <= day for one in silent)
        return Value(
            day, top, bottom, told["accounts"], None if gap or not bottom else Fraction(top, bottom), gap
        )

    def values(self, rows: Sequence[UsageKept], silent: Collection[date]) -> list[Value]:
        return [self.value(row.day, {name: getattr(row, name) for name in COUNTS}, silent) for row in rows]


def own_metrics(asked: Asked) -> list[OwnLine]:
    """Every metric, by name. As features: the watermark decides, not the day."""
    stated = states_at(OwnMetric.STATE, as_of=asked.as_of, watermark=asked.watermark)
    codes = dict(OwnMetric.objects.filter(pk__in=list(stated)).values_list("pk", "code"))
    known = {one.code: one for one in features(asked)}
    found = [line(key, codes[key], values, known) for key, values in stated.items()]
    return sorted(found, key=lambda one: one.name)


def line(metric_id: int, code: str, values: Mapping[str, Any], known: Mapping[str, FeatureLine]) -> OwnLine:
    """A metric out of the values of a version, or of a form that nobody saved yet."""
    feature = values["feature"]
    return OwnLine(metric_id, code, values["name"], known.get(feature), values["measure"], values["days"],
                   values["per_seat"], bool(feature) and feature not in known)  # fmt: skip


def all_defined(asked: Asked) -> list[Defined]:
    """Everything whose days are kept."""
    lines = [Defined(FEATURE, one.id, one.definition) for one in features(asked)]
    return lines + [one.defined for one in own_metrics(asked) if not one.lost]


def silent_days(asked: Asked) -> set[date]:
    """Days the last detection found some source silent on: no value of a period that holds one is shown as if it were whole."""
    run = latest_run(asked.as_of)
    return {day for days in run.gaps.values() for day in days} if run else set()


def course(metric: OwnLine, values: Sequence[Value], asked: Asked) -> dict[str, Any] | None:
    """The last year: of each week its last day with use. A week that is not counted yet, or has a silent day, is a gap."""
    first = week_start(asked.as_of) - timedelta(weeks=WEEKS)
    last = {week_start(one.day): one for one in values if one.day >= first}
    if not last:
        return None
    mondays = [min(last) + timedelta(weeks=n) for n in range((asked.as_of - min(last)).days // 7 + 1)]
    found = [last.get(monday) for monday in mondays]
    share = metric.per_seat and metric.measure == Measure.USERS
    return {
        "kind": "line",
        "unit": {"kind": "percent", "digits": 1} if share else {"kind": "count", "digits": 1},
        "description": _("週の最後の日の値"),
        "x": [week_label(monday) for monday in mondays],
        "series": [
            {
                "name": metric.name,
                "values": [None if one is None or one.value is None else float(one.value) for one in found],
                "states": ["not_computed" if one is None else "missing" if one.silent else "" if one.value is not None else "not_computable" for one in found],
            }
        ],
        "zero": True,
    }  # fmt: skip
