"""The short checks X14, X16, X17, X19 and X20 through the pages."""

from __future__ import annotations

import pytest

from banso_web.reports.tests.conftest import Reader
from banso_web.reports.tests.test_us1_pages import text_of
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db


def test_x14_another_day_hides_what_came_later(october: object, reader: Reader) -> None:
    client = reader("tanaka")
    september = text_of(client, "/numbers/?as_of=2026-09-30")
    assert "2026年9月" in september and "¥12,000,000" in september and "96.75 %" not in september
    early = text_of(client, "/numbers/?as_of=2026-09-30&month=2026-10")
    assert "対象月は基準日にはまだ始まっていません" in early and "算出不可" in early and "0.00 %" not in early
    assert "as_of=2026-09-30" in client.get("/numbers/?as_of=2026-09-30").content.decode()


def test_x16_customers_times_price(october: object, reader: Reader) -> None:
    page = text_of(reader("tanaka"), "/numbers/nrr/?month=2026-10")
    for printed in ("40社 → 42社", "¥600,000", "−¥440,000", "¥160,000", "300,000.00 → 289,523.81"):
        assert printed in page
    assert "残り¥0" in page.replace("残り ¥0", "残り¥0")


def test_x17_renewal_rate(reader: Reader) -> None:
    for number in range(20):
        of = make.account(f"R{number:02}", f"更新{number:02}社", start=make.date(2025, 10, 1))
        lost, automatic = number >= 17, number < 5
        days = {"starts_on": "2025-10-01", "ends_on": "2026-09-30"}
        ended = {"ended_on": "2026-09-30"} if lost else {}
        held = make.contract(
            f"RC{number:02}",
            of,
            auto_renew=automatic,
            renewal_months=12 if automatic else None,
            product="A",
            **days,
            **ended,
        )
        make.movement(f"RM{number:02}", of, "2025-10-01", 100_000, contract=held, product="A")
        if lost:
            make.movement(
                f"RE{number:02}", of, "2026-09-30", -100_000, contract=held, product="A", cause="churn"
            )
    page = text_of(reader("tanaka"), "/numbers/?month=2026-09")
    assert "85.0 %" in page
    rows = text_of(reader("tanaka"), "/numbers/rows/?metric=renewal_rate&month=2026-09&part=untouched")
    assert "合計 5件" in rows


def test_x19_twelve_months_beside_the_month(reader: Reader) -> None:
    for number in range(30):
        of = make.account(f"Y{number:02}", start=make.date(2025, 1, 1))
        make.movement(f"Y{number:02}", of, "2025-01-01", 300_000)
        make.movement(f"U{number:02}", of, "2026-03-01", 15_000)
    new = make.account("NEW", start=make.date(2026, 5, 1))
    make.movement("NEW", new, "2026-05-01", 2_710_000)
    page = text_of(reader("tanaka"), "/numbers/nrr/?tab=year&as_of=2026-11-24")
    assert "105.0 %" in page and "12か月" in page
    assert "¥9,000,000" in page and "¥9,450,000" in page
    assert "並べて見る: 月次NRR(記事式)" in page and "100.00 %" in page


def test_x20_an_announced_end_is_not_churn_yet(october: dict[str, make.Account], reader: Reader) -> None:
    of = october["A010"]
    held = make.contract(
        "X20",
        of,
        starts_on="2026-01-01",
        ends_on="2026-12-31",
        notified_on="2026-11-10",
        ended_on="2026-12-31",
    )
    make.movement("X20", of, "2026-01-01", 200_000, contract=held)
    page = text_of(reader("tanaka"), "/numbers/?month=2026-11&as_of=2026-11-24")
    assert "解約予定MRR¥200,000" in page.replace(" ", "")
    assert "顧客解約率 月次 0.00 %" in page.replace("  ", " ")
