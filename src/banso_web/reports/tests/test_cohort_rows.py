"""The customers behind a cell of the cohort table: as many, and as much, as the cell says."""

from __future__ import annotations

from datetime import date

import pytest

from banso_web.core import clock
from banso_web.core.facts import publish
from banso_web.core.metrics import Scope
from banso_web.reports.question import Question
from banso_web.reports.reads import cohorts
from banso_web.revenue.models import Rate
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db


def cell(age: int, as_of: str = "2026-11-20") -> cohorts.Cell:
    """Of those who began in January 2026; the rows add up to the cell."""
    found = cohorts.cell_rows(
        Question(make.asked(as_of), date(2026, 10, 1), Scope()), "month", "2026-01", age
    )
    assert found is not None
    assert len(found.rows) == found.base
    assert sum(1 for row in found.rows if row.part == "kept") == found.retained
    assert sum(row.opening or 0 for row in found.rows) == found.base_mrr
    assert sum(row.amount or 0 for row in found.rows) == found.mrr
    return found


def test_rows_stand_at_the_rates_of_the_table_and_those_without_a_rate_are_in_neither() -> None:
    for code, currency in (("A", "USD"), ("B", "EUR"), ("C", "JPY")):
        make.movement(f"m{code}", make.account(code), "2026-01-01", 100, currency=currency)
    own = make.entry("rates")
    for on, rate in ((date(2026, 1, 1), 150), (date(2026, 6, 1), 160)):
        Rate.objects.create(
            code=f"USD:{on}", currency="USD", on=on, rate=rate, entry=own, recorded_at=clock.now(),
            known_basis="system",
        )  # fmt: skip
    publish(own)
    assert cell(0).mrr == cell(9).mrr == 16_100


def test_a_late_renewal_keeps_its_customer_in_the_rows_too() -> None:
    one = make.account("A")
    make.movement("a", one, "2026-01-01", 100)
    make.movement("a-", one, "2026-04-20", -100)
    make.movement("a+", one, "2026-05-10", 120)
    assert (cell(3).retained, cell(3).mrr, cell(4).mrr) == (1, 100, 120)
    # The latest complete month ends inside the gap; that day nothing was known of a return, later it is.
    two = make.account("B")
    make.movement("b", two, "2026-01-01", 50)
    make.movement("b-", two, "2026-10-20", -50)
    make.movement("b+", two, "2026-11-10", 50)
    assert (cell(9).retained, cell(9).mrr) == (2, 170)
