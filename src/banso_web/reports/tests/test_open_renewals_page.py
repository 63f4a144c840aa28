"""更新手続中 on the number pages: the list to be signed, the rows behind 更新率, and the day each figure stands on."""

from __future__ import annotations

from datetime import date

import pytest

from banso_web.members.models import Member
from banso_web.reports.tests.conftest import Reader
from banso_web.revenue.actions.closing import close_month
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


@pytest.fixture
def ledger(db: None) -> make.Contract:
    """One contract of 50,000 went on into a successor, one of 150,000 ran out on 10/31 undecided; one announced its end of
    12/31 (80,000) on 11/10."""
    kept = make.account("KEPT")
    old = make.contract("K1", kept, product="A", starts_on="2025-11-01", ends_on="2026-10-31")
    make.movement("k1", kept, "2025-11-01", 50_000, contract=old, product="A")
    make.movement("k1-", kept, "2026-10-31", -50_000, contract=old, product="A")
    new = make.contract("K1b", kept, product="A", starts_on="2026-11-01", ends_on="2027-10-31")
    make.movement("k1b", kept, "2026-11-01", 50_000, contract=new, product="A")
    leaves = make.account("LEAVES")
    going = make.contract("K3", leaves, product="A", starts_on="2026-01-01", ends_on="2026-12-31", notified_on="2026-11-10", ended_on="2026-12-31")  # fmt: skip
    make.movement("k3", leaves, "2026-01-01", 80_000, contract=going, product="A")
    waits = make.account("WAITS", "待つ会社")
    overdue = make.contract("K2", waits, product="A", starts_on="2025-11-01", ends_on="2026-10-31")
    make.movement("k2", waits, "2025-11-01", 150_000, contract=overdue, product="A")
    return overdue


def test_the_rows_that_wait_agree_with_the_figure_and_are_counted_as_contracts(
    ledger: make.Contract, reader: Reader
) -> None:
    client = reader("tanaka")
    url = "/numbers/rows/?metric=renewal_rate&month=2026-10&part="
    page = client.get(url + "pending").content.decode()
    assert "待つ会社" in page and "満了から 24 日" in page
    assert "一致しません" not in page and "差 0" in page
    assert '1<span class="unit">件</span> ÷ 1<span class="unit">件</span>' in page.replace(
        "</span>件", "件"
    ).replace("1 <span", "1<span")


def test_a_figure_of_a_day_says_its_day_in_the_closing_and_on_the_board(
    ledger: make.Contract, reader: Reader
) -> None:
    client = reader("tanaka")
    page = client.get("/numbers/closing/?month=2026-10").content.decode()
    assert "更新手続中の契約(仮に継続)に署名する" in page and "K2" in page
    tanaka = Member.objects.get(code="tanaka")
    close_month(OCTOBER, kind="flash", actor=tanaka, comment="速報", signed=[ledger.pk])
    page = client.get("/numbers/closing/?month=2026-10").content.decode()
    # Nobody had announced an end by 10/31; the board asks on 11/24.
    signed = page[page.index("解約予定MRR") :][:400]
    assert "2026/10/31" in signed and "時点" in signed and "¥0" in signed.replace(" ", "")
    board = client.get("/numbers/?month=2026-10").content.decode()
    tile = board[board.index("解約予定MRR") :][:1500]
    assert "80,000" in tile and "2026/11/24" in tile and "時点" in tile
