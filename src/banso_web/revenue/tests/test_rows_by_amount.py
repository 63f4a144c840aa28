"""Rows behind a figure are made for who looks at them: a page of a hundred thousand makes its own rows and no other."""

from __future__ import annotations

import tracemalloc
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.accounts.models import Account
from banso_web.core.metrics import Row, Rows, compute, rows_of, total_of
from banso_web.revenue.metrics import rows as made
from banso_web.revenue.metrics.rows import ByAmount
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db


def many(size: int) -> tuple[ByAmount, list[int]]:
    """Customers C0000… of whom three in a row hold the same amount, and a note of how many rows each look made."""
    Account.objects.bulk_create(
        [Account(code=f"C{n:05d}", name=f"{n}", live=True) for n in reversed(range(size))]
    )
    ids = dict(Account.objects.values_list("code", "pk"))
    customers = [ids[f"C{n:05d}"] for n in range(size)]
    names = {pk: code for code, pk in ids.items()}
    looks: list[int] = []

    def read(places: Any) -> list[Row]:
        looks.append(len(places))
        keys = [customers[place] for place in places.tolist()]
        return [Row(key, names[key], names[key], amount=Decimal(1)) for key in keys]

    amounts = np.arange(size, dtype=np.int64) // 3 * 10_000
    return ByAmount(
        size, lambda: amounts, 4, lambda places: [customers[at] for at in places.tolist()], read
    ), looks


def test_a_slice_makes_its_own_rows_in_the_order_of_the_whole() -> None:
    rows, looks = many(6_000)
    whole = [f"C{n:05d}" for n in sorted(range(6_000), key=lambda n: (-(n // 3), n))]
    with CaptureQueriesContext(connection) as queries:
        assert [row.code for row in rows[1_000:1_200]] == whole[1_000:1_200]
        assert rows[5_999].code == whole[5_999] == rows[-1].code
    assert looks == [200, 1, 1] and len(queries) == 3  # the codes of who stands in a tie, once a look
    assert [row.code for row in rows] == whole and max(looks) == made.KEPT_ROWS
    assert len(rows) == 6_000 and rows.total() == Decimal(sum(n // 3 for n in range(6_000)))
    assert rows.with_amount() == 5_997 and list(rows[7:7]) == []


def test_a_page_of_many_rows_holds_no_more_than_its_own() -> None:
    rows, _looks = many(20_000)
    through = Rows(20_000, lambda: rows)  # as a kept figure gives them
    tracemalloc.start()
    assert len(through[10_000:10_200]) == 200 and through.total() == rows.total()
    _held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000  # all rows together take more than 20 MB


def test_pages_put_together_are_the_rows_of_every_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    make.story("us1")
    result = compute("nrr_monthly", make.asked(), month=date(2026, 10, 1))
    before = {part: list(rows_of(result, part)) for part in result.part_rows}
    sides = list(rows_of(result, "numerator")), list(rows_of(result, "denominator"))
    monkeypatch.setattr(made, "KEPT_ROWS", 2)
    again = compute("nrr_monthly", make.asked(), month=date(2026, 10, 1))
    for part, rows in before.items():
        sliced = rows_of(again, part)
        paged = [row for start in range(0, len(rows), 3) for row in sliced[start : start + 3]]
        assert paged == rows == list(sliced), part
        assert total_of(sliced) == sum((row.amount or Decimal(0) for row in rows), Decimal(0)), part
    assert (list(rows_of(again, "numerator")), list(rows_of(again, "denominator"))) == sides
