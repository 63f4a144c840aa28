"""ホーム: each role sees its own side, and nothing that is not its to see or do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from banso_web.accounts.models import Account
from banso_web.core import clock, settings_store
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.desk.reads.customers import ListQuery
from banso_web.desk.reads.portfolio import grid
from banso_web.members.actions.sample import enable_sample_member, give_sample_roles
from banso_web.members.models import Member, Role
from banso_web.reports.actions.targets import set_target

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]


def home(member: Member, **query: str) -> str:
    client = Client()
    client.force_login(member)
    return client.get("/", query).content.decode()


def with_role(code: str, key: str) -> Member:
    member = Member.objects.create(code=code, name=code)
    member.roles.add(Role.objects.get(key=key))
    return member


def test_a_manager_sees_the_team_with_what_has_no_countermeasure(
    person: People, company: Mapping[str, Account]
) -> None:
    tanaka = person("tanaka")
    assert "未対策KPI" not in home(tanaka)
    set_target(tanaka, "grr_monthly", op=">=", value=Decimal("1.01"))
    page = home(tanaka)
    assert "未対策KPI" in page
    assert "≧ 101.00" in page
    assert "満了する月と MRR" in page
    assert "2026年12月" in page  # 契約 K1 of ㈱アシスト ends on 2026-12-31
    assert "未対策KPI" not in home(tanaka, side="mine")


def test_a_member_without_customers_is_not_told_to_set_the_product_up(
    person: People, company: Mapping[str, Account]
) -> None:
    newcomer = with_role("shinjin", "member")
    page = home(newcomer)
    assert "担当している顧客はまだいません" in page
    assert "はじめに" not in page


def test_an_empty_instance_offers_only_what_the_reader_may_do(person: People) -> None:
    admin = home(person("kanri"))
    assert "目標と数え方を決める" in admin and "メンバーを招く" in admin
    assert "顧客一覧と契約台帳を取り込む" not in admin
    assert "顧客一覧と契約台帳を取り込む" in home(person("tanaka"))
    assert "はじめに" not in home(person("sato"))


def test_an_executive_sees_figures_and_large_expiries_and_no_contact(
    person: People, company: Mapping[str, Account]
) -> None:
    page = home(with_role("shacho", "executive"))
    assert "満了が近く、MRR の大きい顧客" in page
    assert "㈱アシスト" in page
    assert "解約予定MRR" in page
    assert "山田" not in page


def test_the_product_side_sees_voices_and_no_money(
    person: People, company: Mapping[str, Account], bring: Any
) -> None:
    bring(
        voices="""voice_id,account_id,on,channel,verbatim
V1,A1,2026-11-20,meeting,一括取込が遅い
V2,A3,2026-11-30,meeting,まだ先の声
"""
    )
    page = home(person("yamamoto"))
    assert "一括取込が遅い" in page
    assert "まだ先の声" not in page
    assert "¥" not in page


def test_an_administrator_sees_who_waits(person: People) -> None:
    Member.objects.create(code="yakuwarinashi", name="役割なし")
    page = home(person("kanri"))
    assert "役割のないメンバー" in page


def test_the_days_of_both_lists_are_settings(person: People, company: Mapping[str, Account]) -> None:
    tanaka = person("tanaka")
    assert "45日以上" in home(tanaka)
    settings_store.put("home.quiet_days", "3", actor=person("kanri"))
    page = home(tanaka)
    assert "3日以上" in page
    assert "株式会社アシスト" in page  # the last touchpoint was four days ago
    with pytest.raises(Refused):
        settings_store.put("home.quiet_days", "0", actor=person("kanri"))


def test_everybody_of_the_sample_has_the_role_of_their_job(person: People) -> None:
    person("tanaka")
    Member.objects.create(code="M01", name="佐藤", job="member")
    assert enable_sample_member("M01", "tanto@sample.example", "correct horse battery")
    give_sample_roles()
    assert [role.key for role in Member.objects.get(code="M01").roles.all()] == ["member"]
    assert not enable_sample_member("M99", "x@sample.example", "correct horse battery")


def test_undoing_the_import_that_brought_a_member_shuts_nobody_out(person: People, bring: Any) -> None:
    from banso_web.ingest.undoing import undo_run

    run = bring(members="member_id,name,role\nM1,入った人,manager\nM2,入っていない人,member\n")
    entered = Member.objects.get(code="M1")
    Client().force_login(entered)  # logging in writes last_login
    undo_run(run, actor=person("tanaka"), reason="試しの取込", accept=True)
    assert Member.objects.get(code="M1").is_active
    assert not Member.objects.get(code="M2").is_active


def test_who_is_past_an_end_comes_first_and_has_a_line_of_its_own(
    person: People, company: Mapping[str, Account], bring: Any
) -> None:
    bring(
        contracts="contract_id,account_id,product,starts_on,ends_on\nK8,A4,分析,2025-11-01,2026-10-31\n",
        movements="movement_id,account_id,contract_id,effective_on,mrr_delta\nM8,A4,K8,2025-11-01,7000\n",
    )
    tanaka = person("tanaka")
    page = home(tanaka)
    listed = page[page.index("まもなく満了する契約") :]
    # Today is 2026-11-24: 24 days past 10/31.
    assert listed.index("期限超過") < listed.index("アシスト")
    assert "2026/10/31" in listed and '24<spanclass="unit">日</span>超過' in listed.replace(" ", "")
    assert "満了日を過ぎた(更新手続中)" in page
    for day in (clock.today(), date(2026, 11, 20)):
        asked = Asked(day, clock.today(), current_watermark())
        found = grid(tanaka, ListQuery(), asked)
        # A4 stands there with all its MRR (10,000 + 7,000), and nowhere else.
        assert (found.overdue.customers, found.overdue.mrr_units) == (1, 170_000_000)
        lines = [found.overdue, *found.cells, found.later, found.none]
        assert sum(line.customers for line in lines) == found.total.customers == 4
        assert sum(line.mrr_units for line in lines) == found.total.mrr_units == 2_170_000_000
    # On its last day the term was not over.
    before = Asked(date(2026, 10, 31), clock.today(), current_watermark())
    assert grid(tanaka, ListQuery(), before).overdue.customers == 0
