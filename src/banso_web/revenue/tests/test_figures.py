"""Account figures of today, stored values and their marks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.facts import project
from banso_web.core.metrics import Scope, as_json, compute
from banso_web.revenue.actions import figures, values
from banso_web.revenue.actions.figures import after_publish, refresh_figures
from banso_web.revenue.models import Fill, MetricValue
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db


def stored(code: str) -> Account:
    return Account.objects.get(code=code)


def test_figures_add_up_to_the_kpi() -> None:
    accounts = make.story("us1")
    make.contract("K1", accounts["A001"], starts_on="2026-04-01", ends_on="2027-03-31")
    make.contract(
        "K2",
        accounts["A001"],
        starts_on="2025-12-01",
        ends_on="2026-11-30",
        auto_renew=True,
        renewal_months=12,
    )
    make.contract(
        "K3",
        accounts["A002"],
        starts_on="2024-06-01",
        ends_on="2026-05-31",
        auto_renew=True,
        renewal_months=6,
    )
    assert refresh_figures() == 45
    total = sum(Account.objects.values_list("mrr_units", flat=True))
    assert Decimal(total) / 10_000 == compute("mrr", make.asked()).value == 12_160_000
    assert stored("A001").mrr_units == 1_000_000 * 10_000
    assert stored("A004").mrr_units == 0
    assert stored("A001").renewal_on == date(2026, 11, 30)
    assert stored("A002").renewal_on == date(2026, 11, 30)  # rolled by six months at month ends
    assert refresh_figures() == 0


def test_only_whom_an_entry_touches_is_refreshed() -> None:
    accounts = make.story("us1")
    refresh_figures()
    Account.objects.filter(code="A009").update(mrr_units=5)  # would be mended if everybody were refreshed
    late = make.load_movements("us3/late_only/movements.csv", accounts)
    after_publish(late.pk)
    assert stored("A008").mrr_units == 0
    assert stored("A009").mrr_units == 5


def test_an_excluded_account_leaves_list_totals_when_it_is_flagged() -> None:
    accounts = make.story("us1")
    refresh_figures()
    make.state(accounts["A001"], {"excluded": "own"})
    project("account", [accounts["A001"].pk])
    assert stored("A001").mrr_units == 0
    assert compute("mrr", make.asked()).value == 11_160_000


def test_a_movement_of_tomorrow_is_not_in_todays_figures() -> None:
    one = make.account("X1")
    make.movement("x1", one, "2026-11-01", 1000)
    make.movement("x2", one, "2026-11-25", 500, known="2026-11-20T09:00:00+09:00")
    refresh_figures([one.pk])
    assert stored("X1").mrr_units == 1000 * 10_000


def test_stored_values_answer_in_the_readers_language_with_the_same_rows(
    django_assert_max_num_queries: Any,
) -> None:
    make.story("us1")
    asked = make.asked()
    before = {
        key: as_json(compute(key, asked, month="2026-10"))
        for key in ("nrr_monthly", "customer_churn_monthly")
    }
    assert values.fill_day(clock.today()) > 100
    assert values.fill_day(clock.today()) == 0
    for key, body in before.items():
        assert as_json(compute(key, asked, month="2026-10")) == body
    with translation.override("en"):
        english = compute("customer_churn_monthly", asked, month="2026-10")
        assert english.notes and not any("件数" in note for note in english.notes)
    with django_assert_max_num_queries(2):
        for key in ("mrr", "customers", "arpa", "nrr_12m"):
            compute(key, asked)
        for key in ("nrr_monthly", "grr_monthly", "customer_churn_monthly", "quick_ratio"):
            assert compute(key, asked, month="2026-10").value is not None
    assert MetricValue.objects.filter(key="nrr_monthly@2026-10").count() == 1
    assert set(Fill.objects.values_list("state", flat=True)) == {"done"}


def test_a_late_fact_makes_its_days_stale_and_the_next_run_fills_them_again() -> None:
    accounts = make.story("us1")
    values.fill_day(clock.today())
    asked_before = make.asked()
    late = make.load_movements("us3/late_only/movements.csv", accounts)
    assert values.mark_stale(late.pk) > 0
    assert set(Fill.objects.values_list("state", flat=True)) == {"stale"}
    assert compute("customer_churn_monthly", make.asked(), month="2026-10").value == Decimal("0.075")
    assert values.fill_day(clock.today()) > 100
    assert set(Fill.objects.values_list("state", flat=True)) == {"done"}
    assert compute("customer_churn_monthly", make.asked(), month="2026-10").value == Decimal("0.075")
    assert compute("customer_churn_monthly", asked_before, month="2026-10").value == Decimal("0.05")


def test_a_killed_fill_leaves_started_and_is_filled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make.story("us1")
    real, calls = values._payload, []

    def dies(*args: Any) -> dict[str, Any]:
        calls.append(args)
        if len(calls) > 3:
            raise SystemExit("killed")
        return real(*args)

    monkeypatch.setattr(values, "_payload", dies)
    with pytest.raises(SystemExit):
        values.fill_day(clock.today())
    assert set(Fill.objects.values_list("state", flat=True)) == {"started"}
    monkeypatch.setattr(values, "_payload", real)
    values.fill_day(clock.today())
    assert set(Fill.objects.values_list("state", flat=True)) == {"done"}
    assert compute("mrr", make.asked()).value == 12_160_000


def test_values_of_segments_and_teams_are_kept(person: Callable[[str], Any]) -> None:
    sato = person("sato")
    one = make.account("S1", segment="SMB", owner_id=sato.pk)
    two = make.account("S2", segment="ENT")
    make.movement("s1", one, "2026-09-01", 1000)
    make.movement("s2", two, "2026-09-01", 3000)
    assert {scope.key for scope in values.scopes()} == {
        "",
        "segment:ENT",
        "segment:SMB",
        f"team:{sato.manager_id}",
    }
    values.fill_nightly()
    assert compute("mrr", make.asked(), scope=Scope(segment="SMB")).value == 1000
    assert compute("mrr", make.asked(), scope=Scope(team=sato.manager_id)).value == 1000
    assert compute("mrr", make.asked(), scope=Scope(segment="ENT")).value == 3000
    assert MetricValue.objects.filter(key="mrr", as_of=clock.today()).count() == 4


def test_figures_of_a_movement_that_came_meanwhile_are_not_overwritten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = make.account("A")
    make.movement("a", one, "2026-01-01", 100)
    write, came = figures.set_figures, []

    def somebody_was_quicker(found: Any, *, on: date) -> int:
        if not came:
            came.append(make.movement("b", one, "2026-02-01", 50))
            refresh_figures([one.pk])
        return write(found, on=on)

    monkeypatch.setattr(figures, "set_figures", somebody_was_quicker)
    refresh_figures()
    assert stored("A").mrr_units == 150 * 10_000
