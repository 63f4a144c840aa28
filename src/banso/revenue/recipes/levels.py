"""横持ち月次MRR表 and successive snapshots: what a customer pays at each column, and the movements between columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from banso.money import MoneyError, from_units
from banso.periods import Month
from banso.revenue.recipes.dates import ONE_DAY
from banso.revenue.recipes.preview import preview_of
from banso.revenue.recipes.rows import (
    Cause,
    Collector,
    Derived,
    Mark,
    Row,
    RowProblem,
    number,
    place,
    text,
    units_of,
)

Key = tuple[str, str, str, str]  # account, contract, product, currency


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of levels: a change is dated `change_on`, a fall to nothing `end_on`; `label` stands in the id."""

    change_on: date
    end_on: date
    label: str


def from_wide(
    rows: Iterable[Row],
    months: Sequence[date] | None = None,
    *,
    opening: Literal["first_day", "day_before"] = "first_day",
    sheet_totals: Mapping[date, Decimal] | None = None,
    currency: str = "JPY",
) -> Derived:
    """Movements from a table with one column a month. Pure; row order does not matter.

    Rows: ``account_id``, optional ``product``, ``contract_id``, ``currency``, ``row``, and ``amounts``: any day of the
    month → Decimal, None for an empty cell. `months` (default: all that occur) are the table's columns.

    A change between two months is a movement on the first day; a fall to nothing (empty or 0) is an end on the last day
    of the month before. Rows of one customer, contract and product add up (marked). Last months that are empty for
    everybody are not ends (marked). What stands in the first month is dated its first day, or the day before
    (`opening="day_before"`, so that the month opens with it); the table does not say when it began (marked).

    `sheet_totals` are the sheet's own totals; without them the sums of its cells stand in the preview.
    Ids are ``wide:<account>:<contract>:<product>:<YYYY-MM>``.
    """
    out = Collector()
    kept = [(place(row, at), row) for at, row in enumerate(rows)]
    levels, cells = _wide_levels(kept, out, currency)
    wanted = sorted({Month.of(each) for each in months} if months is not None else set(cells))
    while wanted and not any(wanted[-1] in each for each in levels.values()):
        out.marks.append(Mark("empty_months", on=wanted.pop().first))
    for left, right in pairwise(wanted):
        if right - left > 1:
            out.marks.append(Mark("missing_months", on=right.first, detail=str(left + 1)))
    columns = [_Column(m.first, m.first - ONE_DAY, str(m)) for m in wanted]
    table = {key: [found.get(m, 0) for m in wanted] for key, found in levels.items()}
    _move_all(table, columns, "wide", out, opening)
    if sheet_totals:  # a sum below months that nobody has filled in yet says 0 and means nothing
        sheet_totals = {on: total for on, total in sheet_totals.items() if Month.of(on) in wanted}
    totals = sheet_totals or {m.first: from_units(cells.get(m, {}).get(currency, 0)) for m in wanted}
    return _derived(out, totals, currency)


def _derived(out: Collector, totals: Mapping[date, Decimal], currency: str) -> Derived:
    movements = out.finished()
    preview = preview_of(movements, sheet_totals=totals, currency=currency)
    return Derived(movements, preview, tuple(out.problems), tuple(out.marks))


def _wide_levels(
    rows: Iterable[tuple[int, Row]], out: Collector, currency: str
) -> tuple[dict[Key, dict[Month, int]], dict[Month, dict[str, int]]]:
    """Key → month → units (only where not 0), and, added up apart from it, month → currency → sum of the cells."""
    levels: dict[Key, dict[Month, int]] = {}
    cells: dict[Month, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for at, row in rows:
        amounts = row.get("amounts")
        key = _key(row, currency)
        if not key[0] or not isinstance(amounts, Mapping):
            out.problems.append(RowProblem("no_amount" if key[0] else "no_account", at))
            continue
        found = _month_units(amounts, at, out)
        if found is None:
            continue
        if key in levels:
            out.marks.append(Mark("rows_added_up", key[0], key[1], row=at, detail=key[2]))
        mine = levels.setdefault(key, {})
        for month, units in found.items():
            cells[month][key[3]] += units
            if units:
                mine[month] = mine.get(month, 0) + units
    return levels, cells


def _key(row: Row, currency: str) -> Key:
    return (
        text(row, "account_id"),
        text(row, "contract_id"),
        text(row, "product"),
        text(row, "currency") or currency,
    )


def _month_units(amounts: Mapping[object, object], at: int, out: Collector) -> dict[Month, int] | None:
    found: dict[Month, int] = {}
    for on, amount in amounts.items():
        if not isinstance(on, date):
            raise TypeError(f"the keys of amounts are days, not {type(on).__name__}")
        if amount is not None and (isinstance(amount, bool) or not isinstance(amount, (Decimal, int))):
            raise TypeError(f"an amount is Decimal or int, not {type(amount).__name__}")
        try:
            found[Month.of(on)] = units_of(Decimal(amount)) if amount is not None else 0
        except MoneyError:
            out.problems.append(RowProblem("amount_too_large", at, str(Month.of(on))))
            return None
    return found


def _move_all(
    table: Mapping[Key, Sequence[int]], columns: Sequence[_Column], prefix: str, out: Collector,
    opening: Literal["first_day", "day_before"],
) -> None:  # fmt: skip
    for key, levels in table.items():
        account, contract, product, money = key
        level, ever = 0, False
        for at, (column, now) in enumerate(zip(columns, levels, strict=True)):
            cause, on = _step(level, now, ever, column)
            note = ""
            if at == 0 and now:
                on = column.end_on if opening == "day_before" else column.change_on
                note = "opening balance: the table does not say when it began"
                out.marks.append(Mark("opening_balance", account, contract, on, detail=product))
            out.move(
                f"{prefix}:{account}:{contract}:{product}:{column.label}", account=account, on=on, units=now - level,
                currency=money, cause=cause, contract=contract, product=product, note=note,
            )  # fmt: skip
            level, ever = now, ever or now != 0


def _step(before: int, now: int, ever: bool, column: _Column) -> tuple[Cause, date]:
    if now == 0:
        return "churn", column.end_on
    if before == 0:
        return ("reactivation" if ever else "new"), column.change_on
    return ("upsell" if now > before else "downgrade"), column.change_on


def from_snapshots(
    snapshots: Iterable[tuple[date, Iterable[Row]]],
    *,
    dating: Literal["month", "day"] = "month",
    opening: Literal["first_day", "day_before"] = "first_day",
    sheet_totals: Mapping[date, Decimal] | None = None,
    currency: str = "JPY",
) -> Derived:
    """Movements from successive lists (one file a month), compared key by key (customer, contract, product).

    Rows: ``account_id`` and ``mrr``, optional ``contract_id``, ``product``, ``currency``. With `dating="month"` a list
    stands for its month as a column of `from_wide` does (the last list of a month counts, the others are marked); with
    ``"day"`` a change is dated the day of the list and an end the day before it. A customer that is missing from a list
    has ended. Ids are ``snapshot:<account>:<contract>:<product>:<YYYY-MM or YYYYMMDD>``.
    """
    out = Collector()
    lists = sorted(((on, list(rows)) for on, rows in snapshots), key=lambda item: item[0])
    for on, rows in lists:
        if not rows:  # an empty list is a failed export, not the end of every customer
            out.problems.append(RowProblem("no_rows_of_day", 0, "", on.isoformat()))
    lists = [item for item in lists if item[1]]
    if dating == "month":
        by_month = {Month.of(on): on for on, _rows in lists}
        for on, _rows in lists:
            if by_month[Month.of(on)] != on:
                out.marks.append(Mark("one_snapshot_a_month", on=on))
        lists = [item for item in lists if by_month[Month.of(item[0])] == item[0]]
    columns, table, totals = [], dict[Key, list[int]](), dict[date, Decimal]()
    for at, (on, rows) in enumerate(lists):
        month = Month.of(on)
        columns.append(
            _Column(month.first, month.first - ONE_DAY, str(month)) if dating == "month"
            else _Column(on, on - ONE_DAY, on.strftime("%Y%m%d"))
        )  # fmt: skip
        total = 0
        for key, units in _snapshot_levels(rows, out, currency):
            table.setdefault(key, [0] * len(lists))[at] += units
            total += units if key[3] == currency else 0
        totals[month.first] = from_units(total)
    _move_all(table, columns, "snapshot", out, opening)
    return _derived(out, sheet_totals or totals, currency)


def _snapshot_levels(rows: Sequence[Row], out: Collector, currency: str) -> Iterable[tuple[Key, int]]:
    for at, row in enumerate(rows):
        key, mrr = _key(row, currency), number(row, "mrr")
        if not key[0] or mrr is None:
            out.problems.append(RowProblem("no_amount" if key[0] else "no_account", place(row, at)))
            continue
        try:
            yield key, units_of(mrr)
        except MoneyError:
            out.problems.append(RowProblem("amount_too_large", place(row, at), "mrr"))
