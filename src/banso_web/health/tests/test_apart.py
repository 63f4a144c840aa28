"""Who moved and why, whose health says otherwise than money or satisfaction, parents by their children; the same through the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from banso.health import Kind
from banso_web.accounts.models import Account
from banso_web.api.tests.conftest import as_key as as_key
from banso_web.health.actions.keeping import keep
from banso_web.health.actions.sentiment import feel
from banso_web.health.reads.apart import Against, apart, movers
from banso_web.health.reads.family import family
from banso_web.health.tests.conftest import DAY, Desk, now
from banso_web.members.models import Member

pytestmark = pytest.mark.django_db
BEFORE = date(2026, 11, 20)


@pytest.fixture
def moved(
    company: dict[str, Account], bring: Callable[..., Any], person: Callable[[str], Member]
) -> dict[str, Account]:
    """On 11/20 and today. Since then H1 has an urgent ticket (−6 points) and 100,000 more MRR; H3's owner gave ◎."""
    bring(
        accounts="account_id,name,parent_id\nH3,さくら印刷,H1\nH2,すみれ食品,H1\n",
        tickets="ticket_id,account_id,opened_at,priority\nQ9,H1,2026-11-22T10:00,urgent\n",
        movements="movement_id,account_id,contract_id,effective_on,mrr_delta,cause\nM9,H1,K1,2026-11-22,100000,UPSELL\n",
    )
    keep(BEFORE)
    keep(DAY)
    feel(company["H3"].pk, "excellent", actor=person("suzuki"))
    return company


def test_movers_and_why(moved: dict[str, Account]) -> None:
    """H1 87 → 81: サポート 15 × −40 ÷ 100. H3 24 → 2,600 ÷ 45: satisfaction became known, 20 × (100 − 24) ÷ 45."""
    found = {one.account_id: one for one in movers(now(), BEFORE, [row.pk for row in moved.values()], 10)}
    first, third = found[moved["H1"].pk], found[moved["H3"].pk]
    assert (first.worse, third.worse) == (True, False)
    assert first.told is not None
    assert third.told is not None
    assert [(one.part, one.kind, one.amount) for one in first.told.steps] == [
        ("support", Kind.INPUT, Fraction(-6))
    ]
    assert third.told.change == third.told.of(Kind.GAINED) == Fraction(20 * 76, 45)


def test_score_against_money(moved: dict[str, Account]) -> None:
    """H1's score fell by 6 while its MRR rose from 400,000 to 500,000."""
    (one,) = [one for one in apart(now(), BEFORE) if one.account_id == moved["H1"].pk]
    assert (one.against, one.rises) == (Against.MONEY, False)
    assert (one.before, one.after) == (4_000_000_000, 5_000_000_000)


def test_a_parent(moved: dict[str, Account]) -> None:
    """H2 (3.6, MRR 200,000) and H3 (2,600 ÷ 45, MRR 100,000): (3.6 × 2 + 57.8 × 1) ÷ 3, and H2 is the worst."""
    found = family(now(), moved["H1"].pk)
    assert found is not None
    assert found.told.value == (Fraction(90, 25) * 2 + Fraction(2600, 45)) / 3
    assert found.told.worst is not None
    assert found.names[found.told.worst.key] == "すみれ食品"
    assert family(now(), moved["H4"].pk) is None


def test_the_page_and_the_api(
    moved: dict[str, Account], desk: Callable[[str], Desk], as_key: Callable[[str], Any]
) -> None:
    tanaka = desk("tanaka")
    page = tanaka.text("/health/")
    assert "みどり商会" in page
    assert "サポート −6.0 (値の変化)" in page
    assert "みどり商会" not in tanaka.text("/health/", owner="me")
    assert "¥400,000 → ¥500,000" in tanaka.text("/health/", list="apart")
    assert "¥400,000" not in desk("watanabe").text("/health/", list="apart")  # 営業 sees no money
    assert "もっとも悪い会社" in tanaka.text(f"/customers/{moved['H1'].pk}/")
    api = as_key("tanaka")
    one = api.get("/accounts/H1/health").json()["reading"]
    assert (one["value"], one["band"], one["completeness"]) == ("81", "good", "1")
    assert [(part["signal"], part["points"], part["contribution"]) for part in one["parts"]][3] == (
        "support",
        "60",
        "9",
    )
    assert [row["account_id"] for row in api.get("/readings", {"band": "risk"}).json()["items"]] == ["H2"]
    days = api.get("/accounts/H1/health/history").json()["days"]
    assert [(day["on"], day["value"]) for day in days] == [("2026-11-20", "87"), ("2026-11-24", "81")]
    hidden = as_key("yamamoto").get("/accounts/H3/health").json()["reading"]["parts"][4]
    assert (hidden["hidden"], hidden["value"], hidden["points"]) == (True, None, None)
