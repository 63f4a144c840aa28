"""The short checks X3, X11, X14, X16, X17, X19 and X20 through the API and through `banso metric … --json`: the same object.

X4 and X13 stand in src/banso_web/api/tests (test_rejected_rows_wait_for_a_person) and, as all of them, in tests/browser.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from banso_web.api.tests.conftest import Api
from banso_web.api.tests.conftest import _fresh_minute as _fresh_minute
from banso_web.api.tests.conftest import as_key as as_key
from banso_web.api.tests.test_stories import take_in
from banso_web.conftest import person as person
from banso_web.revenue.commands import metric as command
from banso_web.revenue.tests import factories as make
from tests.short_checks import ORDERS, files

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(as_key: Callable[..., Api], tmp_path: Path) -> Api:
    """田中's key at a company that was brought in through the API."""
    files(tmp_path)
    found = as_key("tanaka")
    take_in(found, tmp_path)
    return found


def both(api: Api, key: str, **asked: str) -> dict[str, Any]:
    """The API's answer, once the command has printed the same object."""
    answer = api.get(f"/metrics/{key}", asked)
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, Any] = answer.json()
    words = [word for name, value in asked.items() for word in (f"--{name.replace('_', '-')}", value)]
    printed = CliRunner().invoke(command, [key, *words, "--json"])
    assert printed.exit_code == 0, printed.output
    assert json.loads(printed.output) == found
    return found


def test_the_short_checks_to_the_printed_digit(api: Api) -> None:
    # X17: 17 of 20 terms, by count and by amount; five went untouched
    for key in ("renewal_rate", "renewal_rate_amount"):
        assert Decimal(both(api, key, month="2026-09", segment="X17")["value"]) == Decimal("0.85")
    untouched = {"month": "2026-09", "segment": "X17", "part": "untouched"}
    assert api.get("/metrics/renewal_rate/rows", untouched).json()["count"] == 5
    # X19: 9,450,000 / 9,000,000; the ¥2,710,000 that came since is in neither
    year = both(api, "nrr_12m", segment="X19")
    assert Decimal(year["value"]) == Decimal("1.05")
    assert (year["denominator"]["value"], year["numerator"]["value"]) == ("9000000", "9450000")
    # X20: announced on 11/10 for 12/31: planned, and nobody has left in November
    assert both(api, "planned_churn_mrr", segment="X20")["value"] == "200000"
    november = both(api, "customer_churn_monthly", month="2026-11", segment="X20")
    assert (november["value"], november["denominator"]["value"]) == ("0", "2")
    # X3: three spellings, candidates alone
    pairs = {
        frozenset((one["first"]["account_id"], one["second"]["account_id"]))
        for one in api.get("/merges/candidates", {"limit": 200}).json()["items"]
    }
    assert frozenset(("N1", "N2")) in pairs and frozenset(("N1", "N3")) in pairs
    # X11: the order of readings
    for segment, names in ORDERS.items():
        listed = api.get("/accounts", {"segment": segment, "sort": "name"}).json()["items"]
        assert [one["name"] for one in listed] == names


def test_october_as_of_another_day_and_taken_apart(as_key: Callable[..., Api]) -> None:
    api = as_key("tanaka")
    take_in(api, make.STORIES / "us1")
    # X14: at the end of September nothing of October is known
    assert both(api, "mrr", as_of="2026-09-30")["value"] == "12000000"
    assert both(api, "customers", as_of="2026-09-30")["value"] == "40"
    assert both(api, "nrr_monthly", month="2026-10", as_of="2026-09-30")["value"] is None
    # X16: 40 customers at ¥300,000, then 42 with ¥12,160,000
    assert both(api, "mrr", as_of="2026-10-31")["value"] == "12160000"
    assert both(api, "customers", as_of="2026-10-31")["value"] == "42"
    # US-3 by command: 2 of 40 and 45.96 % a year, never 5 % × 12 or 2/42
    churn = both(api, "customer_churn_monthly", month="2026-10")
    assert (churn["numerator"]["value"], churn["denominator"]["value"], churn["value"]) == ("2", "40", "0.05")
    yearly = Decimal(both(api, "customer_churn_annualised", month="2026-10")["value"])
    assert round(yearly, 4) == Decimal("0.4596")
