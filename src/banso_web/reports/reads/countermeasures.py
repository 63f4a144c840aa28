"""改善策: what was decided about a missed target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from banso_web.core.clock import JST
from banso_web.core.facts import Asked
from banso_web.reports.models import Countermeasure

KINDS: dict[str, Any] = {
    "feedback": _("メンバーへのフィードバック"),
    "strategy": _("戦略の修正"),
    "product": _("プロダクトの改修依頼"),
}
QUIET_DAYS = 30  # a missed figure without a new measure for so long is pointed out (KGI-04)


@dataclass(frozen=True)
class Measure:
    """One 改善策 as a page shows it."""

    id: int
    metric: str
    month: date
    kind: str
    text: str
    owner_id: int
    owner: str
    due_on: date
    expected_effect: str
    churn_reason: str
    done_on: date | None
    made_by: str
    made_at: datetime

    @property
    def kind_word(self) -> Any:
        return KINDS.get(self.kind, self.kind)

    def late_on(self, day: date) -> bool:
        return self.done_on is None and self.due_on < day


def measures(asked: Asked, *, month: date | None = None, metric: str = "") -> list[Measure]:
    """Standing measures that were written by the asked day, newest first."""
    until = datetime.combine(asked.as_of + timedelta(days=1), time.min, tzinfo=JST)
    rows = Countermeasure.objects.filter(withdrawn_at=None, made_at__lt=until)
    if month is not None:
        rows = rows.filter(month=month)
    if metric:
        rows = rows.filter(metric=metric)
    rows = rows.annotate(owner_name=F("owner__name"), maker=F("made_by__name")).order_by("-made_at", "-id")
    return [
        Measure(
            row.pk, row.metric, row.month, row.kind, row.text, row.owner_id, row.owner_name, row.due_on,
            row.expected_effect, row.churn_reason, row.done_on, row.maker, row.made_at,
        )
        for row in rows[:500]
    ]  # fmt: skip


def newest_by_metric(asked: Asked) -> dict[str, datetime]:
    """When the newest standing measure of each metric was written, by the asked day."""
    until = datetime.combine(asked.as_of + timedelta(days=1), time.min, tzinfo=JST)
    rows = Countermeasure.objects.filter(withdrawn_at=None, made_at__lt=until).order_by()
    return dict(rows.values_list("metric").annotate(newest=Max("made_at")))


def is_quiet(newest: datetime | None, day: date) -> bool:
    """Whether the newest measure is older than `QUIET_DAYS`; without any it is 未対策, which says more."""
    return newest is not None and newest.astimezone(JST).date() < day - timedelta(days=QUIET_DAYS)


def covered(found: Sequence[Measure]) -> set[str]:
    """Metrics that carry at least one measure."""
    return {measure.metric for measure in found}
