"""Invoice lines with a period of service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from banso.money import MoneyError
from banso.periods import Month
from banso.revenue.recipes.dates import ONE_DAY, months_between
from banso.revenue.recipes.preview import preview_of
from banso.revenue.recipes.rows import (
    Cause,
    Collector,
    Derived,
    Mark,
    Row,
    RowProblem,
    day,
    monthly_units,
    number,
    place,
    text,
    ymd,
)

ONE_OFF = frozenset({"initial", "spot", "usage", "初期費用", "スポット", "従量", "一時"})


@dataclass(frozen=True, slots=True)
class _Line:
    key: tuple[str, str, str, str]  # account, contract, product, currency
    first: date
    last: date
    units: int


def from_invoice_lines(
    rows: Iterable[Row],
    *,
    complete_until: date | None = None,
    sheet_totals: Mapping[date, Decimal] | None = None,
    currency: str = "JPY",
) -> Derived:
    """Movements from invoice lines. Pure; row order does not matter.

    Rows: ``account_id``, ``amount`` (税抜), ``service_from`` and ``service_to`` (both days included; ``months`` may be
    given); optional ``product``, ``contract_id``, ``currency``, ``kind``, ``row``. One-off lines (`kind` initial, spot,
    usage) are no MRR and are marked; a line without a period of service is a problem.

    A line's monthly amount = amount / months, rounded half up once to 1/10,000. The lines of a customer and product that
    cover a day add up; the sum's changes are movements: a rise or a partial fall on its first day, a fall to nothing on
    the last day of service. Lines that follow each other at one price make no movement.

    The lines are complete until `complete_until` (default: the end of the month in which the last line begins). An end
    on or after that day is not known to be one: no movement, marked. Ids: ``invoice:<account>:<contract>:<product>:<day>``.
    """
    out = Collector()
    lines = []
    for at, row in enumerate(rows):
        line = _read(row, place(row, at), currency, out)
        if line is not None:
            lines.append(line)
    groups: dict[tuple[str, str, str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        groups[line.key][line.first] += line.units
        groups[line.key][line.last + ONE_DAY] -= line.units
    horizon = complete_until or (Month.of(max(line.first for line in lines)).last if lines else date.max)
    for key in sorted(groups):
        _move(key, groups[key], horizon, out)
    movements = out.finished()
    preview = preview_of(movements, sheet_totals=sheet_totals, currency=currency)
    return Derived(movements, preview, tuple(out.problems), tuple(out.marks))


def _read(row: Row, at: int, currency: str, out: Collector) -> _Line | None:
    account, amount = text(row, "account_id"), number(row, "amount")
    first, last, months = day(row, "service_from"), day(row, "service_to"), number(row, "months")
    if text(row, "kind") in ONE_OFF:
        out.marks.append(Mark("one_off", account, text(row, "contract_id"), first, at, text(row, "kind")))
        return None
    code = (
        "no_account" if not account else "no_amount" if amount is None
        else "no_period" if first is None or last is None or (months is not None and months <= 0)
        else "end_before_start" if last < first else ""
    )  # fmt: skip
    if code or amount is None or first is None or last is None:
        out.problems.append(RowProblem(code or "no_period", at))
        return None
    length = Fraction(months) if months is not None else months_between(first, last)
    if length.denominator != 1:
        out.marks.append(Mark("partial_months", account, text(row, "contract_id"), first, at, str(length)))
    try:
        units = monthly_units(amount, length)
    except MoneyError:
        out.problems.append(RowProblem("amount_too_large", at, "amount"))
        return None
    key = (account, text(row, "contract_id"), text(row, "product"), text(row, "currency") or currency)
    return _Line(key, first, last, units)


def _move(key: tuple[str, str, str, str], steps: Mapping[date, int], horizon: date, out: Collector) -> None:
    """Walk the days on which the sum of a group's lines changes."""
    account, contract, product, money = key
    level, ever = 0, False
    for on in sorted(steps):
        now = level + steps[on]
        if now < level and on > horizon:
            # Beyond the last invoices nothing is known: what falls away there is only not invoiced yet.
            out.marks.append(Mark("open_at_end_of_data", account, contract, on - ONE_DAY, detail=product))
            return
        cause: Cause
        if now == 0:
            cause, dated = "churn", on - ONE_DAY
        elif level == 0:
            cause, dated = ("reactivation" if ever else "new"), on
        else:
            cause, dated = ("upsell" if now > level else "downgrade"), on
        out.move(
            f"invoice:{account}:{contract}:{product}:{ymd(dated)}", account=account, on=dated, units=now - level,
            currency=money, cause=cause, contract=contract, product=product,
        )  # fmt: skip
        level, ever = now, ever or now != 0
