"""Filling the stored values, and marking days stale when a late fact touches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Min
from django.utils import translation

from banso_web.accounts.counting import segments
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.metrics import Rows, Scope, catalogue
from banso_web.core.models import Entry
from banso_web.members.reads import managers
from banso_web.revenue.metrics import cache
from banso_web.revenue.metrics.by_year import last_complete_month
from banso_web.revenue.models import Fill, MetricValue, Movement
from banso_web.revenue.reads import series as series_reads
from banso_web.revenue.reads.closing import OF_LAST_DAY, OF_MONTH, TO_MONTH, without_rows
from banso_web.revenue.reads.customers import rules_mark
from banso_web.revenue.reads.months import computed, last_day, months_before, scope_key, series_months
from banso_web.revenue.reads.series import find_series

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

WITH_REASONS = ("nrr_monthly",)  # the board tells what was left out of the month
Asking = tuple[str, date | None]  # metric, month


def scopes() -> list[Scope]:
    """Whose values are kept: the company, every segment, every team."""
    return [Scope(), *(Scope(segment=name) for name in segments()), *(Scope(team=key) for key in managers())]


def _wanted(day: date, scope: Scope, months: int) -> list[Asking]:
    """What a day's readers ask, the board of the last complete month first."""
    last, first = last_complete_month(day), day.replace(day=1)
    of_board = [*OF_MONTH, *(TO_MONTH if scope.is_company else ())]
    wanted: list[Asking] = [(key, last) for key in of_board]
    wanted += [("planned_churn_mrr", None)]
    wanted += [(key, None) for key in OF_DAY]
    wanted += [(key, months_before(first, back)) for key in OF_MONTH for back in range(months)]
    return list(dict.fromkeys(wanted))


def fill_today(scope: Scope | None = None, *, day: date | None = None, months: int = MONTHS_KEPT) -> int:
    """All that the pages of a day (today) ask of a scope: its trend, its board and the last complete month's end, then
    the months before; gives how many values were stored. Safe to run twice."""
    day, scope = day or clock.today(), scope or Scope()
    end = last_day(last_complete_month(day))
    stored = fill_series(day) if scope.is_company else 0
    stored += fill_day(end, scope=scope, wanted=[(key, None) for key in OF_LAST_DAY]) if end != day else 0
    return stored + fill_day(day, scope=scope, months=months)


def fill_series(day: date, *, watermark: int | None = None) -> int:
    """Store the company's long monthly series of a day, if it is not there yet."""
    asked = _asked(day, watermark)
    if find_series(asked) is not None:
        return 0
    _store(
        series_reads.KEY,
        "",
        day,
        series_reads.VERSION,
        rules_mark(asked),
        series_reads.as_payload(computed(asked, Scope(), *series_months(asked))),
    )
    return 1


def _asked(day: date, watermark: int | None) -> Asked:
    return Asked(
        as_of=day, today=clock.today(), watermark=current_watermark() if watermark is None else watermark
    )


def fill_day(
    day: date,
    *,
    scope: Scope | None = None,
    months: int = MONTHS_KEPT,
    watermark: int | None = None,
    wanted: Sequence[Asking] | None = None,
) -> int:
    """Compute and store what is missing for a scope and day; gives how many values were stored.

    `wanted`: these questions alone. Safe to run twice and to be killed anywhere: a day is STARTED before and DONE after
    its values are stored, and a run that finds STARTED (or STALE) fills again.
    """
    scope = scope or Scope()
    asked = _asked(day, watermark)
    place = scope_key(scope)
    listed = list(wanted) if wanted is not None else _wanted(day, scope, months)
    bases = {key: cache.basis(asked, key) for key in dict.fromkeys(key for key, _ in listed)}
    rows = MetricValue.objects.filter(scope=place, as_of=day, watermark__in=set(bases.values()))
    present = set(rows.values_list("key", "version", "watermark"))
    missing = [
        (key, month)
        for key, month in listed
        if (cache.stored_key(key, month), catalogue[key].version, bases[key]) not in present
    ]
    fills = Fill.objects.filter(scope=place, day=day, state=Fill.State.DONE, key__in=list(bases))
    done = set(fills.values_list("key", "watermark"))
    if not missing and done >= set(bases.items()):
        return 0
    _mark(place, day, bases, Fill.State.STARTED)
    for key, month in missing:
        _store(
            cache.stored_key(key, month),
            place,
            day,
            catalogue[key].version,
            bases[key],
            _payload(key, asked, month, scope),
        )
    _mark(place, day, bases, Fill.State.DONE)
    return len(missing)


def _store(key: str, place: str, day: date, version: str, basis: int, payload: dict[str, Any]) -> None:
    MetricValue.objects.bulk_create(
        [
            MetricValue(
                key=key,
                scope=place,
                as_of=day,
                version=version,
                watermark=basis,
                payload=payload,
                computed_at=clock.now(),
            )
        ],
        ignore_conflicts=True,  # two workers may fill the same day: the answer is the same
    )


def _payload(key: str, asked: Asked, month: date | None, scope: Scope) -> dict[str, Any]:
    texts: dict[str, Any] = {}
    left_out = None  # counted once: it is the same in every language
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            result = cache.fresh(key, asked, month, scope)
            texts[language] = without_rows(result, left_out)
            if key in WITH_REASONS and isinstance(result.excluded, Rows):
                texts[language]["left_out"] = [
                    [part, reason, count, None if total is None else str(total)]
                    for part, reason, count, total in result.excluded.by_reason()
                ]
        left_out = texts[language]["excluded"]
    return texts


def _mark(place: str, day: date, bases: Mapping[str, int], state: str) -> None:
    with transaction.atomic():
        known = set(
            Fill.objects.filter(scope=place, day=day, key__in=list(bases)).values_list("key", flat=True)
        )
        for basis in set(bases.values()):
            names = [key for key, of in bases.items() if of == basis]
            Fill.objects.filter(scope=place, day=day, key__in=names).update(state=state, watermark=basis)
        Fill.objects.bulk_create(
            [
                Fill(key=key, scope=place, day=day, state=state, watermark=basis)
                for key, basis in sorted(bases.items())
                if key not in known
            ],
            ignore_conflicts=True,
        )


def fill_nightly(today: date | None = None) -> int:
    """Today's values of every scope, then recent days that a late fact made stale; drops values long past."""
    day = today or clock.today()
    stored = sum(
        fill_today(scope, day=day, months=MONTHS_KEPT if scope.is_company else 2) for scope in scopes()
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
