"""自社の指標: values by hand, preview, all of history with progress, silent days, who may."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.core.errors import Refused
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import desk as desk
from banso_web.usage.actions.features import retire_feature
from banso_web.usage.actions.own_metrics import save_metric
from banso_web.usage.jobs import keep_all
from banso_web.usage.models import OwnMetric, UsageRun
from banso_web.usage.reads.kept import standing
from banso_web.usage.reads.own import Value, own_metrics, silent_days
from banso_web.usage.tests.test_adoption import DAY, OPEN, define, events, now
from banso_web.usage.tests.test_adoption import company as company
from banso_web.usage.tests.test_events import send

pytestmark = pytest.mark.django_db
NEW = "/settings/metrics/new/"


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
    url = f"/usage/metrics/{row.pk}/"
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
    assert "機能が廃止されています" in desk("sato").text(f"/usage/metrics/{made}/")
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
