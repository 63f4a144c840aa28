"""顧客ポートフォリオ: renewal month × band. A customer whose health was never computed stands under 未計算; a month without renewals is
an empty cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.db.models import Count, Q, QuerySet, Sum

from banso_web.accounts.counting import CHUNK
from banso_web.core.facts import Asked
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import (
    ACTIVE,
    MONTHS,
    NOT_COMPUTED,
    ListQuery,
    customers,
    following,
    overdue,
    remembered,
)
from banso_web.health.words import BAND_KEYS

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member


Sums = tuple[int | None, int, int, int]  # band, customers, MRR, customers without a rate
End = tuple[date | None, int | None, int, int, int]  # next end, then the same


@dataclass(frozen=True)
class Cell:
    """Customers whose next contract end falls in the month, and their MRR."""

    month: date
    customers: int
    mrr_units: int
    unrated: int = 0  # customers whose currency has no rate: counted, and in no sum
    bands: tuple[tuple[str, Cell], ...] = ()  # the same customers by band, worst first; none that is empty


@dataclass(frozen=True)
class Grid:
    """Twelve months from the asked day, what lies behind them, what has no end date, and what is past its end undecided.

    A customer stands in one of them: with a contract past its end (更新手続中) in `overdue`, else at its next end.
    """

    overdue: Cell
    cells: tuple[Cell, ...]
    later: Cell
    none: Cell
    total: Cell


def _ends(member: Member, query: ListQuery, asked: Asked) -> list[End]:
    """Customers that have MRR, by next end and band; who is past an end apart, first."""
    if asked.is_today:
        mine = member.pk if query.owner == "me" else ""
        key = remembered("ends", asked.watermark, repr((asked.today, mine, query)))
        found: list[End] | None = caches["local"].get(key)
        if found is None:
            rows = customers(member, query, asked.today).filter(ACTIVE, excluded="").order_by()
            grouped = (
                rows.select_related(None)
                .values_list("renewal_on", "health__band")
                .annotate(n=Count("id"), mrr=Sum("mrr_units"), unrated=Count("id", filter=~Q(mrr_unrated="")))
            )
            late = _late(rows, overdue(asked))
            found = [(date.min, band, *sums) for (_end, band), sums in late.items()]
            for end, band, n, mrr, unrated in grouped:
                late_n, late_mrr, late_unrated = late.get((end, band), (0, 0, 0))
                found.append((end, band, n - late_n, mrr - late_mrr, unrated - late_unrated))
            caches["local"].set(key, found, 300)
        return found
    chosen, past = snapshot.chosen(member, query, asked), overdue(asked)
    return [
        (
            date.min if row.pk in past else row.renewal_on,
            row.health.band if row.health else None,
            1,
            row.mrr_units,
            int(bool(row.mrr_unrated)),
        )
        for row in chosen
        if (row.mrr_units > 0 or row.mrr_unrated) and not row.excluded
    ]


def _late(
    rows: QuerySet[Account], ids: Collection[int]
) -> dict[tuple[date | None, int | None], tuple[int, int, int]]:
    """The same sums of these customers alone, by their next end and band."""
    found: dict[tuple[date | None, int | None], tuple[int, int, int]] = {}
    listed = list(ids)
    for start in range(0, len(listed), CHUNK):
        fields = rows.filter(pk__in=listed[start : start + CHUNK]).select_related(None)
        names = ("renewal_on", "health__band", "mrr_units", "mrr_unrated")
        for end, band, mrr, unrated in fields.values_list(*names):
            count, total, without = found.get((end, band), (0, 0, 0))
            found[end, band] = (count + 1, total + mrr, without + bool(unrated))
    return found


def _added(month: date, rows: Sequence[Sums]) -> Cell:
    return Cell(month, sum(row[1] for row in rows), sum(row[2] for row in rows), sum(row[3] for row in rows))


def _sum(month: date, rows: Iterable[Sums]) -> Cell:
    listed = list(rows)
    codes: tuple[tuple[int | None, str], ...] = (*enumerate(BAND_KEYS), (None, NOT_COMPUTED))
    bands = [(key, [row for row in listed if row[0] == code]) for code, key in codes]
    return replace(_added(month, listed), bands=tuple((key, _added(month, own)) for key, own in bands if own))


def grid(member: Member, query: ListQuery, asked: Asked) -> Grid:
    """The grid for what the filters leave. Sums of the cells are the total, always."""
    by_month: dict[date | None, list[Sums]] = defaultdict(list)
    ends = _ends(member, query, asked)
    for end, band, count, mrr, unrated in ends:
        by_month[end.replace(day=1) if end else None].append((band, count, mrr, unrated))
    late = by_month.pop(date.min, [])
    months = [asked.as_of.replace(day=1)]
    while len(months) < MONTHS:
        months.append(following(months[-1]))
    last = months[-1]
    later = [
        pair for month, pairs in by_month.items() if month is not None and month > last for pair in pairs
    ]
    before = [
        pair for month, pairs in by_month.items() if month is not None and month < months[0] for pair in pairs
    ]
    return Grid(
        overdue=_sum(last, late),
        cells=tuple(_sum(month, by_month.get(month, [])) for month in months),
        later=_sum(last, later),
        none=_sum(last, [*by_month.get(None, []), *before]),
        total=_sum(last, [(band, count, mrr, unrated) for _end, band, count, mrr, unrated in ends]),
    )
