"""設定, 休業日, 監査ログ and saved views: permission, change, audit row, and what each reader may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django import forms
from django.db.models import Q
from django.test import Client

from banso_web.core import audit, settings_store
from banso_web.core.actions import views
from banso_web.core.actions.closures import add_closures, add_year_end, remove_closure
from banso_web.core.actions.organisation import change_settings
from banso_web.core.actions.views import delete_view, rename_view, save_view, share_view
from banso_web.core.errors import Conflict, Forbidden, NotVisible, Refused
from banso_web.core.facts import current_watermark
from banso_web.core.forms import TargetsForm
from banso_web.core.models import AuditRow, Closure, SavedView
from banso_web.core.reads.audit import Wanted, audit_rows, visible_rows
from banso_web.core.reads.calendar import calendar
from banso_web.core.reads.views import views_for
from banso_web.core.registry import SetupStep, registry
from banso_web.members.models import Member

Person = Callable[[str], Member]


@pytest.fixture
def kanri(client: Client, person: Person) -> Client:
    client.force_login(person("kanri"))
    return client


def test_a_setting_is_changed_by_page_with_history_and_audit(kanri: Client) -> None:
    data = {
        "group": "general",
        "general-organisation.name": "伴走商事株式会社",
        "general-organisation.fiscal_month": "1",
        "general-reason": "決算期の変更",
    }
    assert kanri.post("/settings/organisation/", data).status_code == 302
    assert settings_store.get("organisation.name") == "伴走商事株式会社"
    assert settings_store.get("organisation.fiscal_month") == 1
    rows = AuditRow.objects.filter(action="setting.change").order_by("pk")
    assert [(row.old, row.new, row.reason) for row in rows] == [
        ({"organisation.name": ""}, {"organisation.name": "伴走商事株式会社"}, "決算期の変更"),
        ({"organisation.fiscal_month": 4}, {"organisation.fiscal_month": 1}, "決算期の変更"),
    ]
    page = kanri.get("/settings/history/organisation.name/").content.decode()
    assert "伴走商事株式会社" in page
    assert "管理者" in page
    assert "伴走商事株式会社" in kanri.get("/settings/").content.decode()  # the rail carries the name
    kanri.post("/settings/organisation/", data)
    assert rows.count() == 2  # the same again changes nothing


def test_a_setting_its_version_and_its_audit_row_are_written_together(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*asked: Any, **more: Any) -> None:
        raise OSError("disk full")

    before = current_watermark()
    monkeypatch.setattr(settings_store.audit, "record", full)
    with pytest.raises(OSError):
        settings_store.put("revenue.reporting_currency", "USD", actor=person("tanaka"))
    assert settings_store.get("revenue.reporting_currency") == "JPY"
    assert current_watermark() == before


def test_a_bad_value_is_refused_beside_its_field_and_nothing_is_kept(kanri: Client) -> None:
    data = {"group": "revenue", "revenue-revenue.currency": "円", "revenue-reason": ""}
    names = {spec.key for spec in registry.settings.values() if spec.group == "revenue"}
    data |= {f"revenue-{key}": str(settings_store.get(key)) for key in names if "currency" not in key}
    key = next(key for key in names if "currency" in key)
    data[f"revenue-{key}"] = "円"
    answer = kanri.post("/settings/organisation/", data)
    assert answer.status_code == 422
    assert "保存していません" in answer.content.decode()
    assert settings_store.get(key) == "JPY"
    assert not AuditRow.objects.filter(action="setting.change").exists()


def test_only_editors_change_settings(person: Person) -> None:
    with pytest.raises(Forbidden):
        change_settings(person("sato"), {"organisation.name": "x"})
    with pytest.raises(NotVisible):
        change_settings(person("kanri"), {"no.such.setting": "x"})
    assert settings_store.get("organisation.name") == ""


@pytest.mark.parametrize(
    ("rate", "yearly", "times"),
    [("5", "45.96 %", "60.00 %"), ("2.38", "25.10 %", "28.56 %"), ("0", "0.00 %", "0.00 %")],
)
def test_the_yearly_meaning_of_a_monthly_churn(kanri: Client, rate: str, yearly: str, times: str) -> None:
    page = kanri.get(f"/settings/yearly?targets-customer_churn_monthly={rate}").content.decode()
    assert f"年に換算すると {yearly} です(12倍の {times} ではありません)" in page


@pytest.mark.parametrize("rate", ["", "abc", "-1", "101", "nan", "1e999999"])
def test_no_yearly_meaning_without_a_rate(kanri: Client, rate: str) -> None:
    answer = kanri.get("/settings/yearly", {"rate": rate})
    assert answer.status_code == 200
    assert "年に換算すると" not in answer.content.decode()


def test_set_up_asks_for_targets_and_saves_all_or_nothing(
    kanri: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[dict[str, Any]] = []

    def save(actor: Member, answers: dict[str, Any]) -> None:
        if answers["nrr_monthly"] is not None and answers["nrr_monthly"] > 2:
            raise Refused("目標が大きすぎます。")
        saved.append(answers)

    step = SetupStep("targets", 10, "目標", "", TargetsForm, dict, save)
    monkeypatch.setattr(registry, "setup_steps", [step])
    page = kanri.get("/settings/setup/").content.decode()
    assert 'hx-get="/settings/yearly"' in page
    data = {
        f"{spec.group}-{spec.key}": str(settings_store.get(spec.key)) for spec in registry.settings.values()
    }
    data |= {
        "general-organisation.name": "伴走",
        "targets-customer_churn_monthly": "5",
        "targets-nrr_monthly": "300",
    }
    assert kanri.post("/settings/setup/", data).status_code == 422
    assert settings_store.get("organisation.name") == ""  # the step refused: nothing is kept
    data["targets-nrr_monthly"] = ""
    assert kanri.post("/settings/setup/", data).status_code == 302
    assert [str(saved[0][key]) for key in ("customer_churn_monthly", "nrr_monthly", "grr_monthly")] == [
        "0.05",
        "None",
        "None",
    ]
    assert settings_store.get("organisation.name") == "伴走"
    assert isinstance(TargetsForm(), forms.Form)


def test_closures_change_business_days_and_are_audited(kanri: Client, person: Person) -> None:
    actor = person("kanri")
    assert add_year_end(actor, 2026) == 6
    assert add_closures(actor, {date(2026, 12, 30): "大掃除", date(2026, 12, 28): "臨時休業"}) == 1
    assert not calendar().is_business_day(date(2026, 12, 28))
    closure = Closure.objects.get(on=date(2026, 12, 28))
    remove_closure(actor, closure.pk)
    assert calendar().is_business_day(date(2026, 12, 28))
    assert AuditRow.objects.get(action="closure.remove").old == {"2026-12-28": "臨時休業"}
    with pytest.raises(Forbidden):
        add_closures(person("sato"), {date(2026, 12, 25): "x"})
    page = kanri.get("/settings/closures/?year=2026").content.decode()
    assert "勤労感謝の日" in page
    assert "年末年始" in page
    answer = kanri.post("/settings/closures/?year=2026", {"on": "2026-02-30", "name": "x"})
    assert answer.status_code == 422


def test_the_audit_log_shows_what_the_reader_may_see(person: Person, client: Client) -> None:
    boss, system = person("tanaka"), person("kanri")
    audit.record(
        "account.edit",
        actor=boss,
        subject="account",
        subject_id=7,
        label="アオイ商事",
        old={"name": "a"},
        new={"name": "=cmd"},
    )
    audit.record("setting.change", actor=system, subject="setting", label="x", new={"x": 1})
    audit.record("secret.edit", actor=boss, subject="evaluation", subject_id=1, label="評価")
    assert set(visible_rows(boss).values_list("subject", flat=True)) == {"account", "setting"}
    assert set(visible_rows(system).values_list("subject", flat=True)) == {"setting"}  # 設定のみ
    assert not visible_rows(person("sato")).exists()
    client.force_login(boss)
    page = client.get("/audit/?subject=account&id=7").content.decode()
    assert "アオイ商事" in page
    assert "評価" not in page
    text = client.get("/audit/export.csv?subject=account").content.decode()
    assert "'=cmd" in text  # no formula reaches a spreadsheet
    assert AuditRow.objects.filter(action="audit.export").exists()


def test_an_app_narrows_the_rows_of_its_subject(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = person("tanaka")
    for number in (1, 2):
        audit.record("account.edit", actor=boss, subject="account", subject_id=number)
    monkeypatch.setitem(registry.audit_filters, "account", lambda member: Q(subject_id=2))
    assert [row.subject_id for row in visible_rows(boss).filter(subject="account")] == [2]
    monkeypatch.setitem(registry.audit_filters, "account", lambda member: False)
    assert not visible_rows(boss).filter(subject="account").exists()


def test_audit_days_are_japans(person: Person) -> None:
    boss = person("tanaka")
    row = audit.record("setting.change", actor=boss, subject="setting", label="x")
    on = date(2026, 11, 24)  # the fixed clock: 09:00 in Tokyo is midnight UTC
    assert list(audit_rows(boss, Wanted(since=on, until=on))) == [row]
    assert not audit_rows(boss, Wanted(until=date(2026, 11, 23))).exists()


def test_views_are_published_by_those_who_see_customers_and_are_bounded(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    kanri, sato = person("kanri"), person("sato")  # the administrator sees no customers
    with pytest.raises(Forbidden):
        save_view(kanri, "members", "みんなへ", {}, shared=True)
    assert not SavedView.objects.exists()
    own = save_view(kanri, "members", "自分だけ", {})
    with pytest.raises(Forbidden):
        share_view(kanri, own.pk, True)
    share_view(kanri, own.pk, False)
    monkeypatch.setattr(views, "MOST", 2)
    for name in ("一", "二"):
        save_view(sato, "customers", name, {}, shared=True)
    with pytest.raises(Refused, match="2 件まで"):
        save_view(sato, "customers", "三", {})
    save_view(sato, "customers", "二", {"segment": ["a"]})  # in the place of its own
    assert SavedView.objects.filter(owner=sato).count() == 2


def test_views_are_saved_shared_renamed_and_deleted_by_their_owner(person: Person) -> None:
    sato, suzuki = person("sato"), person("suzuki")
    query = {"segment": ["a", "b"], "after": ["xyz"], "as_of": ["2026-10-31"], "sort": ["-mrr"]}
    view = save_view(sato, "customers", " 更新90日 ", query)
    assert view.query == {"segment": ["a", "b"], "sort": ["-mrr"]}  # no place, no day
    (line,) = views_for(sato, "customers")
    assert sorted(line.query.split("&")) == [
        "segment=a",
        "segment=b",
        "sort=-mrr",
    ]  # PostgreSQL orders keys anew
    assert views_for(suzuki, "customers") == []
    share_view(sato, view.pk, True)
    assert [(line.name, line.own) for line in views_for(suzuki, "customers")] == [("更新90日", False)]
    with pytest.raises(NotVisible):
        rename_view(suzuki, view.pk, "mine")
    other = save_view(sato, "customers", "すべて", {})
    with pytest.raises(Conflict):
        rename_view(sato, other.pk, "更新90日")
    with pytest.raises(Refused):
        save_view(sato, "customers", "  ", {})
    save_view(sato, "customers", "更新90日", {"segment": ["c"]})
    assert SavedView.objects.filter(owner=sato).count() == 2  # replaced, not doubled
    delete_view(sato, other.pk)
    assert [row.action for row in AuditRow.objects.filter(subject="view").order_by("pk")] == [
        "view.save", "view.share", "view.save", "view.save", "view.delete",
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["kanri", "tanaka", "sato"])
def test_every_card_of_the_settings_says_what_it_is_for(client: Client, person: Person, who: str) -> None:
    client.force_login(person(who))
    page = client.get("/settings/").content.decode()
    cards = page.count('class="card settings-link"')
    assert cards >= 2 and page.count('<span class="cell-sub">', page.index("settings-link")) == cards


def test_a_counting_rule_explains_itself_beside_its_field(kanri: Client) -> None:
    page = kanri.get("/settings/organisation/").content.decode()
    guide = page[page.index('id="guide-revenue.churn_month"') :][:3000]
    assert "意味と変え方" in guide and "10月31日まで使える契約の解約は10月に数え" in guide
    english = kanri.get("/settings/organisation/", {"lang": "en"}).content.decode()
    assert "What it means and how to change it" in english
