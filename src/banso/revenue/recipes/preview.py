"""The preview: what the derived movements make of each month, beside the totals of the old sheet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from banso.money import from_units, to_units
from banso.periods import Month
from banso.revenue.recipes.dates import ONE_DAY, EndReading
from banso.revenue.recipes.rows import MovementRow, units_of

_MOST_MONTHS = 1_200


@dataclass(frozen=True, slots=True)
class PreviewMonth:
    """A month in one currency; amounts are 税抜 and never negative except `closing` and `in_service` of odd data.

    ``opening + new + back + up - down - churn == closing``. `in_service` is what is in force on the month's last day,
    ends of that day included: a sheet counts a contract that ends 10/31 in October, Banso's close of 10/31 does not.
    `sheet` is the old total, `difference` = in_service - sheet; both None where the sheet says nothing.
    """

    month: Month
    opening: Decimal
    new: Decimal
    up: Decimal
    down: Decimal
    churn: Decimal
    back: Decimal
    closing: Decimal
    in_service: Decimal
    sheet: Decimal | None = None
    difference: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """Months by currency; `end_shifts`: other reading → how many ends would change month, for the two dates asked.

    `end_shifts` has keys ``end_reading`` (更新日, 満了日) and ``cancel_reading`` (解約日); empty where no date is read.
    Customers are counted by account; a return within 30 days is `back` here, the metrics list it as 更新遅延.
    """

    months: Mapping[str, tuple[PreviewMonth, ...]]
    ends: int = 0
    end_shifts: Mapping[str, Mapping[EndReading, int]] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """True when at least one month has an old total and no month differs from it."""
        differences = [
            m.difference for months in self.months.values() for m in months if m.difference is not None
        ]
        return bool(differences) and not any(differences)


@dataclass
class _Sums:
    new: int = 0
    up: int = 0
    down: int = 0
    churn: int = 0
    back: int = 0
    on_last_day: int = 0


def preview_of(
    movements: Iterable[MovementRow],
    *,
    sheet_totals: Mapping[date, Decimal] | None = None,
    currency: str = "JPY",
    until: date | None = None,
    end_shifts: Mapping[str, Mapping[EndReading, int]] | None = None,
    carried: Mapping[tuple[str, str], int] | None = None,
) -> Preview:
    """Month by month from the first movement (or sheet total) to the last sheet total, else to `until` or the last movement.

    `sheet_totals`: any day of the month → total, in `currency`. `until` cuts later months (ends far in the future).
    `carried`: (currency, account) → units that it already pays before all this.
    """
    accounts: dict[tuple[str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    sums: dict[str, dict[int, _Sums]] = defaultdict(lambda: defaultdict(_Sums))
    ends = 0
    for movement in movements:
        on, units = movement["effective_on"], units_of(movement["mrr_delta"])
        index = on.year * 12 + on.month - 1
        accounts[movement["currency"], movement["account_id"]][index] += units
        ends += movement["cause"] == "churn"
        if movement["cause"] == "churn" and (on + ONE_DAY).day == 1:
            sums[movement["currency"]][index].on_last_day -= units
    before = carried or {}
    for (money, account), by_month in accounts.items():
        _classify(by_month, sums[money], before.get((money, account), 0))
    opening: dict[str, int] = defaultdict(int)
    for (money, _account), units in before.items():
        opening[money] += units
    sheets = {d.year * 12 + d.month - 1: to_units(total) for d, total in (sheet_totals or {}).items()}
    if sheets:
        sums.setdefault(currency, defaultdict(_Sums))
    months = {
        money: _months(found, sheets if money == currency else {}, until, opening[money])
        for money, found in sorted(sums.items())
    }
    return Preview(months, ends, end_shifts or {})


def _classify(by_month: Mapping[int, int], sums: dict[int, _Sums], level: int) -> None:
    """One customer's months into classes, by opening and closing balance alone (never by cause)."""
    ever = level != 0
    for index in sorted(by_month):
        opening, level = level, level + by_month[index]
        month = sums[index]
        if opening == 0 and level != 0:
            if ever:
                month.back += level
            else:
                month.new += level
        elif level == 0 and opening != 0:
            month.churn += opening
        elif level > opening:
            month.up += level - opening
        else:
            month.down += opening - level
        ever = ever or level != 0


def _months(
    sums: Mapping[int, _Sums], sheets: Mapping[int, int], until: date | None, level: int
) -> tuple[PreviewMonth, ...]:
    if not sums and not sheets:
        return ()
    first = min([*sums, *sheets])
    last = max(sheets) if sheets else max(sums)
    if until is not None:
        now = until.year * 12 + until.month - 1
        last = min(last, now) if sheets else now
    result = []
    for index in range(first, min(last, first + _MOST_MONTHS) + 1):
        found = sums.get(index, _Sums())
        opening = level
        level += found.new + found.back + found.up - found.down - found.churn
        in_service = level + found.on_last_day
        sheet = sheets.get(index)
        result.append(
            PreviewMonth(
                month=Month(index // 12, index % 12 + 1),
                opening=from_units(opening),
                new=from_units(found.new),
                up=from_units(found.up),
                down=from_units(found.down),
                churn=from_units(found.churn),
                back=from_units(found.back),
                closing=from_units(level),
                in_service=from_units(in_service),
                sheet=None if sheet is None else from_units(sheet),
                difference=None if sheet is None else from_units(in_service - sheet),
            )
        )
    return tuple(result)
