"""Work on the customer's page: who may do it, what is written, both times, the audit row, two people at once, bad input,
and how MRR moves. The company is conftest's; today is 2026-11-24."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404

from banso_web.accounts.actions import adding, contacts, contracts
from banso_web.accounts.actions.stating import Times, latest
from banso_web.accounts.models import Account, Contact, Contract, Department
from banso_web.core.errors import Conflict, Forbidden, Refused
from banso_web.core.facts import Asked, counted, current_watermark, states_at
from banso_web.core.models import AuditRow, StateVersion
from banso_web.desk.actions.undoing import undo
from banso_web.members.models import Member, Role
from banso_web.revenue.actions import ending, movements
from banso_web.revenue.models import Movement
from banso_web.revenue.reads.months import month_waterfall
from banso_web.touch import actions as touches
from banso_web.touch.models import Touch

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]
Company = Mapping[str, Account]
TODAY = date(2026, 11, 24)


def mrr(account: Account) -> Decimal:
    return Decimal(Account.objects.get(pk=account.pk).mrr_units) / 10_000


def asked(**more: Any) -> Asked:
    return Asked(as_of=TODAY, today=TODAY, watermark=current_watermark(), **more)


def refusal(deed: Callable[[], Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        deed()
    return caught.value


def deeds(company: Company) -> dict[str, Callable[[Member], Any]]:
    """Every deed on 佐藤's customer A1, by name."""
    a1, k1 = company["A1"], Contract.objects.get(code="K1")
    c1, t1 = Contact.objects.get(code="C1"), Touch.objects.get(code="T1")
    m4 = Movement.objects.get(code="M4")
    department = Department.objects.get(account=a1, name="営業部")
    price = {"effective_on": "2026-11-10", "delta": "5000"}
    return {
        "contact": lambda who: contacts.add_contact(a1.pk, {"family_name": "新"}, actor=who),
        "contact edit": lambda who: contacts.edit_contact(c1.pk, {"title": "本部長"}, actor=who),
        "leave": lambda who: contacts.leave(c1.pk, actor=who),
        "department": lambda who: contacts.add_department(a1.pk, "経理部", actor=who),
        "department name": lambda who: contacts.rename_department(department.pk, "営業本部", actor=who),
        "contract": lambda who: contracts.add_contract(
            a1.pk, {"product": "分析", "starts_on": "2026-11-01"}, actor=who
        ),
        "contract edit": lambda who: contracts.edit_contract(k1.pk, {"plan": "上位"}, actor=who),
        "missing": lambda who: contracts.mark_missing(k1.pk, actor=who),
        "movement": lambda who: movements.add_movement(k1.pk, price, actor=who),
        "movement correct": lambda who: movements.correct_movement(
            m4.pk, {"effective_on": "2026-11-01", "delta": "21000"}, actor=who
        ),
        "movement void": lambda who: movements.void_movement(m4.pk, actor=who),
        "end": lambda who: ending.end_contract(k1.pk, {"ended_on": "2026-11-30"}, actor=who),
        "touch": lambda who: touches.log_touch(a1.pk, {"kind": "call"}, actor=who),
        "touch correct": lambda who: touches.correct_touch(t1.pk, {"subject": "別件"}, actor=who),
        "touch void": lambda who: touches.void_touch(t1.pk, actor=who),
    }


NAMES = (
    "contact", "contact edit", "leave", "department", "department name", "contract", "contract edit", "missing",
    "movement", "movement correct", "movement void", "end", "touch", "touch correct", "touch void",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_own_and_the_teams_customers_are_edited_others_are_seen_only(
    name: str, company: Company, person: People
) -> None:
    deed = deeds(company)[name]
    before = StateVersion.objects.count(), Touch.objects.count(), Movement.objects.count()
    for key in ("takahashi", "suzuki", "watanabe"):  # colleagues, and sales: they see it, and may not
        with pytest.raises((Forbidden, Http404)):
            deed(person(key))
    for key in ("ito", "kanri"):  # HR and the administrator do not see customers
        with pytest.raises(Http404):
            deed(person(key))
    assert before == (StateVersion.objects.count(), Touch.objects.count(), Movement.objects.count())
    deed(person("sato"))
    assert AuditRow.objects.filter(actor=person("sato")).count() >= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_team_lead_edits_the_teams_customers(name: str, company: Company, person: People) -> None:
    lead = person("tanaka")
    role = Role.objects.create(
        key="lead", name_ja="リーダー", name_en="Lead",
        permissions=["account.view", "contact.view", "revenue.view", "price.view", "account.edit_team"],
    )  # fmt: skip
    lead.roles.set([role])
    done = deeds(company)[name](lead)
    assert done.id
    sales = Account.objects.get(code="A5")  # nobody's customer
    with pytest.raises(Forbidden):
        touches.log_touch(sales.pk, {"kind": "call"}, actor=lead)


def test_without_the_right_to_see_people_nobody_is_found(company: Company, person: People) -> None:
    sato = person("sato")
    role = Role.objects.create(
        key="hands", name_ja="編集", name_en="Hands", permissions=["account.view", "account.edit_own"]
    )
    sato.roles.set([role])
    table = deeds(company)
    for name in ("contact", "contact edit", "leave", "touch correct", "touch void", "movement correct"):
        with pytest.raises(Http404):
            table[name](sato)
    with pytest.raises(Forbidden):
        table["movement"](sato)
    table["touch"](sato)  # a touch may be logged without naming anybody
    assert refusal(
        lambda: touches.log_touch(company["A1"].pk, {"kind": "call", "contacts": "C1"}, actor=sato)
    ).fields


def test_a_contact_comes_changes_leaves_and_is_back(company: Company, person: People) -> None:
    sato, a1 = person("sato"), company["A1"]
    done = contacts.add_contact(
        a1.pk,
        {"family_name": "青木", "given_name": "葵", "department": "経理部", "roles": ["champion", "user"],
         "email": "aoi@assist.example", "consent_basis": "card", "consent_on": "2026-11-20"},
        actor=sato, times=Times(date(2026, 11, 20), date(2026, 11, 21), "名刺をいただいた"),
    )  # fmt: skip
    made = Contact.objects.get(pk=done.id)
    assert (made.live, made.roles, made.department and made.department.name) == (
        True,
        "champion;user",
        "経理部",
    )
    (version,) = StateVersion.objects.filter(subject="contact", subject_id=made.pk)
    assert (version.valid_from, version.recorded_at.isoformat(), version.known_basis) == (
        date(2026, 11, 20), "2026-11-20T15:00:00+00:00", "claimed")  # fmt: skip
    row = AuditRow.objects.get(action="contact.add")
    assert (row.subject_id, row.reason, row.new["family_name"]) == (made.pk, "名刺をいただいた", "青木")
    contacts.edit_contact(made.pk, {"title": "課長"}, actor=sato)
    assert AuditRow.objects.get(action="contact.edit").old == {"title": ""}
    contacts.leave(made.pk, actor=sato, times=Times(date(2026, 11, 22)))
    made.refresh_from_db()
    assert (made.status, made.left_on) == ("left", date(2026, 11, 22))
    assert refusal(lambda: contacts.leave(made.pk, actor=sato)).code == "nothing_to_end"
    then = states_at("contact", as_of=date(2026, 11, 21), watermark=current_watermark(), ids=[made.pk])
    assert then[made.pk]["status"] == "active"
    before = refusal(lambda: contacts.come_back(made.pk, actor=sato, times=Times(date(2026, 11, 1))))
    assert "valid_from" in before.fields
    back = contacts.come_back(made.pk, actor=sato)
    made.refresh_from_db()
    assert (made.status, made.left_on) == ("active", None)
    assert back.entry_id is not None
    undo(back.entry_id, actor=sato)
    made.refresh_from_db()
    assert made.status == "left"
    assert refusal(lambda: undo(done.entry_id or 0, actor=sato)).code == "stands_on_it"


def test_bad_values_of_a_contact_are_named_and_nothing_is_saved(company: Company, person: People) -> None:
    sato, a1 = person("sato"), company["A1"]
    before = Contact.objects.count(), Department.objects.count()
    bad = {
        "family_name": " ",
        "email": "なし",
        "roles": "boss",
        "consent_on": "2026-02-30",
        "department": "新部署",
    }
    problem = refusal(lambda: contacts.add_contact(a1.pk, bad, actor=sato))
    assert set(problem.fields) == {"family_name", "email", "roles", "consent_on"}
    assert "2026-02-30" in problem.fields["consent_on"]
    late = Times(None, date(2026, 11, 25))
    future = refusal(
        lambda: contacts.add_contact(
            a1.pk, {"family_name": "新", "department": "新部署"}, actor=sato, times=late
        )
    )
    assert "recorded_on" in future.fields
    assert before == (Contact.objects.count(), Department.objects.count())
    twice = refusal(lambda: contacts.add_department(a1.pk, "営業部", actor=sato))
    assert "name" in twice.fields


def test_the_second_of_two_is_told_before_anything_is_lost(company: Company, person: People) -> None:
    sato, tanaka = person("sato"), person("tanaka")
    c1, k1 = Contact.objects.get(code="C1"), Contract.objects.get(code="K1")
    seen_contact, seen_contract = latest("contact", c1.pk), latest("contract", k1.pk)
    contacts.edit_contact(c1.pk, {"title": "先"}, actor=sato, seen=seen_contact)
    contracts.edit_contract(k1.pk, {"plan": "先"}, actor=sato, seen=seen_contract)
    with pytest.raises(Conflict):
        contacts.edit_contact(c1.pk, {"title": "後"}, actor=tanaka, seen=seen_contact)
    with pytest.raises(Conflict):
        contracts.edit_contract(k1.pk, {"plan": "後"}, actor=tanaka, seen=seen_contract)
    with pytest.raises(Conflict):
        ending.end_contract(k1.pk, {"ended_on": "2026-12-31"}, actor=tanaka, seen=seen_contract)
    t1, m4 = Touch.objects.get(code="T1"), Movement.objects.get(code="M4")
    touches.correct_touch(t1.pk, {"subject": "先"}, actor=sato, seen=t1.entry.pk)
    with pytest.raises(Conflict):  # the row the form was made from no longer counts
        touches.correct_touch(t1.pk, {"subject": "後"}, actor=tanaka, seen=t1.entry.pk)
    assert Contact.objects.get(pk=c1.pk).title == "先" and Contract.objects.get(pk=k1.pk).plan == "先"
    movements.correct_movement(
        m4.pk, {"effective_on": "2026-11-01", "delta": "21000"}, actor=sato, seen=m4.entry.pk
    )
    with pytest.raises(Conflict):
        movements.void_movement(m4.pk, actor=tanaka, seen=m4.entry.pk)
    assert mrr(company["A1"]) == 121_000


def test_touches_are_logged_corrected_and_taken_out(company: Company, person: People) -> None:
    sato, a1 = person("sato"), company["A1"]
    done = touches.log_touch(
        a1.pk,
        {"kind": "visit", "initiative": "reactive", "at": "2026-11-24T08:30", "contacts": ["C1"], "subject": "訪問",
         "note": "山田様と"},
        actor=sato,
    )  # fmt: skip
    assert Account.objects.get(pk=a1.pk).last_touch_on == TODAY
    row = Touch.objects.get(pk=done.id)
    assert (row.member, row.contacts, row.at.isoformat()) == ("sato", "C1", "2026-11-23T23:30:00+00:00")
    fixed = touches.correct_touch(done.id, {"at": "2026-11-22T08:30"}, actor=sato)
    assert Account.objects.get(pk=a1.pk).last_touch_on == date(2026, 11, 22)
    assert Touch.objects.filter(code=row.code).count() == 2  # appended, not changed
    assert AuditRow.objects.get(action="touch.correct").old == {"at": "2026-11-23T23:30:00+00:00"}
    void = touches.void_touch(fixed.id, actor=sato)
    assert Account.objects.get(pk=a1.pk).last_touch_on == date(2026, 9, 1)  # T1
    assert not counted(Touch, current_watermark()).filter(code=row.code).exists()
    undo(void.entry_id or 0, actor=sato)
    assert Account.objects.get(pk=a1.pk).last_touch_on == date(2026, 11, 22)
    bad = {"kind": "", "at": "2026-02-30T10:00", "initiative": "x", "contacts": "C3"}
    assert set(refusal(lambda: touches.log_touch(a1.pk, bad, actor=sato)).fields) == {"at", "initiative"}
    assert "kind" in refusal(lambda: touches.log_touch(a1.pk, {}, actor=sato)).fields
    ahead = {"kind": "call", "at": "2026-11-25T10:00"}
    assert "at" in refusal(lambda: touches.log_touch(a1.pk, ahead, actor=sato)).fields
    stranger = {"kind": "call", "contacts": "C3"}  # somebody of another customer
    assert "contacts" in refusal(lambda: touches.log_touch(a1.pk, stranger, actor=sato)).fields


def test_a_contract_by_hand_moves_mrr_and_its_undo_moves_it_back(company: Company, person: People) -> None:
    sato, a1 = person("sato"), company["A1"]
    done = contracts.add_contract(
        a1.pk,
        {"product": "分析", "starts_on": "2026-11-01", "ends_on": "2027-10-31", "amount": "1,000,000", "term_months": 12,
         "auto_renew": "1", "renewal_months": 12, "notice_kind": "months_before", "notice_value": 1,
         "dealer_id": company["A3"].pk},
        actor=sato,
    )  # fmt: skip
    made = Contract.objects.get(pk=done.id)
    assert (made.code, made.stated_units, made.dealer and made.dealer.code) == ("A1-2", 833_333_333, "A3")
    assert mrr(a1) == Decimal("203333.3333")  # 120,000 + 1,000,000 / 12
    up = contracts.edit_contract(made.pk, {"mrr": "100000"}, actor=sato, times=Times(date(2026, 11, 15)))
    assert mrr(a1) == 220_000
    assert refusal(lambda: undo(done.entry_id or 0, actor=sato)).code == "stands_on_it"
    undo(up.entry_id or 0, actor=sato)
    undo(done.entry_id or 0, actor=sato)
    assert mrr(a1) == 120_000 and not Contract.objects.get(pk=made.pk).live


def test_a_change_of_mrr_shows_its_cause_and_its_class_is_derived(company: Company, person: People) -> None:
    sato, a1 = person("sato"), company["A1"]
    made = contracts.add_contract(
        a1.pk, {"product": "分析", "starts_on": "2026-10-01", "mrr": "50000"}, actor=sato
    )
    down = movements.add_movement(
        made.id,
        {"effective_on": "2026-11-10", "delta": "-20000", "cause": "upsell", "reason": "値引"},
        actor=sato,
    )  # the cause says upsell; MRR fell
    row = Movement.objects.filter(contract=made.id).order_by("-id").first()
    assert row is not None
    assert (row.cause, row.delta_units, row.derived) == ("upsell", -200_000_000, True)
    assert mrr(a1) == 150_000  # 120,000 + 30,000
    november = month_waterfall(asked(), date(2026, 11, 1))
    assert november.expansion == 0  # A1: 100,000 + 50,000 at its start, 150,000 now; A2 to A4 did not move
    own = movements.add_movement(
        Contract.objects.get(code="K1").pk, {"effective_on": "2026-11-20", "delta": "7000.5"}, actor=sato
    )
    assert mrr(a1) == Decimal("157000.5")
    movements.correct_movement(own.id, {"effective_on": "2026-11-20", "delta": "6000"}, actor=sato)
    assert mrr(a1) == 156_000
    undo(down.entry_id or 0, actor=sato)
    assert mrr(a1) == 176_000
    k1 = Contract.objects.get(code="K1").pk
    for values, field in (
        ({"effective_on": "2026-11-01", "delta": "-126001"}, "delta"),  # an end without that much to end
        ({"effective_on": "2026-11-01", "delta": "1.00001"}, "delta"),
        ({"effective_on": "2026-11-01", "delta": "0"}, "delta"),
        ({"effective_on": "2026-02-30", "delta": "1"}, "effective_on"),
        ({"effective_on": "2024-03-31", "delta": "1"}, "effective_on"),  # before the contract
        ({"effective_on": "2026-11-01", "delta": "1", "cause": "luck"}, "cause"),
    ):
        problem = refusal(lambda values=values: movements.add_movement(k1, values, actor=sato))  # type: ignore[misc]
        assert field in problem.fields, values
    assert mrr(a1) == 176_000


def test_two_who_lower_mrr_at_the_same_moment_do_not_take_more_than_there_is(
    company: Company, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    sato, tanaka, a1 = person("sato"), person("tanaka"), company["A1"]
    k1, before = Contract.objects.get(code="K1").pk, mrr(company["A1"])
    lower = {"effective_on": "2026-11-20", "delta": "-70000"}  # of 120,000
    opened, came = movements.new_entry, []

    def somebody_is_quicker(**asked: Any) -> Any:
        if not came:
            came.append(True)
            movements.add_movement(k1, lower, actor=tanaka)
        return opened(**asked)

    monkeypatch.setattr(movements, "new_entry", somebody_is_quicker)
    assert "delta" in refusal(lambda: movements.add_movement(k1, lower, actor=sato)).fields
    assert mrr(a1) == before - 70_000


def test_of_two_who_end_a_contract_at_the_same_moment_the_second_is_told(
    company: Company, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    sato, tanaka = person("sato"), person("tanaka")
    k1, write = Contract.objects.get(code="K1").pk, ending.write_end

    def after_another(*asked: Any, **more: Any) -> Any:
        monkeypatch.setattr(ending, "write_end", write)
        ending.end_contract(k1, {"ended_on": "2026-11-30"}, actor=tanaka)
        return write(*asked, **more)  # with the contract as it was read before

    monkeypatch.setattr(ending, "write_end", after_another)
    told = refusal(lambda: ending.end_contract(k1, {"ended_on": "2026-12-31"}, actor=sato))
    assert told.code == "nothing_to_end" and "2026/11/30" in told.message
    assert Contract.objects.get(pk=k1).ended_on == date(2026, 11, 30)


def test_an_end_does_not_pass_over_a_movement_entered_at_the_same_moment(
    company: Company, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    sato, tanaka = person("sato"), person("tanaka")
    k1, write = Contract.objects.get(code="K1").pk, ending.write_end

    def after_another(*asked: Any, **more: Any) -> Any:
        movements.add_movement(k1, {"effective_on": "2026-12-10", "delta": "5000"}, actor=tanaka)
        return write(*asked, **more)

    monkeypatch.setattr(ending, "write_end", after_another)
    told = refusal(lambda: ending.end_contract(k1, {"ended_on": "2026-11-30"}, actor=sato))
    assert list(told.fields) == ["ended_on"]
    assert Contract.objects.get(pk=k1).ended_on is None


@pytest.mark.parametrize("code", ["K1", "by hand"])
def test_an_end_takes_mrr_out_and_its_undo_brings_it_back(
    code: str, company: Company, person: People
) -> None:
    """K1 has movements of its own; a contract by hand follows its terms."""
    sato, a1 = person("sato"), company["A1"]
    if code == "by hand":
        code = Contract.objects.get(
            pk=contracts.add_contract(
                a1.pk, {"product": "分析", "starts_on": "2026-10-01", "mrr": "50000"}, actor=sato
            ).id
        ).code
    contract = Contract.objects.get(code=code)
    before = mrr(a1)
    others = before - (Decimal(120_000) if code == "K1" else Decimal(50_000))
    values = {"ended_on": "2026-11-20", "notified_on": "2026-10-15", "end_reason": "予算"}
    end = ending.end_contract(contract.pk, values, actor=sato, times=Times(None, date(2026, 11, 2)))
    contract.refresh_from_db()
    assert (contract.ended_on, contract.notified_on, contract.end_reason) == (
        date(2026, 11, 20), date(2026, 10, 15), "予算")  # fmt: skip
    assert mrr(a1) == others
    assert refusal(lambda: ending.end_contract(contract.pk, values, actor=sato)).code == "nothing_to_end"
    after = {"effective_on": "2026-11-21", "delta": "1"}
    assert "effective_on" in refusal(lambda: movements.add_movement(contract.pk, after, actor=sato)).fields
    back = ending.cancel_end(contract.pk, actor=sato)
    contract.refresh_from_db()
    assert (contract.ended_on, contract.notified_on, contract.end_reason, mrr(a1)) == (None, None, "", before)
    assert refusal(lambda: ending.cancel_end(contract.pk, actor=sato)).code == "nothing_to_undo"
    undo(back.entry_id or 0, actor=sato)  # the end stands again
    assert mrr(a1) == others
    undo(end.entry_id or 0, actor=sato)
    assert mrr(a1) == before
    for bad, field in (
        ({"ended_on": "2024-03-31"}, "ended_on"),
        ({"ended_on": "2026-02-30"}, "ended_on"),
        ({}, "ended_on"),
        ({"ended_on": "2026-11-30", "notified_on": "2026-12-01"}, "notified_on"),
    ):
        assert field in refusal(lambda bad=bad: ending.end_contract(contract.pk, bad, actor=sato)).fields  # type: ignore[misc]
    assert mrr(a1) == before


def test_an_end_before_later_movements_is_refused(company: Company, person: People) -> None:
    k1 = Contract.objects.get(code="K1")  # M4 raises MRR on 2026-11-01
    problem = refusal(lambda: ending.end_contract(k1.pk, {"ended_on": "2026-10-31"}, actor=person("sato")))
    assert "2026/11/01" in problem.fields["ended_on"]


def test_bad_terms_are_named_and_nothing_is_saved(company: Company, person: People) -> None:
    sato, a1 = person("sato"), company["A1"]
    before = Contract.objects.count(), StateVersion.objects.count(), Movement.objects.count()
    for bad, field in (
        ({"product": "", "starts_on": "2026-11-01"}, "product"),
        ({"product": "x"}, "starts_on"),
        ({"product": "x", "starts_on": "2026-02-30"}, "starts_on"),
        ({"product": "x", "starts_on": "2026-11-01", "ends_on": "2026-10-31"}, "ends_on"),
        ({"product": "x", "starts_on": "2026-11-01", "mrr": "1.00001"}, "mrr"),
        ({"product": "x", "starts_on": "2026-11-01", "mrr": "百万"}, "mrr"),
        ({"product": "x", "starts_on": "2026-11-01", "mrr": "-1"}, "mrr"),
        ({"product": "x", "starts_on": "2026-11-01", "amount": "120000"}, "term_months"),
        ({"product": "x", "starts_on": "2026-11-01", "mrr": "1", "amount": "12", "term_months": "12"}, "amount"),
        ({"product": "x", "starts_on": "2026-11-01", "currency": "YEN"}, "currency"),
        ({"product": "x", "starts_on": "2026-11-01", "seats": "1.5"}, "seats"),
        ({"product": "x", "starts_on": "2026-11-01", "notice_kind": "months_before"}, "notice_value"),
        ({"product": "x", "starts_on": "2026-11-01", "notice_kind": "date"}, "notice_deadline"),
        ({"product": "x", "starts_on": "2026-11-01", "ends_on": "2026-12-31", "notice_deadline": "2027-01-01"}, "notice_deadline"),
        ({"product": "x", "starts_on": "2026-11-01", "dealer_id": 999_999}, "dealer_id"),
        ({"product": "x", "starts_on": "2026-11-01", "colour": "red"}, "colour"),
    ):  # fmt: skip
        problem = refusal(lambda bad=bad: contracts.add_contract(a1.pk, bad, actor=sato))  # type: ignore[misc]
        assert field in problem.fields, bad
    assert "code" in refusal(
        lambda: contracts.add_contract(a1.pk, {"product": "x", "starts_on": "2026-11-01"}, actor=sato, code="K2")
    ).fields  # fmt: skip
    assert before == (Contract.objects.count(), StateVersion.objects.count(), Movement.objects.count())


def test_a_contract_missing_from_the_ledger_is_marked_and_nothing_else(
    company: Company, person: People
) -> None:
    sato, k1 = person("sato"), Contract.objects.get(code="K1")
    contracts.mark_missing(k1.pk, actor=sato, times=Times(date(2026, 11, 20)))
    k1.refresh_from_db()
    assert (k1.missing_since, k1.ended_on, mrr(company["A1"])) == (date(2026, 11, 20), None, 120_000)
    assert contracts.mark_missing(k1.pk, actor=sato).entry_id is None
    contracts.mark_missing(k1.pk, actor=sato, missing=False)
    k1.refresh_from_db()
    assert k1.missing_since is None


def test_a_customer_by_hand_after_a_look_at_those_it_may_be(company: Company, person: People) -> None:
    sato = person("sato")
    similar = adding.alike(sato, "アシスト㈱")
    assert [one.code for one in similar][:2] == ["A1", "A2"] and similar[0].reasons
    problem = refusal(lambda: adding.add_account({"name": "アシスト㈱"}, actor=sato))
    assert problem.code == "alike" and Account.objects.count() == 5
    done = adding.add_account({"name": "アシスト㈱", "started_on": "2026-11-01"}, actor=sato, alike_seen=True)
    made = Account.objects.get(pk=done.id)
    assert (made.live, made.incomplete, made.owner_id, made.core_key != "") == (True, False, sato.pk, True)
    assert AuditRow.objects.get(action="account.add").new["name"] == "アシスト㈱"
    undo(done.entry_id or 0, actor=sato)
    assert not Account.objects.get(pk=done.id).live
    for bad, field in (
        ({"name": ""}, "name"),
        ({"name": "新社", "corporate_number": "1234567890123"}, "corporate_number"),
        ({"name": "新社", "started_on": "2026-02-30"}, "started_on"),
        ({"name": "新社", "parent_id": "999999"}, "parent_id"),
        ({"name": "新社", "owner_id": person("suzuki").pk}, "owner_id"),  # CS担当 add customers of their own
    ):
        assert field in refusal(lambda bad=bad: adding.add_account(bad, actor=sato)).fields, bad  # type: ignore[misc]
    assert "code" in refusal(lambda: adding.add_account({"name": "新社"}, actor=sato, code="A1")).fields
    with pytest.raises(Forbidden):
        adding.add_account({"name": "新社"}, actor=person("watanabe"))
    given = adding.add_account({"name": "新社", "owner_id": person("suzuki").pk}, actor=person("tanaka"))
    assert Account.objects.get(pk=given.id).owner_id == person("suzuki").pk


def test_nothing_is_undone_while_something_stands_on_it(company: Company, person: People) -> None:
    """A customer with a contact, a contract with a later change of MRR, and a deed of somebody else."""
    sato = person("sato")
    customer = adding.add_account({"name": "北海製粉"}, actor=sato)
    free = contracts.add_contract(
        customer.id, {"product": "分析", "starts_on": "2026-11-01"}, actor=sato
    )  # no price yet
    change = movements.add_movement(free.id, {"effective_on": "2026-11-10", "delta": "500"}, actor=sato)
    for done in (customer, free):
        assert refusal(lambda done=done: undo(done.entry_id or 0, actor=sato)).code == "stands_on_it"  # type: ignore[misc]
    with pytest.raises(Forbidden):
        undo(change.entry_id or 0, actor=person("suzuki"))
    for done in (change, free, customer):
        assert undo(done.entry_id or 0, actor=sato) == 1
    assert refusal(lambda: undo(customer.entry_id or 0, actor=sato)).code == "nothing_to_undo"
    assert not Account.objects.get(pk=customer.id).live


def test_what_was_known_before_stays_known_before(company: Company, person: People) -> None:
    """A change known on 11/20 is not in what was known on 11/10, whichever day it holds from."""
    from datetime import UTC, datetime

    sato, k1 = person("sato"), Contract.objects.get(code="K1")
    movements.add_movement(
        k1.pk,
        {"effective_on": "2026-11-02", "delta": "9000"},
        actor=sato,
        times=Times(None, date(2026, 11, 20)),
    )
    rows = counted(Movement, current_watermark(), datetime(2026, 11, 10, tzinfo=UTC)).filter(contract=k1.pk)
    assert sum(row.delta_units for row in rows) == 1_200_000_000  # M1 and M4: 120,000
