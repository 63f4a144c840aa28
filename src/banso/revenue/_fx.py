"""Dated exchange rates as exact integers over one power of ten."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ._months import day_number
from ._read import columns_of, missing
from ._units import decimal_of


@dataclass(frozen=True)
class Rates:
    """Rates to the reporting currency. ``places``: every rate is an int over 10**places."""

    reporting: str
    places: int
    dated: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]

    @classmethod
    def of(cls, rates: Any, reporting: str) -> Rates:
        """From a ``rates.csv`` table (currency, on, rate_to_reporting), ``{currency: rate}`` (one rate
        for all days), None (only the reporting currency) or Rates itself.

        Raises ValueError for a rate that is not above 0.
        """
        if isinstance(rates, Rates):
            return rates
        rows = _rows(rates)
        for currency, _, rate in rows:
            if not rate.is_finite() or rate <= 0:
                raise ValueError(f"the rate of {currency} must be above 0, not {rate}")
        places = max((-int(rate.normalize().as_tuple().exponent) for _, _, rate in rows), default=0)
        places = max(places, 0)
        by_currency: dict[str, dict[int, int]] = {}
        for currency, day, rate in rows:
            by_currency.setdefault(currency, {})[day] = int(rate.scaleb(places))
        dated = {
            currency: (tuple(sorted(of_day)), tuple(of_day[day] for day in sorted(of_day)))
            for currency, of_day in by_currency.items()
            if currency != reporting
        }
        return cls(reporting, places, dated)

    def at(self, currency: str, day: int) -> int | None:
        """The rate in force on a day (the latest dated on or before it), or None."""
        if currency == self.reporting:
            return int(10**self.places)
        days, values = self.dated.get(currency, ((), ()))
        found = bisect_right(days, day)
        return values[found - 1] if found else None


def _rows(rates: Any) -> list[tuple[str, int, Decimal]]:
    if rates is None:
        return []
    if isinstance(rates, Mapping) and "rate_to_reporting" not in rates:
        return [(str(currency), 0, decimal_of(rate)) for currency, rate in rates.items()]
    columns, size = columns_of(rates, ("currency", "on", "rate_to_reporting"))
    out = []
    for row in range(size):
        on = columns["on"][row] if "on" in columns else None
        day = 0 if missing(on) else day_number(on)
        out.append((str(columns["currency"][row]), day, decimal_of(columns["rate_to_reporting"][row])))
    return out
