"""担当顧客の動き: the words people read, whose customers they are, and the deeds on a signal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.accounts.models import Account
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import Desk
from banso_web.usage.actions import detect
from banso_web.usage.jobs import detect_asked
from banso_web.usage.models import UsageAlert, UsageSnooze, UsageVerdict
from banso_web.usage.tests.conftest import CASES, STORY, load

pytestmark = pytest.mark.django_db
Story = Callable[..., dict[str, Account]]
DAY = date(2026, 11, 24)
Desks = Callable[[str], Desk]


@pytest.fixture
def cases(story: Story) -> dict[str, Account]:
    accounts = story(CASES)
    detect(DAY, actor=None)
    return accounts


def test_the_card_says_what_fell_and_why(cases: dict[str, Account], desk: Desks) -> None:
    page = desk("takahashi").text("/usage/")
    for words in (
        "東和物流",
        "−35.4 %",
        "営業部 −62 %",
        "一括申請 −80 %",
        "¥300,000",
        "2027/02/28(日)",
        "なぜ?",
        "9/21, 9/22, 9/23",
        "休日が2日以上",
    ):
        assert words in page, words
    assert "中央会計" in page and "席数減 −40 %" in page and "+7.6 %" in page
    assert page.index("東和物流") < page.index(
        "中央会計"
    )  # 35.4 % of ¥300,000 weigh more than 40 % of ¥160,000
    assert "小林塗装" not in page
    assert "少人数のため対象外" in desk("takahashi").text("/usage/", list="small")
    assert "小林塗装" in desk("takahashi").text("/usage/", list="small")


def test_a_gap_is_a_banner_and_a_badge_and_nobody_is_flagged(story: Story, desk: Desks) -> None:
    accounts = story("case_3_gap")
    detect(DAY, actor=None)
    takahashi = desk("takahashi")
    page = takahashi.text("/usage/")
    assert "データ欠測" in page and "2026/11/16(月)" in page and "取り込んだファイル" in page
    assert "利用低下" not in page and "席数減" not in page
    assert "東和物流" in takahashi.text("/usage/", list="unjudged")
    customer = f"/customers/{accounts['A010'].pk}/"
    assert "送信元が止まっているため、判定を保留しています。" in takahashi.text(customer)
    assert "利用データが届いていない日があるため" in takahashi.text("/")
    load(STORY / "case_3_backfill", known="now")
    answer = desk("tanaka").post("/usage/detect/", day="2026-11-24")
    assert answer.status_code == 302
    again = takahashi.text("/usage/")
    assert "−35.4 %" in again and "データ欠測" not in again
    assert "送信元が止まっているため" not in takahashi.text(customer)


def test_the_home_and_the_customer_show_it(cases: dict[str, Account], desk: Desks) -> None:
    home = desk("takahashi").text("/")
    assert "利用低下 −35.4 %" in home and "席数減 −40 %" in home
    team = desk("tanaka").text("/")
    assert "利用低下 −35.4 %" in team
    assert "−35.4 %" not in desk("sato").text("/")
    page = desk("takahashi").text(f"/customers/{cases['A010'].pk}/")
    assert "週ごとの利用の推移" in page and "−35.4 %" in page and "利用(部署×機能)" in page
    assert "席数が減っただけで" in desk("takahashi").text(f"/customers/{cases['A018'].pk}/")


def test_a_scope_shows_whose_customers_they_are(cases: dict[str, Account], desk: Desks) -> None:
    assert "東和物流" not in desk("sato").text("/usage/")
    assert "東和物流" in desk("sato").text("/usage/", scope="all")
    assert "東和物流" in desk("tanaka").text("/usage/")
    assert "東和物流" not in desk("tanaka").text("/usage/", scope="me")
    product = desk("yamamoto").text("/usage/", scope="nonsense", list="nonsense", **{"from": "-1"})
    assert "東和物流" in product and "300,000" not in product  # without the right to figures
    assert "変化の大きい順" in product


def test_another_day_shows_what_was_known_then(cases: dict[str, Account], desk: Desks) -> None:
    assert "東和物流" not in desk("takahashi").text("/usage/", as_of="2026-11-20")
    later = desk("takahashi").text("/usage/", as_of="2026-12-01")
    assert "東和物流" in later and "¥300,000" in later and "警告を休む" not in later


def test_computing_again_is_for_who_leads(cases: dict[str, Account], desk: Desks) -> None:
    assert desk("takahashi").post("/usage/detect/", day="2026-11-24").status_code == 403
    assert desk("yamamoto").post("/usage/detect/", day="2026-11-24").status_code == 403
    tanaka = desk("tanaka")
    assert tanaka.post("/usage/detect/", day="2026-11-24").status_code == 302
    assert (
        AuditRow.objects.filter(
            action="usage.detect", actor=tanaka.member, subject_label="2026-11-24"
        ).count()
        == 1
    )
    for bad in ("", "2026-02-30", "soon"):
        assert tanaka.post("/usage/detect/", day=bad).status_code == 302
        assert "何も計算していません" in tanaka.text("/usage/")
    tanaka.post("/usage/detect/", day="2026-11-25")
    assert "基準日が今日より後です" in tanaka.text("/usage/")
    assert UsageVerdict.objects.count() == 3


def test_for_many_customers_the_worker_computes(
    cases: dict[str, Account], desk: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("banso_web.usage.actions.detecting.AT_ONCE", 2)
    tanaka = desk("tanaka")
    tanaka.post("/usage/detect/", day="2026-11-20")
    assert "計算を始めました" in tanaka.text("/usage/")
    assert not UsageVerdict.objects.filter(
        day=date(2026, 11, 20)
    ).exists()  # asked for, not done in the request
    assert detect_asked.func("2026-11-20", tanaka.member.pk) == 3
    assert AuditRow.objects.get(action="usage.detect").actor == tanaka.member
    assert desk("takahashi").post("/usage/detect/", day="2026-11-20").status_code == 403


def test_a_quiet_time_needs_a_reason_and_an_end(cases: dict[str, Account], desk: Desks) -> None:
    account, takahashi = cases["A010"], desk("takahashi")
    url = f"/usage/{account.pk}/snooze/"
    assert takahashi.get(url).status_code == 200
    assert desk("sato").get(url).status_code == 403
    assert desk("sato").post(url, why="busy", until="2026-12-24").status_code == 403
    for given in ({}, {"why": "busy"}, {"why": "mood", "until": "2026-12-24"}, {"why": "busy", "until": "2026-11-23"},
                  {"why": "busy", "until": "2027-12-31"}, {"why": "other", "until": "2026-12-24"}):  # fmt: skip
        assert takahashi.post(url, **given).status_code == 422, given
    assert not UsageSnooze.objects.exists()
    assert takahashi.post(url, why="busy", note="決算期", until="2026-12-24").status_code == 302
    row = AuditRow.objects.get(action="usage.snooze")
    assert (row.subject, row.subject_id, row.reason, row.new) == ("account", account.pk, "決算期", {"why": "busy", "until": "2026-12-24"})  # fmt: skip
    assert "まで警告を休んでいます(繁忙期)" in takahashi.text("/usage/")
    assert takahashi.post(f"/usage/{account.pk}/unsnooze/").status_code == 302
    assert not UsageSnooze.objects.exists() and AuditRow.objects.filter(action="usage.unsnooze").count() == 1


def test_closing_needs_words_and_takes_it_off_the_list(cases: dict[str, Account], desk: Desks) -> None:
    alert, takahashi = UsageAlert.objects.get(kind="usage"), desk("takahashi")
    url = f"/usage/alerts/{alert.pk}/close/"
    assert desk("sato").post(url, reason="見た").status_code == 403
    assert takahashi.post(url, reason=" ").status_code == 422
    assert takahashi.post(url, reason="勉強会を行った").status_code == 302
    assert "東和物流" not in takahashi.text("/usage/")
    assert AuditRow.objects.get(action="usage.close").reason == "勉強会を行った"
    assert takahashi.get("/usage/alerts/999999/close/").status_code == 404
    detect(DAY, actor=None)  # what somebody closed is not raised again the same day
    alert.refresh_from_db()
    assert alert.state == "closed" and UsageAlert.objects.filter(kind="usage").count() == 1


def test_the_lock_and_the_quiet_time(cases: dict[str, Account], morning: Any, desk: Desks) -> None:
    """Day 0 to 14 inclusive; use that stays down is told again on day 15, unless somebody made it quiet."""
    first = UsageAlert.objects.get(kind="usage")
    for days, alerts in ((1, 1), (6, 1)):
        morning(DAY + timedelta(days=days))
        detect(DAY + timedelta(days=days), actor=None)
        assert UsageAlert.objects.filter(kind="usage").count() == alerts, days
    first.raised_on = DAY - timedelta(days=14)
    first.save()
    detect(DAY, actor=None)
    assert UsageAlert.objects.filter(kind="usage").count() == 1  # day 14 is inside
    first.raised_on = DAY - timedelta(days=15)
    first.save()
    UsageSnooze.objects.create(
        account=cases["A010"], why="busy", since=DAY, until=DAY, made_at=first.verdict.made_at
    )
    detect(DAY, actor=None)
    assert UsageAlert.objects.filter(kind="usage").count() == 1
    UsageSnooze.objects.all().delete()
    detect(DAY, actor=None)
    assert UsageAlert.objects.filter(kind="usage").count() == 2
    page = desk("takahashi").text("/usage/")
    assert page.count('id="alert-') == 2  # one usage card of the account, and the seats


def test_a_page_asks_as_often_for_one_card_as_for_two(cases: dict[str, Account], desk: Desks) -> None:
    takahashi = desk("takahashi")

    def asked() -> int:
        takahashi.text("/usage/")
        with CaptureQueriesContext(connection) as found:
            takahashi.text("/usage/")
        return len(found)

    two = asked()
    UsageAlert.objects.filter(kind="seats").update(state="withdrawn")
    assert asked() == two


def test_the_detection_asks_as_often_for_three_as_for_one(cases: dict[str, Account]) -> None:
    def asked() -> int:
        UsageAlert.objects.all().delete()
        UsageVerdict.objects.all().delete()
        with CaptureQueriesContext(connection) as found:
            detect(DAY, actor=None)
        return len(found)

    three = asked()
    Account.objects.exclude(code="A010").update(live=False)
    assert asked() <= three
    assert UsageVerdict.objects.count() == 1
