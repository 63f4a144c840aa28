"""Filling the stored values, and marking days stale when a late fact touches them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import translation

from banso_web.accounts.counting import segments
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.metrics import Scope, catalogue
from banso_web.core.models import Entry
from banso_web.members.reads import managers
from banso_web.revenue.metrics import cache
from banso_web.revenue.models import Fill, MetricValue, Movement
from banso_web.revenue.reads.closing import OF_LAST_DAY, OF_MONTH, without_rows
from banso_web.revenue.reads.months import months_before, scope_key

MONTHS_KEPT = 13  # what a board shows: this month and a year before it
DAYS_REFILLED = 62  # stale days older than this are computed when somebody asks
DAYS_KEPT = 400
OF_DAY = (
    *OF_LAST_DAY,
    "nrr_12m",
    "grr_12m",
    "customer_churn_12m_avg",
    "mrr_churn_12m_avg",
    "ltv_article",
    "ltv_churn",
)


def scopes() -> list[Scope]:
    """Whose values are kept: the company, every segment, every team."""
    return [Scope(), *(Scope(segment=name) for name in segments()), *(Scope(team=key) for key in managers())]


def fill_day(
    day: date, *, scope: Scope | None = None, months: int = MONTHS_KEPT, watermark: int | None = None
) -> int:
    """Compute and store what is missing for a scope and day; gives how many values were stored.

    Safe to run twice and to be killed anywhere: a day is STARTED before and DONE after its values are stored, and a run
    that finds STARTED (or STALE) fills again.
    """
    scope = scope or Scope()
    mark = current_watermark() if watermark is None else watermark
    asked = Asked(as_of=day, today=clock.today(), watermark=mark)
    basis, place = cache.basis(asked), scope_key(scope)
    wanted: list[tuple[str, date | None]] = [(key, None) for key in OF_DAY]
    first = day.replace(day=1)
    wanted += [(key, months_before(first, back)) for key in OF_MONTH for back in range(months)]
    present = set(
        MetricValue.objects.filter(scope=place, as_of=day, watermark=basis).values_list("key", "version")
    )
    missing = [
        (key, month)
        for key, month in wanted
        if (cache.stored_key(key, month), catalogue[key].version) not in present
    ]
    done = Fill.objects.filter(scope=place, day=day, state=Fill.State.DONE, watermark=basis).count()
    if not missing and done >= len({key for key, _ in wanted}):
        return 0
    _mark(place, day, {key for key, _ in wanted}, Fill.State.STARTED, basis)
    for key, month in missing:
        payload = _payload(key, asked, month, scope)
        MetricValue.objects.bulk_create(
            [
                MetricValue(
                    key=cache.stored_key(key, month),
                    scope=place,
                    as_of=day,
                    version=catalogue[key].version,
                    watermark=basis,
                    payload=payload,
                    computed_at=clock.now(),
                )
            ],
            ignore_conflicts=True,  # two workers may fill the same day: the answer is the same
        )
    _mark(place, day, {key for key, _ in wanted}, Fill.State.DONE, basis)
    return len(missing)


def _payload(key: str, asked: Asked, month: date | None, scope: Scope) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    left_out = None  # counted once: it is the same in every language
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = without_rows(cache.fresh(key, asked, month, scope), left_out)
        left_out = texts[language]["excluded"]
    return texts


def _mark(place: str, day: date, keys: Iterable[str], state: str, basis: int) -> None:
    with transaction.atomic():
        names = sorted(keys)
        known = set(Fill.objects.filter(scope=place, day=day, key__in=names).values_list("key", flat=True))
        Fill.objects.filter(scope=place, day=day, key__in=names).update(state=state, watermark=basis)
        Fill.objects.bulk_create(
            [
                Fill(key=key, scope=place, day=day, state=state, watermark=basis)
                for key in names
                if key not in known
            ],
            ignore_conflicts=True,
        )


def fill_nightly(today: date | None = None) -> int:
    """Today's values of every scope, then recent days that a late fact made stale; drops values long past."""
    day = today or clock.today()
    stored = sum(
        fill_day(day, scope=scope, months=MONTHS_KEPT if scope.is_company else 2) for scope in scopes()
    )
    unfinished = Fill.objects.exclude(state=Fill.State.DONE).filter(
        scope="", day__gte=day - timedelta(days=DAYS_REFILLED), day__lt=day
    )
    for stale in sorted(set(unfinished.values_list("day", flat=True))):
        stored += fill_day(stale, months=1)
    limit = day - timedelta(days=DAYS_KEPT)
    MetricValue.objects.filter(as_of__lt=limit).delete()
    Fill.objects.filter(day__lt=limit).delete()
    return stored


def mark_stale(entry_id: int) -> int:
    """Mark the days an entry touches as STALE; gives how many marks changed. Values under older watermarks stay true."""
    entry = Entry.objects.filter(pk=entry_id).first()
    if entry is None:
        return 0
    firsts: list[date] = []
    earliest = Movement.objects.filter(entry=entry).aggregate(first=Min("effective_on"))["first"]
    if earliest:
        firsts.append(earliest)
    versions = entry.versions.filter(subject__in=("account", "contract", "setting"))
    if versions.filter(valid_from=None).exists():
        firsts.append(date.min)
    elif (stated := versions.aggregate(first=Min("valid_from"))["first"]) is not None:
        firsts.append(stated)
    if not firsts:
        return 0
    days = Fill.objects.filter(day__gte=min(firsts)).exclude(state=Fill.State.STALE)
    return days.update(state=Fill.State.STALE)
