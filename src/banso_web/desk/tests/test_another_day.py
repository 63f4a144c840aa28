"""X14: at another 基準日 every page of the desk is that day's, and read-only; what came later is invisible."""

from __future__ import annotations

from collections.abc import Callable

from banso_web.accounts.models import Account
from banso_web.desk.tests.conftest import Desk

Desks = Callable[[str], Desk]
Company = dict[str, Account]
THEN = "2026-09-30"


def test_the_list_is_that_days(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    tanaka.post("/customers/bulk/", ids=[company["A1"].pk], field="segment", value_segment="最重要")
    now, then = (tanaka.text("/customers/", as_of=day) for day in ("2026-11-24", THEN))
    assert "¥120,000" in now and "最重要" in now
    assert "¥100,000" in then and "¥120,000" not in then
    assert "data-select-row" in now and "data-select-row" not in then
    assert "2026/11/20" in now and "2026/11/20" not in then  # the touch of A2
    assert "㈱アシスト" not in tanaka.text("/customers/", as_of="2024-03-31"), "before it was a customer"
    assert "㈱アシスト" in tanaka.text("/customers/", as_of=THEN, segment="大手")
    assert "㈱アシスト" not in tanaka.text("/customers/", as_of="2026-11-24", segment="大手")


def test_the_customer_page_is_that_days_and_read_only(desk: Desks, company: Company) -> None:
    tanaka, path = desk("tanaka"), f"/customers/{company['A1'].pk}/"
    now, then = (tanaka.text(path, as_of=day) for day in ("2026-11-24", THEN))
    assert "森 一郎" in now and "森 一郎" not in then and "山田 花子" in then
    assert "¥120,000" in now and "¥120,000" not in then and "¥100,000" in then
    assert "編集する" in now and "編集する" not in then
    assert "このページでは編集できません" in then
    leaving = f"/customers/{company['A2'].pk}/"
    assert "解約申出" in tanaka.text(leaving) and "解約申出" not in tanaka.text(leaving, as_of=THEN)


def test_portfolio_and_home_follow(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    now, then = (tanaka.text("/portfolio/", as_of=day) for day in ("2026-11-24", THEN))
    assert "¥210,000" in now and "¥190,000" in then and "¥210,000" not in then
    assert "2026年9月" in then and "2026年9月" not in now
    home = tanaka.text("/", as_of=THEN)
    assert "¥190,000" in home and "¥210,000" not in home
    assert "2026年8月の数字" in home


def test_an_excluded_customer_counts_nowhere_and_is_listed(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    tanaka.post("/customers/bulk/", ids=[company["A1"].pk], field="excluded", value_excluded="poc")
    assert "¥90,000" in tanaka.text("/portfolio/")  # 210,000 − 120,000
    only = tanaka.text("/customers/", excluded="only")
    assert "㈱アシスト" in only and "自社検証" in only and "西川印刷" not in only
