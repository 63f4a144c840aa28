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
    Joined,
    Key,
    Mark,
    Row,
    RowProblem,
    Stored,
    number,
    place,
    text,
    units_of,
)


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
    stored: Stored | None = None,
    joined: Literal["change", "hold"] = "change",
) -> Derived:
    """Movements from a table with one column a month. Pure; row order does not matter.

    Rows: ``account_id``, optional ``product``, ``contract_id``, ``currency``, ``row``, and ``amounts``: any day of the
    month → Decimal, None for an empty cell. `months` (default: all that occur) are the table's columns.

    A change between two months is a movement on the first day; a fall to nothing (empty or 0) is an end on the last day
    of the month before. Rows of one customer, contract and product add up (marked). Last months that are empty for
    everybody are not ends (marked). What stands in the first month is dated its first day, or the day before
    (`opening="day_before"`, so that the month opens with it); the table does not say when it began (marked).

    `stored`: what earlier tables of the same source brought. A table that begins later joins it: the level stored for the
    month before is where it starts, so what is equal gives no movement. A difference is a change in the first month (what
    is stored and missing here has ended), or nothing at all (`joined="hold"`: the stored level goes on until the table
    itself changes). A table that ends before the stored months do leaves the levels of those months as they were.

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
    join = _join(table, columns, wanted, stored, joined, out)
    _move_all(table, columns, "wide", out, opening, join)
    if sheet_totals:  # a sum below months that nobody has filled in yet says 0 and means nothing
        sheet_totals = {on: total for on, total in sheet_totals.items() if Month.of(on) in wanted}
    totals = sheet_totals or {m.first: from_units(cells.get(m, {}).get(currency, 0)) for m in wanted}
    return _derived(out, totals, currency, join, wanted)


def _derived(
    out: Collector, totals: Mapping[date, Decimal], currency: str, join: _Join | None, months: Sequence[Month]
) -> Derived:
    movements = out.finished()
    carried: dict[tuple[str, str], int] = defaultdict(int)
    for (account, _contract, _product, money), units in (join.before if join else {}).items():
        carried[money, account] += units
    preview = preview_of(movements, sheet_totals=totals, currency=currency, carried=carried)
    spoke_of = (months[0], months[-1]) if months else None
    told = join.told if join else None
    return Derived(movements, preview, tuple(out.problems), tuple(out.marks), joined=told, spoke_of=spoke_of)


@dataclass(frozen=True, slots=True)
class _Join:
    """Where a later table starts: key → units. `hold`: the table's first level is taken as if it were the stored one."""

    before: Mapping[Key, int]
    hold: bool
    told: Joined


def _join(
    table: dict[Key, list[int]], columns: list[_Column], months: Sequence[Month], stored: Stored | None,
    how: Literal["change", "hold"], out: Collector,
) -> _Join | None:  # fmt: skip
    """Complete the table and its columns from what is stored before and after it. None where nothing is stored before."""
    if stored is None or not months:
        return None
    own = stored.own if stored.own is not None else frozenset(stored.steps)
    join = None
    if stored.first < months[0]:
        found = {key: units_of(level) for key, level in stored.at(months[0] - 1).items()}
        before = {key: units for key, units in found.items() if key in own or key in table}
        join = _Join(before, how == "hold", _told(before, table, months[0], out))
        for key, units in before.items():  # what the table does not have ends, or goes on
            table.setdefault(key, [units if how == "hold" else 0] * len(months))
    if months[-1] + 1 <= stored.last:  # later months keep the level that is stored for them
        after = {key: units_of(level) for key, level in stored.at(months[-1] + 1).items()}
        for key in after:
            if key in own:
                table.setdefault(key, [0] * len(months))
        for key, levels in table.items():
            levels.append(after.get(key, 0))
        day = (months[-1] + 1).first
        columns.append(_Column(day, day - ONE_DAY, str(months[-1] + 1)))
    return join


def _told(
    before: Mapping[Key, int], table: Mapping[Key, Sequence[int]], month: Month, out: Collector
) -> Joined:
    counts = dict.fromkeys(("same", "new", "up", "down", "ended"), 0)
    total = 0
    for key in sorted(before.keys() | table.keys()):
        was, now = before.get(key, 0), table[key][0] if key in table else 0
        total += now
        if not was and not now:
            continue
        word = (
            "same"
            if was == now
            else "new"
            if not was
            else "ended"
            if not now
            else "up"
            if now > was
            else "down"
        )
        counts[word] += 1
        if word != "same":
            detail = f"{from_units(was).normalize():,f} → {from_units(now).normalize():,f}"
            out.marks.append(Mark("joined_change", key[0], key[1], month.first, detail=detail))
    return Joined(month, from_units(sum(before.values())), from_units(total), **counts)


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
    opening: Literal["first_day", "day_before"], join: _Join | None = None,
) -> None:  # fmt: skip
    for key, levels in table.items():
        account, contract, product, money = key
        level = join.before.get(key, 0) if join else 0
        if join and join.hold:
            level = levels[0]
        ever = level != 0
        for at, (column, now) in enumerate(zip(columns, levels, strict=True)):
            cause, on = _step(level, now, ever, column)
            note = ""
            if at == 0 and now and join is None:
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
    stored: Stored | None = None,
    joined: Literal["change", "hold"] = "change",
) -> Derived:
    """Movements from successive lists (one file a month), compared key by key (customer, contract, product).

    Rows: ``account_id`` and ``mrr``, optional ``contract_id``, ``product``, ``currency``. With `dating="month"` a list
    stands for its month as a column of `from_wide` does (the last list of a month counts, the others are marked); with
    ``"day"`` a change is dated the day of the list and an end the day before it. A customer that is missing from a list
    has ended. `stored`, `joined`: as in `from_wide`, for lists by month. Ids are ``snapshot:<account>:<contract>:<product>:<YYYY-MM or YYYYMMDD>``.
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
    months = [Month.of(on) for on, _rows in lists] if dating == "month" else []
    join = _join(table, columns, months, stored, joined, out)
    _move_all(table, columns, "snapshot", out, opening, join)
    return _derived(out, sheet_totals or totals, currency, join, [Month.of(on) for on, _rows in lists])


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
