"""価値実感までの期間 by hand: who got there, who has not yet, who is not counted and why, and what was known on another day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark, forget_all
from banso_web.core.metrics import MetricResult, Scope, as_json, compute, rows_of
from banso_web.desk.tests.conftest import bring as bring
from banso_web.usage.actions.features import save_feature
from banso_web.usage.tests.test_events import send

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
ACCOUNTS = """account_id,name,segment,excluded
X1,あおば商事,大手,
X2,びわ物流,大手,
X3,ちどり印刷,中堅,
X4,だいち食品,中堅,
X5,検証環境,,test
X6,えのき学園,中堅,
X7,ふじ工業,中堅,
X8,ぎんが通信,大手,
"""
CONTRACTS = """contract_id,account_id,product,starts_on,ends_on,ended_on,signed_on
K1,X1,勤怠,2026-02-01,2027-12-31,,2026-01-20
K1b,X1,経費,2026-06-01,2027-12-31,,2026-05-20
K2,X2,勤怠,2026-03-01,2027-12-31,,2026-02-10
K3,X3,勤怠,2026-03-01,2026-08-31,2026-08-31,2026-02-22
K4,X4,勤怠,2026-11-01,2027-12-31,,2026-10-15
K5,X5,勤怠,2026-03-01,2027-12-31,,2026-03-01
K6,X6,勤怠,2026-03-01,2027-12-31,,
K7,X7,勤怠,2024-03-01,2027-12-31,,2024-02-01
K8,X8,勤怠,2026-03-01,2027-12-31,,2026-03-05
"""
USAGE = """account_id,day,product,department,feature,users,events
X7,2026-01-05,勤怠,営業部,申請,5,9
X1,2026-01-25,勤怠,営業部,閲覧,1,2
X1,2026-02-19,勤怠,営業部,申請,3,5
X2,2026-02-01,勤怠,営業部,申請,1,1
X3,2026-03-01,勤怠,営業部,閲覧,1,1
X5,2026-03-02,勤怠,営業部,申請,1,1
X8,2026-10-01,勤怠,営業部,申請,2,2
"""


@pytest.fixture
def company(bring: Callable[..., Any], events_home: Path, person: Callable[[str], Any]) -> None:
    run = bring(accounts=ACCOUNTS, contracts=CONTRACTS, usage_daily=USAGE)
    assert not run.rejected.exists(), list(run.rejected.values())
    forget_all()


def core(name: str = "申請") -> None:
    save_feature({"name": name, "core": True, "plans": (), "rules": [{"name": name}]}, actor=None)


def found(day: date = DAY, **scope: Any) -> MetricResult:
    return compute("time_to_value", Asked(day, clock.today(), current_watermark()), scope=Scope(**scope))


def days(result: MetricResult, part: str) -> dict[str, tuple[Decimal | None, str]]:
    return {row.code: (row.amount, row.part) for row in rows_of(result, part)}


def test_the_median_counts_who_is_not_there_yet(company: None) -> None:
    """X2 used it before ordering: 0 days. X1: 2026-01-20 to 02-19, 30 days. X4 waits since 10-15: 40 days. X3 never got there and its
    contract was over on 08-31, 190 days after 02-22. X8: 03-05 to 10-01, 210 days. On the way after 0 days 4/5, after 30 days
    4/5 × 3/4 = 3/5, after 210 days, of which X8 alone is in sight, 0. The mean of those who got there would be 80."""
    core()
    result = found()
    assert as_json(result)["value"] == "210"
    assert (result.n, result.parts["reached"], result.parts["not_yet"]) == (5, 3, 2)
    assert days(result, "reached") == {"X2": (0, "reached"), "X1": (30, "reached"), "X8": (210, "reached")}
    assert days(result, "not_yet") == {"X4": (40, "not_yet"), "X3": (190, "not_yet")}
    assert days(result, "excluded") == {
        "X5": (None, "excluded:test"), "X6": (None, "no_order"), "X7": (None, "before_data"),
    }  # fmt: skip
    assert "参考(到達した顧客が10社未満)" in result.notes
    # 大手 alone: 0, 30 and 210 days, all there; half of them after 30.
    assert as_json(found(segment="大手"))["value"] == "30"
    # On 2026-08-31 X8 is on the way (179 days) and X4 has not ordered: 3/4 after 0 days, 3/4 × 2/3 = 1/2 after 30.
    earlier = found(date(2026, 8, 31))
    assert (earlier.value, earlier.n) == (30, 4)
    assert days(earlier, "not_yet") == {"X8": (179, "not_yet"), "X3": (190, "not_yet")}


def test_without_a_core_feature_or_any_use_it_says_so(company: None) -> None:
    assert found().reason == "算出不可(コア機能が定義されていません)"
    core("一括取込")  # nobody ever used it
    nobody = found()
    assert (nobody.value, nobody.parts["reached"], nobody.parts["not_yet"]) == (None, 0, 5)
    assert nobody.reason == "算出不可(コア機能を使うところまで来た顧客が、まだ半数に届きません)"
    # Asked of a day before anybody ordered there is nobody.
    assert (
        found(date(2026, 1, 10)).reason
        == "算出不可(受注日が分かり、その時から利用データのある顧客がいません)"
    )
    assert found(date(2025, 1, 1)).reason == "算出不可(利用データのある顧客がいません)"
    with pytest.raises(Refused):
        compute("time_to_value", Asked(DAY, clock.today(), current_watermark()), reported=True)


def test_events_and_files_together_and_a_late_event_is_known_later(company: None, source: Any) -> None:
    core()
    assert found(segment="中堅").value is None
    send([{
        "type": "track", "messageId": "m1", "userId": "u", "event": "申請", "timestamp": "2026-11-14T10:00:00+09:00",
        "context": {"groupId": "X4"}, "properties": {"feature": "申請"},
    }])  # fmt: skip
    assert days(found(segment="中堅"), "reached") == {"X4": (30, "reached")}
    before = Asked(DAY, clock.today(), current_watermark(), known_at=clock.now() - timedelta(minutes=1))
    assert (
        compute("time_to_value", before, scope=Scope(segment="中堅")).n == 0
    )  # nothing of all this was known then


def test_as_many_queries_for_many_customers(company: None, bring: Callable[..., Any]) -> None:
    core()
    counts = []
    for more in range(2):
        if more:
            names = [f"Y{number}" for number in range(30)]
            bring(
                accounts="account_id,name,segment\n" + "".join(f"{name},{name}社,大手\n" for name in names),
                contracts="contract_id,account_id,product,starts_on,signed_on\n" + "".join(f"C{name},{name},勤怠,2026-05-01,2026-04-20\n" for name in names),
                usage_daily=USAGE + "".join(f"{name},2026-06-01,勤怠,営業部,申請,1,1\n" for name in names),
            )  # fmt: skip
        found()
        forget_all()
        with CaptureQueriesContext(connection) as asked:
            assert found().n == 5 + 30 * more
        counts.append(len(asked))
    assert counts[0] == counts[1] < 25
