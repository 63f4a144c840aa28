"""US-3: the churn target of 5.00 %, the late cancellation, 改善策, and the month that cannot be closed without one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from banso_web.core.errors import Forbidden, Refused
from banso_web.core.models import AuditRow
from banso_web.members.models import Member
from banso_web.reports.actions.countermeasures import add_countermeasure
from banso_web.reports.actions.targets import set_target, withdraw_target
from banso_web.reports.models import Countermeasure, Target
from banso_web.reports.reads.targets import all_targets, in_force
from banso_web.reports.tests.conftest import Reader
from banso_web.reports.tests.test_us1_pages import text_of
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
Person = Callable[[str], Member]
BOARD, CLOSING = "/numbers/?month=2026-10", "/numbers/closing/?month=2026-10"
CHURN = "/numbers/kpi/customer_churn_monthly/?month=2026-10"


@pytest.fixture
def target(october: dict[str, make.Account], person: Person) -> Target:
    return set_target(
        person("tanaka"),
        "customer_churn_monthly",
        op="<=",
        value=Decimal("0.05"),
        owner="田中",
        effective_on=date(2026, 4, 1),
    )


@pytest.fixture
def late(target: Target, october: dict[str, make.Account]) -> None:
    make.load_movements("us3/late_only/movements.csv", october)


def _measure(client: Client) -> int:
    fields = {
        "kind": "strategy", "text": "解約申出の早期把握", "owner": str(Member.objects.get(code="sato").pk), "due_on": "2026-12-15",
        "expected_effect": "解約率 −2.50 pt", "churn_reason": "理由未確認",
    }  # fmt: skip
    return client.post(CHURN.replace("/?", "/measure/?"), fields).status_code


def test_exactly_the_target_is_met(target: Target, reader: Reader) -> None:
    page = text_of(reader("tanaka"), BOARD)
    assert "目標 ≦ 5.00 % · 達成" in page and "未達" not in page.replace("未達で", "")
    assert (
        "月次 5.00 % が12か月続くと、年換算では 45.96 % が解約し、12か月後の残存は 54.04 % です。"
        in text_of(reader("tanaka"), CHURN)
    )


def test_the_late_cancellation_misses_it(late: None, reader: Reader) -> None:
    page = text_of(reader("tanaka"), BOARD)
    for printed in (
        "7.50 %",
        "+2.50 pt",
        "92.5 %",
        "6.75 %",
        "96.00 %",
        "60.76 %",
        "2.6–19.9 %",
        "目標 ≦ 5.00 % · 未達",
        "未対策KPI",
    ):
        assert printed in page
    assert "7.32" not in page and "90.00 %" not in page
    detail = text_of(reader("tanaka"), CHURN)
    assert "理由未確認3社" in detail.replace(" ", "") and "合計3社" in detail.replace(" ", "")


def test_the_three_kinds_are_offered_and_everything_is_asked(late: None, reader: Reader) -> None:
    client = reader("tanaka")
    reader("sato")
    page = text_of(client, CHURN)
    for kind in ("メンバーへのフィードバック", "戦略の修正", "プロダクトの改修依頼"):
        assert kind in page
    answer = client.post(CHURN.replace("/?", "/measure/?"), {"kind": "strategy", "text": "x"})
    assert answer.status_code == 422 and not Countermeasure.objects.exists()
    assert _measure(client) == 302
    assert "未対策KPI" not in text_of(client, BOARD)
    assert "解約申出の早期把握" in text_of(client, BOARD)
    assert AuditRow.objects.filter(action="countermeasure.add").count() == 1


def test_the_month_waits_for_action_and_comment(late: None, reader: Reader) -> None:
    client = reader("tanaka")
    reader("sato")
    post = {"kind": "final", "comment": "10月の確報"}
    page = text_of(client, CLOSING)
    assert (
        "締められません:" in page
        and client.get(CLOSING).content.decode().count("disabled aria-describedby") == 1
    )
    blocked = client.post(CLOSING.replace("/?", "/close/?"), post)
    assert blocked.status_code == 422
    assert (
        "改善策がありません" in blocked.content.decode()
        and "コメントがありません" in blocked.content.decode()
    )
    assert _measure(client) == 302
    assert "締められません:" not in text_of(client, CLOSING)  # what is left is written in the form itself
    assert "disabled aria-describedby" not in client.get(CLOSING).content.decode()
    assert client.post(CLOSING.replace("/?", "/close/?"), post).status_code == 422
    assert (
        client.post(
            CLOSING.replace("/?", "/close/?"),
            {**post, "red_customer_churn_monthly": "北浜商店の申出が遅れた"},
        ).status_code
        == 302
    )
    page = text_of(client, CLOSING)
    assert "北浜商店の申出が遅れた" in page and "確報" in page and "締めたときの値と一致します" in page


def test_closed_first_then_the_late_cancellation(
    target: Target, october: dict[str, make.Account], reader: Reader
) -> None:
    client = reader("tanaka")
    assert (
        client.post(CLOSING.replace("/?", "/close/?"), {"kind": "final", "comment": "10月の確報"}).status_code
        == 302
    )
    make.load_movements("us3/late_only/movements.csv", october)
    page = text_of(client, CLOSING)
    assert "締め後修正" in page
    nrr = text_of(client, "/numbers/nrr/?month=2026-10")
    assert "96.75 %96.00 %−0.75 pt" in nrr.replace("</td>", "").replace(" %", " %").replace(
        "% 9", "%9"
    ).replace("% −", "%−")
    assert "報告値 96.75 % → 現在の値 96.00 %" in text_of(client, BOARD)
    november = text_of(client, "/numbers/nrr/?month=2026-11")
    assert "締め後修正" in november and "−¥90,000" in november


def test_a_member_may_look_but_not_close_or_edit(target: Target, reader: Reader) -> None:
    client = reader("sato")
    assert client.get(CLOSING).status_code == 200
    assert "この月を締める" not in client.get(CLOSING).content.decode()
    assert (
        client.post(CLOSING.replace("/?", "/close/?"), {"kind": "final", "comment": "締めます"}).status_code
        == 403
    )
    assert client.post(CHURN.replace("/?", "/target/?"), {"op": "<=", "value": "9"}).status_code == 403
    assert _measure(client) == 403
    assert "目標を設定する" not in client.get(CHURN).content.decode()


def test_reopening_takes_a_reason(target: Target, reader: Reader) -> None:
    from banso_web.revenue.reads.closing import standing

    client = reader("tanaka")
    client.post(CLOSING.replace("/?", "/close/?"), {"kind": "final", "comment": "10月の確報"})
    closed = standing(date(2026, 10, 1))
    assert closed
    url = f"/numbers/closing/{closed.id}/reopen/?month=2026-10"
    assert client.post(url, {"reason": ""}).status_code == 422
    assert reader("sato").post(url, {"reason": "x"}).status_code == 403
    assert client.post(url, {"reason": "解約の登録漏れ"}).status_code == 302
    assert "解約の登録漏れ" in text_of(client, CLOSING)


def test_the_bridge_leads_to_the_accounts(target: Target, reader: Reader) -> None:
    from banso_web.revenue.reads.closing import standing

    client = reader("tanaka")
    client.post(CLOSING.replace("/?", "/close/?"), {"kind": "flash", "comment": "速報"})
    closed = standing(date(2026, 10, 1))
    assert closed
    url = f"/numbers/closing/{closed.id}/bridge/?month=2026-10"
    assert client.post(url, {"amount_tax": "abc"}).status_code == 422
    assert (
        client.post(url, {"amount_proration": "-160,000", "note_proration": "10/5開始分"}).status_code == 302
    )
    page = text_of(client, CLOSING)
    assert "−¥160,000" in page and "¥12,000,000" in page


def test_a_target_holds_from_its_day_on(person: Person) -> None:
    tanaka = person("tanaka")
    set_target(tanaka, "customer_churn_monthly", op="<=", value=Decimal("0.05"))
    newer = set_target(
        tanaka, "customer_churn_monthly", op="<=", value=Decimal("0.04"), effective_on=date(2026, 10, 1)
    )
    found = all_targets(make.asked())
    september, october = (
        in_force(found, "customer_churn_monthly", "", date(2026, month, 1)) for month in (9, 10)
    )
    assert september and october and (september.value, october.value) == (Decimal("0.05"), Decimal("0.04"))
    set_target(
        tanaka, "customer_churn_monthly", op="<=", value=Decimal("0.03"), effective_on=date(2026, 10, 1)
    )
    corrected = in_force(all_targets(make.asked()), "customer_churn_monthly", "", date(2026, 10, 1))
    assert corrected and corrected.value == Decimal("0.03")
    withdraw_target(tanaka, corrected.id)
    left = in_force(all_targets(make.asked()), "customer_churn_monthly", "", date(2026, 10, 1))
    assert left and left.value == Decimal("0.05") and newer.pk


def test_a_target_no_figure_can_have_is_refused(person: Person) -> None:
    tanaka = person("tanaka")
    for metric, op, value in (
        ("nrr_monthly", "<", "1"),
        ("nothing", "<=", "1"),
        ("nrr_monthly", ">=", "101"),
        ("nrr_monthly", ">=", "nan"),
    ):
        with pytest.raises(Refused):
            set_target(tanaka, metric, op=op, value=Decimal(value))
    with pytest.raises(Forbidden):
        set_target(person("sato"), "nrr_monthly", op=">=", value=Decimal(1))
    with pytest.raises(Refused):
        add_countermeasure(
            tanaka,
            "nrr_monthly",
            date(2026, 10, 1),
            kind="other",
            text="x",
            owner_id=tanaka.pk,
            due_on=date(2026, 12, 1),
            expected_effect="x",
            churn_reason="x",
        )


def test_a_missed_figure_without_a_new_action_for_thirty_days_is_pointed_out(
    late: None, reader: Reader
) -> None:
    from datetime import timedelta

    client = reader("tanaka")
    reader("sato")
    assert _measure(client) == 302
    assert "30日以上、新しい改善策がありません" not in text_of(client, BOARD)
    made = Countermeasure.objects.get()
    Countermeasure.objects.update(made_at=made.made_at - timedelta(days=31))
    assert "30日以上、新しい改善策がありません" in text_of(client, BOARD)
