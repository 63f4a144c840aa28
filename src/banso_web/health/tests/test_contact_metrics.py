"""CSAT, NPS, 能動比率 and 接点カバー率 of the company and its parts, with those who do not count."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from banso_web.core.metrics import MetricResult, Scope, compute, total_of
from banso_web.desk.tests.conftest import bring as bring
from banso_web.ingest.models import ImportRun
from banso_web.members.models import Member
from banso_web.revenue.tests.factories import asked

pytestmark = pytest.mark.django_db
KEYS = ("csat", "csat_top2", "nps", "ces", "proactive_share", "coverage")
ACCOUNTS = """account_id,name,segment,owner,touch,excluded
A1,アシスト,大手,sato,high,
A2,西川印刷,大手,suzuki,high;low,
A3,白河ガス,中堅,sato,low,
A4,小林塗装,中堅,sato,tech,
A5,自社検証,,,low,test
"""
MOVEMENTS = """movement_id,account_id,contract_id,effective_on,mrr_delta,cause
M1,A1,K1,2024-04-01,100000,new
M2,A2,K2,2024-04-01,50000,new
M3,A3,K3,2024-04-01,30000,new
M4,A4,K4,2024-04-01,30000,new
M5,A5,K5,2024-04-01,30000,new
"""
# As of 11-24 the 90 days begin on 08-27, the 30 days on 10-26.
RESPONSES = """response_id,account_id,contact_id,instrument,score,sent_on,answered_on
R1,A1,P1,csat,2,2026-08-20,2026-08-27
R2,A2,P2,csat,5,2026-08-20,2026-08-26
R3,A3,P3,csat,4,2026-10-01,2026-10-02
R4,A3,P3,csat,5,2026-11-01,2026-11-25
R5,A4,P4,csat,,2026-11-01,
R6,A5,P5,csat,1,2026-11-01,2026-11-02
R7,A3,,CSAT,3,2026-11-01,2026-11-02
"""
TOUCHES = """touch_id,account_id,at,kind,initiative
T1,A1,2026-10-25T10:00,call,proactive
T2,A1,2026-10-26T10:00,mail,reactive
T3,A2,2026-10-01T10:00,call,proactive
T4,A3,2026-11-20T10:00,call,proactive
T5,A3,2026-11-20T11:00,chat,
T6,A5,2026-11-20T11:00,call,proactive
"""


@pytest.fixture
def company(person: Callable[[str], Member], bring: Callable[..., ImportRun]) -> None:
    person("sato"), person("suzuki")
    run = bring(accounts=ACCOUNTS, movements=MOVEMENTS, responses=RESPONSES, touches=TOUCHES)
    assert run.state == ImportRun.State.DONE and not run.rejected.exists()


def found(key: str, scope: Scope | None = None, day: str = "2026-11-24") -> MetricResult:
    return compute(key, asked(day), scope=scope)


def names(rows: object) -> list[tuple[str, str]]:
    return [(row.code, row.reason) for row in rows]  # type: ignore[attr-defined]


def test_csat_takes_the_latest_answer_of_each_within_90_days(company: None) -> None:
    """P1 2 (day 0 of the 90), P3 4 (the 5 comes tomorrow), and the one without a name 3: 9 ÷ 3. Sent since 8/27: R3, R4, R5, R7."""
    told = found("csat")
    assert (told.value, told.n) == (3, 3)
    assert (told.parts["sent"], told.parts["answered"], told.parts["response_rate"]) == (4, 2, Decimal("0.5"))
    assert names(told.excluded) == [("A5", "検証")]
    assert found("csat_top2").value == Decimal(1) / 3
    assert found("csat", Scope(segment="大手")).value == 2
    assert (
        found("csat", Scope(owner=Member.objects.get(code="suzuki").pk)).reason
        == "算出不可(90日以内の回答がありません)"
    )


def test_coverage_takes_the_shortest_cadence_and_leaves_tech_out(company: None) -> None:
    """A1 high: day 30 is in time. A2 high and low: 54 days are not. A3 low: 4 days. A4 tech is not expected to be spoken to."""
    told = found("coverage")
    assert told.value == Decimal(2) / 3
    assert names(told.numerator and told.numerator.rows) == [
        ("A1", "最終能動接点 2026-10-25"),
        ("A3", "最終能動接点 2026-11-20"),
    ]
    assert sorted(names(told.excluded)) == [("A4", "接点の間隔を決めていないタッチ"), ("A5", "検証")]
    assert found("coverage", day="2026-11-25").value == Decimal(1) / 3


def test_proactive_share_leaves_out_what_nobody_stated(company: None) -> None:
    """Since 10/26: A1 one reactive, A3 one proactive; the chat is neither."""
    told = found("proactive_share")
    assert (told.value, told.n, told.parts["unstated"]) == (Decimal("0.5"), 2, 1)
    assert ("A3", "能動か受動か分からない接点 1 件") in names(told.excluded)


def test_the_rows_add_up_to_the_sides(company: None) -> None:
    for key in KEYS:
        told = found(key)
        for side in (told.numerator, told.denominator):
            assert side is not None
            counted = Decimal(len(side.rows)) if key == "coverage" else total_of(side.rows)
            assert counted == side.value, key


def test_nothing_known_is_not_0(person: Callable[[str], Member], bring: Callable[..., ImportRun]) -> None:
    person("sato"), person("suzuki")
    bring(accounts=ACCOUNTS, movements=MOVEMENTS)
    for key in KEYS:
        told = found(key)
        assert told.value is None and told.reason and told.reason.startswith("算出不可"), key
