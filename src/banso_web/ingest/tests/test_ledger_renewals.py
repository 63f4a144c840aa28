"""更新率 of a company's own 契約台帳: ends of the month, terms that ran out undecided, and the same as canonical files."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.metrics import compute, rows_of
from banso_web.ingest.tests.pages import Pages
from banso_web.revenue.actions.closing import question
from banso_web.revenue.reads.closing import pending_at
from banso_web.revenue.reads.months import month_waterfall

OCTOBER = date(2026, 10, 1)
# C1, C2: cancelled with the last day of their term. C3, C4: ran out on 10/31 (更新日 11/1), nobody decided. C5: renewed by a
# second line. C6 runs on until 2027.
LEDGER = """顧客コード,製品,契約開始日,更新日,解約日,月額
C1,A,2025-11-01,2026-11-01,2026-10-31,80000
C2,A,2025-11-01,2026-11-01,2026-10-31,120000
C3,A,2025-11-01,2026-11-01,,150000
C4,A,2025-11-01,2026-11-01,,98000
C5,A,2025-11-01,2026-11-01,,50000
C5,A,2026-11-01,2027-11-01,,60000
C6,A,2026-02-01,2027-02-01,,35000
"""
ACCOUNTS = "account_id,name\n" + "".join(f"C{n},会社{n}\n" for n in range(1, 7))
CONTRACTS = """contract_id,account_id,product,starts_on,ends_on,ended_on
K1,C1,A,2025-11-01,2026-10-31,2026-10-31
K2,C2,A,2025-11-01,2026-10-31,2026-10-31
K3,C3,A,2025-11-01,2026-10-31,
K4,C4,A,2025-11-01,2026-10-31,
K5,C5,A,2025-11-01,2026-10-31,
K5b,C5,A,2026-11-01,2027-10-31,
K6,C6,A,2026-02-01,2027-01-31,
"""
MOVEMENTS = """movement_id,account_id,contract_id,product,effective_on,mrr_delta,cause
m1,C1,K1,A,2025-11-01,80000,new
e1,C1,K1,A,2026-10-31,-80000,churn
m2,C2,K2,A,2025-11-01,120000,new
e2,C2,K2,A,2026-10-31,-120000,churn
m3,C3,K3,A,2025-11-01,150000,new
m4,C4,K4,A,2025-11-01,98000,new
m5,C5,K5,A,2025-11-01,50000,new
e5,C5,K5,A,2026-11-01,-50000,
m5b,C5,K5b,A,2026-11-01,60000,
m6,C6,K6,A,2026-02-01,35000,new
"""


def by_ledger(pages: Pages) -> None:
    run = pages.upload(("契約台帳.csv", LEDGER))
    pages.choose(run)
    pages.save_columns(run)
    run = pages.derive(run, end_reading="day_after", cancel_reading="last_day", undecided="continue")
    assert pages.confirm(run).state == "done"


def asked(day: date | None = None) -> Asked:
    return Asked(day or clock.today(), clock.today(), current_watermark())


@pytest.fixture(params=["ledger", "canonical"])
def company(request: pytest.FixtureRequest, pages: Pages, bring: Callable[..., Any]) -> str:
    if request.param == "ledger":
        by_ledger(pages)
    else:
        bring(accounts=ACCOUNTS, contracts=CONTRACTS, movements=MOVEMENTS)
    return str(request.param)


def test_ended_terms_count_as_lost_and_terms_without_a_decision_are_in_neither_side(company: str) -> None:
    found = compute("renewal_rate", asked(), month=OCTOBER)
    # C5 of C5, C1 and C2; C3 and C4 wait.
    assert found.value == Decimal(1) / Decimal(3)
    assert [found.parts[key] for key in ("ended", "renewed", "lost", "pending")] == [5, 1, 2, 2]
    assert [row.code for row in rows_of(found, "pending")] == ["C3", "C4"]
    assert [row.code for row in rows_of(found, "excluded")] == ["C3", "C4"]
    assert [row.code for row in rows_of(found, "lost")] == ["C1", "C2"]
    assert [row.code for row in rows_of(found, "numerator")] == ["C5"]
    amount = compute("renewal_rate_amount", asked(), month=OCTOBER)
    assert amount.value == Decimal(50_000) / Decimal(250_000)  # 50,000 of 50,000 + 80,000 + 120,000


def test_what_waits_is_offered_for_signature_at_the_close(company: str) -> None:
    waiting = pending_at(question(OCTOBER), OCTOBER)
    assert [(one.ends_on, one.days, one.units) for one in waiting] == [
        (date(2026, 10, 31), 0, 1_500_000_000),
        (date(2026, 10, 31), 0, 980_000_000),
    ]
    # On the last day of its term a contract is not past it.
    assert pending_at(asked(date(2026, 10, 31)), OCTOBER) == ()
    (one, other) = pending_at(asked(date(2026, 11, 1)), date(2026, 11, 1))
    assert (one.days, other.days) == (1, 1)


def test_the_preview_says_what_the_board_and_the_run_say_afterwards(pages: Pages) -> None:
    run = pages.upload(("契約台帳.csv", LEDGER))
    pages.choose(run)
    pages.save_columns(run)
    answers = {"end_reading": "day_after", "cancel_reading": "last_day", "undecided": "continue"}
    text = pages.preview(run, **answers)
    # 2025-11 に C1〜C5 が始まり 498,000、2026-02 に C6 で 533,000。10月31日に終わる C1 と C2 は10月の解約: 333,000。
    after = [Decimal(one) for one in re.findall(r'data-after="([^"]+)"', text)]
    assert after == [Decimal(498_000)] * 3 + [Decimal(533_000)] * 8 + [Decimal(333_000), Decimal(343_000)]
    assert "このファイルのほかの MRR" not in text
    run = pages.derive(run, **answers)
    checked = {name: dict(one) for name, one in run.counts.items()}
    contracts = next(one for one in checked.values() if one["kind"] == "contracts")
    assert (contracts["new"], contracts["changed"]) == (
        6,
        1,
    )  # the renewal of C5 is a second term of one contract
    run = pages.confirm(run)
    assert run.state == "done" and run.counts == checked
    months = [date(2025, 11, 1), date(2026, 9, 1), OCTOBER]
    assert [month_waterfall(question(one), one).closing for one in months] == [after[0], after[10], after[11]]
