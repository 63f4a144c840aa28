"""自社の指標: values by hand, preview, all of history with progress, silent days, who may."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.accounts.reads.contracts import contract_seats, seat_stretches
from banso_web.collect.models import Source
from banso_web.core.errors import Refused
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import desk as desk
from banso_web.ingest.undoing import undo_run
from banso_web.usage.actions.features import retire_feature
from banso_web.usage.actions.own_metrics import save_metric
from banso_web.usage.jobs import keep_all
from banso_web.usage.models import OwnMetric, UsageKept, UsageRun
from banso_web.usage.reads.kept import standing
from banso_web.usage.reads.own import Value, own_metrics, silent_days
from banso_web.usage.tests.test_adoption import DAY, OPEN, define, events, now
from banso_web.usage.tests.test_adoption import company as company
from banso_web.usage.tests.test_events import send

pytestmark = pytest.mark.django_db
NEW = "/settings/metrics/new/"
K1_OF_60 = "contract_id,account_id,product,plan,seats,starts_on,ends_on,valid_from\nK1,X1,勤怠,S,60,2026-01-01,2027-12-31,2026-11-16\n"


@pytest.fixture
def feature(company: dict[str, Account], source: Source) -> str:
    """申請, with three people of X2 by events beside the files of X1 and X3."""
    send(events("X2", 3, OPEN[-1]) + events("X2", 2, OPEN[-2]) + events("X2", 4, OPEN[-1], "承認"))
    row = define("申請")
    return next(line.code for line in _features() if line.id == row)


def _features() -> Any:
    from banso_web.usage.reads.definitions import features

    return features(now())


def values(name: str) -> dict[date, Value]:
    """What is kept of a metric."""
    (metric,) = [one for one in own_metrics(now()) if one.name == name]
    rows, _wanted = standing(metric.defined, now())
    return {one.day: one for one in metric.values(rows, silent_days(now()))}


def test_each_measure_by_hand(feature: str) -> None:
    """On 11/20, over 11/14–11/20: X1 10 a day with 20 events on five days, X3 3 with 6, X2 three people with five events."""
    for name, given in {
        "週の利用者": {"measure": "users", "days": 7},
        "週の回数": {"measure": "events", "days": 7},
        "1人あたり": {"measure": "per_user", "days": 7},
        "席あたり": {"measure": "users", "days": 7, "per_seat": True},
        "日": {"measure": "users", "days": 1},
        "28日": {"measure": "users", "days": 28},
    }.items():
        save_metric({"name": name, "feature": feature, **given}, actor=None)
    save_metric({"name": "すべて", "measure": "events", "days": 1}, actor=None)
    keep_all.func()
    at = OPEN[-1]
    assert values("週の利用者")[at].value == 16 and values("週の利用者")[at].accounts == 3
    assert values("週の回数")[at].value == 135
    assert values("1人あたり")[at].value == Fraction(135, 16)
    # Seats of contracts: X1 30, X2 10; X3's are not known, so its three people are in no side.
    assert values("席あたり")[at].value == Fraction(13, 40)
    assert values("席あたり")[OPEN[0]].value == Fraction(10, 30)  # nobody had heard of X2 by then
    assert values("日")[OPEN[-2]].value == 15 and values("日")[OPEN[-3]].value == 13
    assert values("28日")[at].value == 16
    assert values("すべて")[at].value == 3 + 4 + 20 + 6
    assert keep_all.func() == 0


def test_seats_are_counted_anew_from_the_day_they_change(feature: str, bring: Any) -> None:
    save_metric(
        {"name": "席", "feature": feature, "measure": "users", "days": 1, "per_seat": True}, actor=None
    )
    keep_all.func()
    before = values("席")
    assert before[OPEN[-1]].value == Fraction(13, 40) and before[OPEN[1]].value == Fraction(10, 30)
    run = bring(contracts=K1_OF_60)
    assert keep_all.func() == 5  # 11/16 to 11/20
    assert values("席")[OPEN[-1]].value == Fraction(13, 70)
    assert values("席")[OPEN[-6]].value == Fraction(10, 30)
    undo_run(run, actor=None, reason="取り違え")
    assert keep_all.func() == 5 and values("席") == before
    send(events("X2", 1, OPEN[2]))  # it was heard of earlier than anybody knew
    assert keep_all.func() == 15 + 1  # to 11/18 its 10 seats count as well; the feature's own day
    assert values("席")[OPEN[1]] == before[OPEN[1]]
    assert values("席")[OPEN[2]].value == Fraction(11, 40)
    assert values("席")[OPEN[3]].value == Fraction(10, 40)
    assert keep_all.func() == 0


def test_stretches_tell_what_contracts_hold_on_every_day(company: dict[str, Account], bring: Any) -> None:
    bring(
        contracts=K1_OF_60 + "K5,X1,分析,S,5,2026-10-01,2026-11-17,\nK6,X4,分析,S,7,2026-11-16,2026-11-18,\n"
    )
    told: dict[int, dict[date, list[int | None]]] = {}
    for account, _contract, seats, first, after in seat_stretches(now()):
        for day in OPEN:
            if first <= day.toordinal() < after:
                told.setdefault(account, {}).setdefault(day, []).append(seats)
    sums = {
        account: {day: None if None in seats else sum(map(int, seats)) for day, seats in on.items()}
        for account, on in told.items()
    }
    assert sums == contract_seats(now(), OPEN)
    assert sums[company["X1"].pk][date(2026, 11, 17)] == 65 and len(sums[company["X4"].pk]) == 3


@pytest.mark.parametrize("days", [1, 7])
def test_a_day_is_counted_alike_with_whatever_others(
    company: dict[str, Account], source: Source, days: int
) -> None:
    """X1's files of 申請 reach to 11/20; from 11/16 it sends events, of another feature."""
    define("申請")
    for day in OPEN[-5:]:
        send(events("X1", 2, day, "承認"))
    save_metric({"name": "数", "feature": _features()[0].code, "measure": "users", "days": days}, actor=None)
    keep_all.func()
    found = values("数")
    assert found[date(2026, 11, 10)].value == found[date(2026, 11, 13)].value == 13
    assert found[date(2026, 11, 16)].value == 3  # events win on days in whose period there are any
    for day in (date(2026, 11, 10), date(2026, 11, 17)):
        UsageKept.objects.filter(day=day, subject="metric").delete()
        assert keep_all.func() == 1
        assert values("数") == found


def test_a_silent_day_in_the_period_is_no_value(feature: str) -> None:
    save_metric({"name": "週", "feature": feature, "measure": "users", "days": 7}, actor=None)
    keep_all.func()
    UsageRun.objects.create(day=DAY, made_at="2026-11-24T00:00Z", watermark=1, gaps={"file": ["2026-11-10"]})
    found = values("週")
    assert [day.day for day, one in found.items() if one.silent] == [10, 11, 12, 13, 16]
    assert found[date(2026, 11, 16)].value is None and found[date(2026, 11, 17)].value == 13


def test_the_editor_previews_saves_and_undoes(feature: str, desk: Any) -> None:
    kanri = desk("kanri")
    given = {"name": "席あたり", "feature": feature, "measure": "users", "days": "7", "per_seat": "on"}
    page = kanri.client.post(NEW, {**given, "deed": "preview"}).content.decode()
    assert "まだ保存していません" in page and "32.5" in page and not OwnMetric.objects.exists()
    for wrong in ({"name": ""}, {"days": "3"}, {"measure": "per_user"}, {"feature": "nothing"}):
        assert kanri.client.post(NEW, {**given, **wrong}).status_code == 422, wrong
    assert kanri.client.post(NEW, given).status_code == 302
    row = OwnMetric.objects.get()
    url = f"/usage/adoption/metrics/{row.pk}/"
    assert "0 / 19 日" in desk("sato").text(url)
    keep_all.func()
    assert "32.5" in desk("sato").text(url) and "数えています" not in desk("sato").text(url)
    assert "席あたり" in desk("sato").text("/usage/adoption/")
    page = kanri.text(f"/settings/metrics/{row.pk}/")
    undo = page[page.index(f"/settings/metrics/{row.pk}/undo/") :].split('"')[0]
    assert kanri.post(undo).status_code == 302 and not own_metrics(now())
    assert desk("tanaka").get(NEW).status_code == 403


def test_a_metric_of_a_feature_that_is_gone_has_no_value(feature: str, desk: Any, person: Any) -> None:
    made = save_metric({"name": "週", "feature": feature, "measure": "users", "days": 7}, actor=None)
    retire_feature(_features()[0].id, actor=person("kanri"))
    assert own_metrics(now())[0].lost and keep_all.func() == 0
    assert "機能が廃止されています" in desk("sato").text(f"/usage/adoption/metrics/{made}/")
    with pytest.raises(Refused):
        save_metric({"name": "週", "measure": "users", "days": 1}, actor=None)


def test_who_events_belong_to_is_counted_anew_and_only_where_it_matters(
    feature: str, company: dict[str, Account], person: Any
) -> None:
    from banso_web.accounts.actions import merging

    save_metric({"name": "日", "feature": feature, "measure": "users", "days": 1}, actor=None)
    keep_all.func()
    assert values("日")[OPEN[-1]].accounts == 3
    merging.decide(company["X1"].pk, company["X2"].pk, "same", actor=person("tanaka"))
    assert keep_all.func() > 0
    # X2 is X1 now: its events win over X1's file on days with events, and they are one customer.
    assert values("日")[OPEN[-1]].accounts == 2
    assert keep_all.func() == 0
