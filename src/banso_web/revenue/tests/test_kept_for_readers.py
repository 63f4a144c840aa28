"""What the worker kept after an import answers every reader: no process reads the movements again for a board."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection

from banso_web.core import clock
from banso_web.core.facts import open_entry, publish
from banso_web.core.facts.memo import forget_all
from banso_web.core.metrics import Rows, Scope, compute
from banso_web.core.models import Entry
from banso_web.revenue.actions import values
from banso_web.revenue.metrics import cache
from banso_web.revenue.models import MetricValue
from banso_web.revenue.reads import book, months, series
from banso_web.revenue.reads import renewals as renewal_reads
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


def another_process() -> None:
    """Nothing is remembered: neither what was kept nor what a test's open transaction still holds for its commit."""
    forget_all()
    connection.run_on_commit.clear()


def unread(*_args: Any) -> Any:
    raise AssertionError("the movements were read")


def test_the_kept_series_is_the_computed_one_to_the_digit() -> None:
    make.story("us1")
    asked = make.asked()
    first, last = months.series_months(asked)
    fresh = months.computed(asked, Scope(), first, last)
    assert list(series.from_payload(series.as_payload(fresh))) == list(fresh)
    values.fill_today()
    another_process()
    assert list(months.series(asked, first, last)) == list(fresh)


def test_a_board_of_kept_values_reads_no_movement(monkeypatch: pytest.MonkeyPatch) -> None:
    make.story("us1")
    asked = make.asked()
    keys = ("nrr_monthly", "nrr_12m", "customer_churn_12m_avg", "renewal_rate", "renewal_rate_amount")
    before = {key: compute(key, asked, month=OCTOBER) for key in keys}
    at_end = compute("mrr", replace(asked, as_of=date(2026, 10, 31)))
    reasons = before["nrr_monthly"].excluded
    assert isinstance(reasons, Rows)
    values.fill_today()
    another_process()
    monkeypatch.setattr(book, "_read", unread)
    for key in keys:
        found = compute(key, asked, month=OCTOBER)
        assert (found.value, found.n, found.parts) == (before[key].value, before[key].n, before[key].parts), (
            key
        )
    assert compute("mrr", replace(asked, as_of=date(2026, 10, 31))).value == at_end.value
    left_out = compute("nrr_monthly", asked, month=OCTOBER).excluded
    assert isinstance(left_out, Rows) and left_out.by_reason() == reasons.by_reason()
    assert months.series(asked, OCTOBER, OCTOBER)[0].nrr == before["nrr_monthly"].value
    with pytest.raises(AssertionError, match="were read"):
        list(left_out)


def test_kept_renewals_are_computed_again_when_a_contact_came_in(monkeypatch: pytest.MonkeyPatch) -> None:
    make.story("us1")
    touched: set[int] = set()
    monkeypatch.setattr(renewal_reads, "contact_sources", [lambda ids, *_rest: touched & set(ids)])
    before = make.asked()
    values.fill_today()
    entry = publish(open_entry(kind=Entry.Kind.IMPORT))
    assert entry.seq is not None
    after = replace(before, watermark=entry.seq)
    assert (
        cache.basis(after, "renewal_rate") == entry.seq
    )  # a source without a mark: any entry may be a contact
    assert cache.basis(after) == cache.basis(before)
    assert values.fill_today() == 2  # both renewal figures, and nothing else
    assert MetricValue.objects.filter(key="renewal_rate@2026-10", as_of=clock.today()).count() == 2


def test_how_many_are_left_out_is_known_without_their_rows() -> None:
    make.story("us1")
    excluded = compute("nrr_monthly", make.asked(), month=OCTOBER).excluded
    assert len(excluded) == len(list(excluded)) > 0
