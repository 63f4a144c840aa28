"""Two tellings of one customer's MRR."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from banso.periods import Month
from banso.revenue.recipes import Told, doubled

OCTOBER = Month(2026, 10)


def told(account: str, on: date, yen: int, source: int = 0, currency: str = "JPY") -> Told:
    return Told(account, currency, on, yen * 10_000, source)


def test_the_month_with_most_customers_of_both_tells_the_sums() -> None:
    stored = [
        told("A", date(2026, 4, 1), 1000, 2),
        told("B", date(2026, 5, 1), 500, 3),
        told("C", date(2026, 4, 1), 70, 4),
        told("C", date(2026, 5, 31), -70, 4),
    ]
    brought = [
        told("A", date(2026, 4, 1), 1000),
        told("A", date(2026, 10, 1), 200),
        told("B", date(2026, 6, 1), 500),
        told("D", date(2026, 4, 1), 9),
    ]
    found = doubled(brought, stored, until=OCTOBER)
    assert found is not None
    # June to October hold A and B; October is the last of them: 1000 + 500 stored, 1200 + 500 brought.
    assert (found.month, found.customers, found.sources) == (OCTOBER, 2, (2, 3))
    assert (dict(found.stored), dict(found.brought)) == ({"JPY": Decimal(1500)}, {"JPY": Decimal(1700)})


def test_a_handover_and_another_currency_double_nothing() -> None:
    stored = [told("A", date(2026, 4, 1), 1000), told("A", date(2026, 6, 30), -1000)]
    assert doubled([told("A", date(2026, 7, 1), 1000)], stored, until=OCTOBER) is None
    assert doubled([told("A", date(2026, 4, 1), 10, currency="USD")], stored, until=OCTOBER) is None
    assert doubled([], stored, until=OCTOBER) is None


def test_what_lies_ahead_is_compared_at_its_own_month() -> None:
    found = doubled([told("A", date(2027, 4, 1), 5)], [told("A", date(2026, 4, 1), 7)], until=OCTOBER)
    assert found is not None and (found.month, found.stored["JPY"]) == (Month(2027, 4), Decimal(7))
