"""Counted lines of home and portfolio open their rows; amounts stand in the organisation's own currency."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from django.core.cache import caches

from banso_web.accounts.models import Account
from banso_web.core import settings_store
from banso_web.desk.tests.conftest import Desk
from banso_web.ingest.models import ImportRun

Desks = Callable[[str], Desk]
Company = dict[str, Account]
# Past its end and undecided: A6 (自動更新 unknown). Beyond the year: A7. Without an end: A8. A5 is excluded, with MRR.
MORE = {
    "accounts": "account_id,name,segment,owner,excluded\nA5,自社検証,,,test\nA6,待つ会社,大手,sato,\nA7,先の会社,大手,sato,\nA8,終わりのない会社,中堅,sato,\n",
    "contracts": "contract_id,account_id,product,starts_on,ends_on,auto_renew\nK5,A5,集計クラウド,2024-04-01,2026-12-31,\nK6,A6,集計クラウド,2025-11-01,2026-10-31,\nK7,A7,集計クラウド,2024-04-01,2029-03-31,×\nK8,A8,集計クラウド,2024-04-01,,\n",
    "movements": "movement_id,account_id,contract_id,effective_on,mrr_delta\nM15,A5,K5,2024-04-01,7000\nM16,A6,K6,2025-11-01,8000\nM17,A7,K7,2024-04-01,9000\nM18,A8,K8,2024-04-01,500\n",
}  # fmt: skip


@pytest.fixture
def more(company: Company, bring: Callable[..., ImportRun]) -> None:
    run = bring(**MORE)
    assert run.state == ImportRun.State.DONE and not run.rejected.exists(), list(run.rejected.values())
    caches["local"].clear()


def counted_lines(page: str, kinds: str) -> list[tuple[str, int]]:
    """(address, customers) of each line's link to the list."""
    found = re.findall(rf'<a href="(/customers/\?[^"]*ends=(?:{kinds})[^"]*)">(\d+)', page)
    return [(link, int(count)) for link, count in found]


def listed(tanaka: Desk, link: str) -> list[str]:
    page, _mark, query = link.partition("?")
    response = tanaka.client.get(f"{page}?{query}")
    assert response.status_code == 200
    return sorted(row.code for row in response.context["page"].rows)


@pytest.mark.parametrize("as_of", ["", "2026-11-20"])
def test_each_counted_line_of_the_portfolio_opens_exactly_its_rows(
    desk: Desks, more: None, as_of: str
) -> None:
    tanaka = desk("tanaka")
    page = tanaka.text("/portfolio/", **({"as_of": as_of} if as_of else {}))
    lines = counted_lines(page, "all|over|ahead|later|none")
    opened = {re.findall(r"ends=(\w+)", link)[0]: listed(tanaka, link) for link, _count in lines}
    assert [(link, len(listed(tanaka, link))) for link, _count in lines] == lines
    assert (opened["over"], opened["later"], opened["none"]) == (["A6"], ["A7"], ["A8"])
    assert opened["all"] == ["A1", "A2", "A3", "A4", "A6", "A7", "A8"]  # A5 is excluded
    months = [link for link, _count in lines if "month=2026-12" in link]
    assert [listed(tanaka, link) for link in months] == [["A1"]]
    narrowed = tanaka.text("/portfolio/", segment="中堅")
    assert [listed(tanaka, link) for link, _count in counted_lines(narrowed, "none")] == [["A8"]]
    assert counted_lines(narrowed, "over") == []


def test_the_line_of_the_home_opens_who_is_past_an_end_and_the_file_holds_the_same(
    desk: Desks, more: None
) -> None:
    tanaka = desk("tanaka")
    ((link, count),) = counted_lines(tanaka.text("/", side="team"), "over")
    assert (listed(tanaka, link), count) == (["A6"], 1)
    assert "満了日を過ぎた(更新手続中)" in tanaka.text(link)  # the chip says what the list is of
    rows = list(csv.reader(io.StringIO(tanaka.text(f"{link}&export=csv&columns=name,code"))))
    assert [row[1] for row in rows[1:]] == ["A6"]


def test_amounts_are_in_the_organisations_currency_with_its_places(
    desk: Desks, person: object, bring: Callable[..., ImportRun]
) -> None:
    """An organisation that counts in dollars: 1,234.5 dollars a month are US$1,234.50 on every page and in every file."""
    settings_store.put("revenue.reporting_currency", "USD", actor=None, effective_on=date(2000, 1, 1))
    tanaka = desk("tanaka")
    bring(
        accounts="account_id,name,segment,owner\nA1,Assist,大手,tanaka\n",
        contracts="contract_id,account_id,product,starts_on,ends_on,currency\nK1,A1,P,2024-04-01,2026-12-10,USD\n",
        movements="movement_id,account_id,contract_id,effective_on,mrr_delta,currency\nM1,A1,K1,2024-04-01,1234.5,USD\n",
    )
    caches["local"].clear()
    pages = [
        tanaka.text("/customers/"), tanaka.text("/customers/", as_of="2026-11-01"), tanaka.text("/portfolio/"),
        tanaka.text("/", side="team"), tanaka.text("/", side="mine"),
    ]  # fmt: skip
    for page in pages:
        shown = re.sub(r"<[^>]+>", "", page)
        assert "1,234.50" in shown and "¥" not in shown and "円" not in shown
    assert '"currency": "USD"' in pages[2] or '"currency":"USD"' in pages[2]
    rows = list(csv.reader(io.StringIO(tanaka.text("/customers/", export="csv", columns="name,mrr"))))
    assert rows[1][1] == "1234.50"
    book = openpyxl.load_workbook(
        io.BytesIO(tanaka.get("/customers/", export="xlsx", columns="name,mrr").content)
    )
    cell = book.worksheets[0]["B2"]
    assert (cell.value, cell.number_format) == (1234.5, "#,##0.00")
