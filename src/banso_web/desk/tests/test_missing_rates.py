"""A customer whose currency has no rate: listed with its own amount, counted, and in no sum. Never ¥0."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.facts import publish
from banso_web.members.models import Member
from banso_web.revenue.actions.figures import refresh_figures
from banso_web.revenue.models import Rate
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
WORDS = "(不完全: 換算レートのない 1 社を含みません)"


@pytest.fixture
def page(client: Client, person: Callable[[str], Member]) -> Client:
    client.force_login(person("tanaka"))
    home = make.account("HOME")
    make.movement("h", home, "2026-01-01", 50_000)
    away = make.account("AWAY", "Away Inc.")
    make.movement("u", away, "2026-01-01", 1_000, currency="USD")
    refresh_figures()
    return client


@pytest.mark.parametrize("as_of", ["", "&as_of=2026-11-01"])
def test_the_list_says_what_has_no_rate(page: Client, as_of: str) -> None:
    body = page.get(f"/customers/?state=active{as_of}").content.decode()
    assert "Away Inc." in body and "換算レートなし" in body and "USD 1,000.00" in body
    assert "¥50,000" in body and WORDS in body and "¥0" not in body
    assert "Away Inc." not in page.get(f"/customers/?state=ended{as_of}").content.decode()


@pytest.mark.parametrize("as_of", ["", "?as_of=2026-11-01"])
def test_the_portfolio_counts_them_and_says_that_its_sum_is_incomplete(page: Client, as_of: str) -> None:
    body = page.get(f"/portfolio/{as_of}").content.decode()
    words = re.sub(r"\s+|<[^>]+>", "", body)
    assert f"合計2社·¥50,000税抜{WORDS.replace(' ', '')}" in words


def test_a_rate_makes_the_sum_whole(page: Client) -> None:
    own = make.entry("rates")
    Rate.objects.create(
        code="USD", currency="USD", on=date(2025, 1, 1), rate=Decimal(150), entry=own, recorded_at=clock.now(),
        known_basis="system",
    )  # fmt: skip
    publish(own)
    refresh_figures()
    assert Account.objects.get(code="AWAY").mrr_unrated == ""
    body = page.get("/customers/?state=active").content.decode()
    assert "¥200,000" in body and "換算レートなし" not in body


def test_the_board_lists_them_among_the_unmatched(page: Client) -> None:
    Account.objects.filter(code="AWAY").update(incomplete=True)
    body = page.get("/numbers/?month=2026-10").content.decode()
    assert "USD 1,000.00" in body and "不完全: 換算レートのない 1 件を含みません" in body
