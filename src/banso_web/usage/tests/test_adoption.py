"""アクティブ率 and 利用の広がり, by hand: three of eight core features, seats, silences, who stopped, plans."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.metrics import MetricResult, Scope, as_json, compute, total_of
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import desk as desk
from banso_web.usage.actions.features import retire_feature, save_feature
from banso_web.usage.reads.adoption import adoption
from banso_web.usage.tests.test_events import send

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
# Business days from 10/26 that are over: 5 + 4 (11/3 is a holiday) + 5 + 5; 11/23 is a holiday, 11/24 still runs.
OPEN = [
    day
    for day in (date(2026, 10, 26) + timedelta(days=n) for n in range(29))
    if day.weekday() < 5 and day not in (date(2026, 11, 3), date(2026, 11, 23))
]
CORE = ("申請", "承認", "検索", "集計", "一括取込", "通知", "連携", "権限")
ACCOUNTS = """account_id,name,segment,owner,excluded
X1,あおば商事,大手,,
X2,びわ物流,中堅,,
X3,ちどり印刷,中堅,,
X4,だいち食品,中堅,,
X5,検証環境,,,test
"""
CONTRACTS = """contract_id,account_id,product,plan,seats,starts_on,ends_on,ended_on
K1,X1,勤怠,S,30,2026-01-01,2027-12-31,
K2,X2,勤怠,M,10,2026-01-01,2027-12-31,
K3,X3,勤怠,S,,2026-01-01,2027-12-31,
K4,X4,勤怠,S,5,2025-01-01,2026-03-31,2026-03-31
"""


def usage(rows: Iterable[tuple[str, date, str, int, int | None]]) -> str:
    lines = ["account_id,day,product,department,feature,users,events,seats"]
    lines += [
        f"{account},{day},勤怠,営業部,{feature},{users},{users * 2},{'' if seats is None else seats}"
        for account, day, feature, users, seats in rows
    ]
    return "\n".join(lines) + "\n"


def months() -> list[tuple[str, date, str, int, int | None]]:
    """X1: 10 people a day apply, 4 approve on five days, 2 search on one; 40 seats by the file. X3: 3 people, seats unknown."""
    rows: list[tuple[str, date, str, int, int | None]] = [("X1", day, "申請", 10, 40) for day in OPEN]
    rows += [("X1", day, "承認", 4, 40) for day in OPEN[:5]] + [("X1", OPEN[7], "検索", 2, 40)]
    rows += [("X3", day, "申請", 3, None) for day in OPEN]
    return rows


@pytest.fixture
def company(bring: Callable[..., Any], events_home: Path, person: Callable[[str], Any]) -> dict[str, Account]:
    run = bring(accounts=ACCOUNTS, contracts=CONTRACTS, usage_daily=usage(months()))
    assert not run.rejected.exists(), list(run.rejected.values())
    return {account.code: account for account in Account.objects.all()}


def define(name: str, *, core: bool = True, plans: Iterable[tuple[str, str]] = (), **rule: Any) -> int:
    return save_feature(
        {"name": name, "core": core, "plans": plans, "rules": [{"name": name, **rule}]}, actor=None
    )


@pytest.fixture
def eight(company: dict[str, Account]) -> dict[str, Account]:
    for name in CORE:
        define(name)
    return company


def now(**changes: Any) -> Asked:
    return replace(Asked(DAY, clock.today(), current_watermark()), **changes)


def metric(key: str, asked: Asked | None = None, **scope: Any) -> MetricResult:
    return compute(key, asked or now(), scope=Scope(**scope))


def reasons(result: MetricResult) -> dict[str, str]:
    return {row.code: row.part for row in result.excluded}


def events(
    account: str, people: int, day: date, name: str = "申請", **properties: Any
) -> list[dict[str, Any]]:
    return [
        {
            "type": "track", "messageId": f"{account}-{name}-{day}-{n}-{properties}", "userId": f"{account}-{n}", "event": name,
            "timestamp": f"{day}T10:00:00+09:00", "context": {"groupId": account}, "properties": properties,
        }
        for n in range(people)
    ]  # fmt: skip


def test_three_of_eight_core_features_is_37_5_percent(eight: dict[str, Account]) -> None:
    found = metric("adoption_breadth", segment="大手")
    assert as_json(found)["value"] == "0.375"
    (row,) = found.numerator.rows  # type: ignore[union-attr]
    assert (row.code, row.amount, len(row.extra["unused"])) == ("X1", 3, 5)
    # The company: 3 of 8 and, for X3, 1 of 8; X2 was never heard of, X4 has no contract, X5 is a test.
    assert as_json(metric("adoption_breadth"))["value"] == "0.25"
    assert reasons(metric("adoption_breadth")) == {"X2": "not_collected"}


def test_the_active_rate_of_files_is_the_mean_day_over_seats(eight: dict[str, Account]) -> None:
    found = metric("active_rate")
    # 19 days × 10 + 5 × 4 + 2 = 212 ÷ 19 a day, of 40 seats (the file's, not the contract's 30).
    assert as_json(found)["value"] == "0.278947368421"
    assert total_of(found.numerator.rows) == found.numerator.value  # type: ignore[union-attr]
    assert found.denominator.value == 40 and found.n == 1  # type: ignore[union-attr]
    assert reasons(found) == {"X2": "not_collected", "X3": "unknown_seats"}  # unknown is never 0
    one = adoption(now()).rows[eight["X1"].pk]
    assert (one.month, one.daily, one.stickiness, one.depth) == (
        Fraction(212, 19),
        Fraction(212, 19),
        None,
        None,
    )
    assert one.events == 424


def test_events_count_people_once(eight: dict[str, Account], source: Source) -> None:
    send(events("X2", 5, OPEN[-1]) + events("X2", 3, OPEN[-2], "承認") + events("X2", 4, date(2026, 10, 25)))
    one = adoption(now()).rows[eight["X2"].pk]
    assert (one.month, one.week, one.day) == (5, 5, 0)  # the Sunday of 10/25 lies before the thirty days
    # Since its first day (10/25) 19 open days are over: (5 + 3) ÷ 19 a day, ÷ 5.
    assert one.stickiness == Fraction(8, 95) and one.depth == Fraction(8, 5)
    assert one.last == OPEN[-1] and one.seats_from == "contract"
    assert metric("active_rate", segment="中堅").value == Decimal("0.5")
    # With X1: 212/19 + 5 = 307/19 of 50 seats.
    assert as_json(metric("active_rate"))["value"] == "0.323157894737"
    assert one.features[next(iter(one.features))].users in (3, 5)
    users = {
        line.name: one.features[line.code].users
        for line in adoption(now()).features
        if line.code in one.features
    }
    assert users == {"申請": 5, "承認": 3}


def test_a_property_decides_and_both_kinds_of_use_follow_one_list(
    company: dict[str, Account], source: Source
) -> None:
    define("一括", property="via", values=["csv"])
    define("営業部の申請", property="department", values=["営業部"])
    save_feature({"name": "申請まわり", "core": True, "rules": [{"name": "申", "starts": True}]}, actor=None)
    send(
        events("X2", 4, OPEN[-1], "一括", via="csv")
        + events("X2", 2, OPEN[-1], "一括", via="screen")
        + events("X2", 3, OPEN[-1], "申込", department="総務部")
    )
    rows = adoption(now()).rows
    names = {line.code: line.name for line in adoption(now()).features}
    used = {names[code]: use.users for code, use in rows[company["X2"].pk].features.items()}
    assert used == {"一括": 4, "申請まわり": 3}
    assert {names[code] for code in rows[company["X1"].pk].features} == {"申請まわり"}


def test_a_plan_holds_its_own_core_features(company: dict[str, Account], source: Source) -> None:
    for name in CORE[:2]:
        define(name)
    for name in CORE[2:5]:
        define(name, plans=[("勤怠", "S")])
    send(events("X2", 1, OPEN[-1]))
    rows = adoption(now()).rows
    assert rows[company["X1"].pk].breadth.value == Fraction(3, 5)  # type: ignore[union-attr]
    assert rows[company["X2"].pk].breadth.value == Fraction(1, 2)  # type: ignore[union-attr]


def test_who_stopped_counts_as_zero_and_who_never_began_does_not(
    eight: dict[str, Account], source: Source, bring: Any
) -> None:
    """途絶 is a 0, 未収集 is none: losing a customer's use never makes the company look better."""
    bring(usage_daily=usage([("X2", date(2025, 9, 1), "申請", 6, None)]))
    one = adoption(now()).rows[eight["X2"].pk]
    assert one.stopped and one.last == date(2025, 9, 1)
    assert as_json(metric("active_rate"))["value"] == "0.223157894737"  # 212/19 of 40 + 10
    assert as_json(metric("adoption_breadth"))["value"] == "0.166666666667"  # 4 of 24


def test_a_silent_source_stretches_the_period_and_is_marked(eight: dict[str, Account], bring: Any) -> None:
    earlier = [date(2026, 10, 25) - timedelta(days=n) for n in range(60)]
    rows = [("X1", day, "申請", 8, 40) for day in earlier if day.weekday() < 5]
    bring(usage_daily=usage(rows))
    before = adoption(now()).rows[eight["X1"].pk]
    assert (before.silent, before.began, len(before.features)) == ((), date(2026, 10, 26), 3)
    # Nothing from anybody on 11/16–11/19: four days are left out, and the thirty begin on 10/22.
    void_days(OPEN[-5:-1])
    bring(usage_daily=usage([("X1", date(2026, 10, 22), "集計", 1, 40)]))
    after = adoption(now()).rows[eight["X1"].pk]
    assert after.silent == tuple(OPEN[-5:-1])
    assert after.began == date(2026, 10, 22)
    assert len(after.features) == 4  # 集計 of 10/22 is inside now
    # 15 days of 10, two of 8 (10/22, 10/23), 4 × 5 and 2, and 集計's 1, over 17 open days.
    assert after.month == Fraction(150 + 16 + 20 + 2 + 1, 17)
    assert "データ欠測が 4 日" in metric("active_rate").notes[0]


def void_days(days: Iterable[date]) -> None:
    """As a source that never sent them."""
    from banso_web.usage.models import UsageDaily

    UsageDaily.objects.filter(day__in=list(days)).delete()


def test_the_same_watermark_keeps_the_old_definition(eight: dict[str, Account], person: Any) -> None:
    before = now()
    feature = next(line.id for line in adoption(before).features if line.name == "権限")
    retire_feature(feature, actor=person("kanri"))
    assert as_json(metric("adoption_breadth", before, segment="大手"))["value"] == "0.375"
    assert as_json(metric("adoption_breadth", segment="大手"))["value"] == "0.428571428571"  # 3 of 7


def test_queries_do_not_grow_with_the_customers(
    eight: dict[str, Account], source: Source, bring: Any
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            adoption(now())
        return len(found)

    few = asked()
    more = "account_id,name\n" + "".join(f"Y{n},追加{n}\n" for n in range(30))
    rows = [(f"Y{n}", day, "申請", 2, 5) for n in range(30) for day in OPEN[-3:]]
    bring(accounts=more, usage_daily=usage(rows))  # type: ignore[arg-type]
    assert len(adoption(now()).rows) == 33
    assert asked() <= few


def test_the_customers_page_shows_the_numbers_and_five_cards(eight: dict[str, Account], desk: Any) -> None:
    url = f"/customers/{eight['X1'].pk}/"
    page = desk("sato").text(url)
    assert "37.5" in page and "3/8" in page and page.count("data-advice=") == 5
    assert "一括取込 0件" in page and "2026/10/26(月)" in page and "Banso は送りません" in page
    rows = desk("sato").text(f"/usage/adoption/{eight['X1'].pk}/")
    assert rows.count("未使用") == 5 and rows.count(">使った<") == 3 and "11.2" in rows
    assert "席数が分からない" in desk("sato").text(f"/customers/{eight['X3'].pk}/")
    assert "未収集" in desk("sato").text(f"/usage/adoption/{eight['X2'].pk}/")
    assert desk("ito").get(f"/usage/adoption/{eight['X1'].pk}/").status_code in (403, 404)


def test_a_card_cites_the_work_it_would_save(company: dict[str, Account], desk: Any, source: Source) -> None:
    apply_id = define("手入力", core=False)
    code = next(line.code for line in adoption(now()).features if line.id == apply_id)
    save_feature(
        {"name": "一括取込", "core": True, "rules": [{"name": "一括取込"}], "instead": code, "at_least": 3,
         "link": "https://help.example.jp/bulk", "advice": "まとめて登録できます。"},
        actor=None,
    )  # fmt: skip
    send(events("X2", 4, OPEN[-1], "手入力"))
    page = desk("sato").text(f"/customers/{company['X2'].pk}/")
    assert (
        "一括取込 未使用・手入力 4件" in page
        and "https://help.example.jp/bulk" in page
        and "まとめて登録できます。" in page
    )
    assert "直近28日に一度でも使った人の数" in page
    assert "data-advice" not in desk("sato").text(f"/customers/{company['X3'].pk}/")  # 手入力 0件: no card


def test_the_rows_behind_the_rate_add_up(eight: dict[str, Account], desk: Any) -> None:
    page = desk("yamamoto").text(
        "/numbers/rows/", metric="active_rate", part="numerator"
    )  # without the right to figures of money
    assert (
        "差 0" in page
        and "あおば商事" in page
        and "11.2" in page
        and "¥" not in page
        and "対象月" not in page
    )
    assert "席数が分からない" in desk("sato").text("/numbers/rows/", metric="active_rate", part="excluded")
    assert desk("yamamoto").get("/numbers/rows/", metric="nrr_monthly").status_code == 403


def test_the_command_prints_people_and_seats_and_the_object(eight: dict[str, Account]) -> None:
    from banso_web.revenue.commands import metric as command

    shown = CliRunner().invoke(command, ["active_rate"]).output
    assert "27.89 %" in shown and "分母: 40  (1行)" in shown and "JPY" not in shown
    body = json.loads(CliRunner().invoke(command, ["adoption_breadth", "--segment", "大手", "--json"]).output)
    assert (body["value"], body["unit"], body["numerator"]["value"], body["n"]) == ("0.375", "ratio", "3", 1)
    assert body["numerator"]["rows"][0]["account_id"] == "X1" and body["excluded"] == []
    whole = json.loads(CliRunner().invoke(command, ["active_rate", "--json"]).output)
    assert {row["account_id"]: row["part"] for row in whole["excluded"]} == {
        "X2": "not_collected",
        "X3": "unknown_seats",
    }
    assert CliRunner().invoke(command, ["active_rate", "--reported"]).exit_code == 2


def test_without_any_use_nothing_is_zero(events_home: Path, db: None) -> None:
    found = metric("active_rate")
    assert (found.value, as_json(found)["value"]) == (None, None) and found.reason
