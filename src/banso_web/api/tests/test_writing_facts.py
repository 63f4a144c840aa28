"""Entering, correcting and taking back facts: one by one, and rows of a kind at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from banso_web.accounts.models import Account, Contact
from banso_web.core.models import AuditRow, Entry
from banso_web.ingest.models import ImportRun
from banso_web.members.models import Member
from banso_web.revenue.tests import factories as make

from .conftest import Api

pytestmark = pytest.mark.django_db
Caller = Callable[..., Api]
TOUCH = {
    "touch_id": "T1",
    "account_id": "A1",
    "at": "2026-11-20T10:00:00+09:00",
    "kind": "meeting",
    "contacts": ["田村"],
}


@pytest.fixture
def manager(as_key: Caller, person: Callable[[str], Member]) -> Api:
    make.account("A1", "丸一運輸", owner_id=person("sato").pk)
    make.account("A2", "西川印刷", owner_id=person("suzuki").pk)
    return as_key("tanaka")


def test_one_is_entered_corrected_and_taken_back(manager: Api) -> None:
    made = manager.post("/touches", {"values": TOUCH, "reason": "移行"})
    assert (made.status_code, made.json()["changed"]) == (201, True), made.content.decode()
    assert str(Account.objects.get(code="A1").last_touch_on) == "2026-11-20"
    at_first = made.json()["watermark"]
    assert manager.post("/touches", {"values": TOUCH}).status_code == 200
    other = manager.post("/touches", {"values": {**TOUCH, "kind": "call"}})
    assert (other.status_code, other.json()["code"], other.json()["data"]) == (409, "exists", "unchanged")
    fixed = manager.patch(
        "/touches/T1", {"values": {"kind": "call", "note": "短い電話"}}, If_Match=made["ETag"]
    )
    assert fixed.status_code == 200 and fixed["ETag"] != made["ETag"], fixed.content.decode()
    shown = manager.get("/touches/T1").json()["fact"]
    assert (shown["kind"], shown["note"], shown["contacts"]) == ("call", "短い電話", ["田村"])
    then = manager.get("/touches/T1", {"watermark": at_first}).json()["fact"]
    assert (then["kind"], then["note"]) == ("meeting", None)
    assert manager.patch("/touches/T1", {"values": {"kind": "call"}}).json()["changed"] is False
    late = manager.patch("/touches/T1", {"values": {"kind": "mail"}}, If_Match=made["ETag"])
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    back = manager.patch("/touches/T1", {"values": {"kind": "meeting", "note": None}})
    assert back.json()["changed"] is True
    assert manager.delete("/touches/T1").status_code == 422  # a reason is needed
    gone = manager.delete("/touches/T1?reason=重複")
    assert gone.status_code == 200 and "ETag" not in gone, gone.content.decode()
    assert manager.get("/touches/T1").status_code == 404
    assert Account.objects.get(code="A1").last_touch_on is None
    assert manager.get("/touches/T1", {"watermark": at_first}).status_code == 200
    again = manager.post("/touches", {"values": TOUCH})
    assert again.status_code == 201
    lines = manager.get("/touches/T1/history").json()["items"]
    assert [(one["kind"], one["void"], one["reason"]) for one in lines] == [
        ("meeting", False, "移行"), ("call", False, ""), ("meeting", False, ""), ("meeting", True, "重複"), ("meeting", False, ""),
    ]  # fmt: skip
    rows = AuditRow.objects.filter(subject="touch").order_by("pk")
    assert [row.action for row in rows] == [
        "touch.add",
        "touch.correct",
        "touch.correct",
        "touch.void",
        "touch.add",
    ]
    assert (rows[1].old, rows[1].new, rows[1].via) == ({"kind": "meeting"}, {"kind": "call"}, "api")
    assert "田村" not in str(
        [(row.old, row.new) for row in rows]
    )  # what needs a right of its own stays out of the log


def test_a_movement_moves_the_figures_and_a_void_takes_them_back(manager: Api) -> None:
    values = {
        "movement_id": "M1",
        "account_id": "A1",
        "effective_on": "2026-10-01",
        "mrr_delta": "83333.3333",
    }
    assert manager.post("/movements", {"values": values}).status_code == 201
    assert manager.get("/accounts/A1").json()["account"]["mrr"] == "83333.3333"
    assert manager.get("/metrics/mrr").json()["value"] == "83333.3333"
    manager.patch("/movements/M1", {"values": {"mrr_delta": 90_000}, "reason": "単価の誤り"})
    assert manager.get("/metrics/mrr").json()["value"] == "90000"
    end = {**values, "movement_id": "M2", "effective_on": "2026-10-31", "mrr_delta": -90_001}
    refused = manager.post("/movements", {"values": end})
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing_to_end")
    assert list(refused.json()["errors"]) == ["mrr_delta"]
    assert manager.post("/movements", {"values": {**end, "mrr_delta": -80_000}}).status_code == 201
    stands = manager.delete("/movements/M1?reason=二重登録")  # an end would stand on nothing
    assert (stands.status_code, stands.json()["code"], stands.json()["data"]) == (
        422,
        "nothing_to_end",
        "unchanged",
    )
    less = manager.patch("/movements/M1", {"values": {"mrr_delta": 70_000}})
    assert (less.status_code, less.json()["code"]) == (422, "nothing_to_end")
    assert manager.delete("/movements/M2?reason=二重登録").status_code == 200
    assert manager.delete("/movements/M1?reason=二重登録").status_code == 200
    assert manager.get("/accounts/A1").json()["account"]["mrr"] == "0"


def test_a_movement_that_follows_its_contract_is_changed_there(manager: Api) -> None:
    row = {"contract_id": "C1", "account_id": "A1", "product": "P", "starts_on": "2026-04-01", "mrr": 100_000}
    assert manager.post("/facts/contracts", {"rows": [row]}).status_code == 201
    (made,) = manager.get("/movements").json()["items"]
    assert made["derived"] is True
    body = {"values": {"mrr_delta": 1}}
    assert manager.patch(f"/movements/~{made['id']}", body).json()["code"] == "derived"
    assert manager.delete(f"/movements/~{made['id']}?reason=x").json()["code"] == "derived"
    values = {
        "movement_id": "M1",
        "account_id": "A1",
        "contract_id": "C1",
        "effective_on": "2026-10-01",
        "mrr_delta": 1,
    }
    assert manager.post("/movements", {"values": values}).json()["code"] == "derived"
    assert manager.get("/metrics/mrr").json()["value"] == "100000"


def test_who_may_write_what(manager: Api, as_key: Caller) -> None:
    """佐藤 writes records of her own customers; money and other people's customers she does not."""
    sato = as_key("sato")
    assert sato.post("/touches", {"values": TOUCH}).status_code == 201
    assert sato.patch("/touches/T1", {"values": {"kind": "call"}}).status_code == 200
    theirs = sato.post("/touches", {"values": {**TOUCH, "touch_id": "T2", "account_id": "A2"}})
    assert (theirs.status_code, theirs.json()["data"]) == (403, "unchanged")
    manager.post("/touches", {"values": {**TOUCH, "touch_id": "T2", "account_id": "A2"}})
    assert sato.patch("/touches/T2", {"values": {"kind": "call"}}).status_code == 403
    assert sato.delete("/touches/T2?reason=x").status_code == 403
    charge = {"charge_id": "S1", "account_id": "A1", "on": "2026-10-01", "amount": 1}
    assert sato.post("/charges", {"values": charge}).status_code == 403
    ito = as_key("ito")
    assert ito.post("/touches", {"values": TOUCH}).status_code == 403
    assert ito.patch("/touches/T1", {"values": {"kind": "call"}}).status_code == 404
    assert ito.delete("/touches/T1?reason=x").status_code == 404
    reading = as_key("tanaka", "read")
    assert reading.patch("/touches/T1", {"values": {"kind": "mail"}}).status_code == 403
    assert manager.get("/touches/T1").json()["fact"]["kind"] == "call"


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("touches", {**TOUCH, "account_id": "A9"}, "account_id"),
        ("touches", {**TOUCH, "kind": "lunch"}, "values.kind"),
        ("touches", {**TOUCH, "at": "2026-02-30"}, "values.at"),
        ("touches", {**TOUCH, "touch_id": "x" * 201}, "values.touch_id"),
        ("touches", {**TOUCH, "subject": "x" * 301}, "subject"),
        ("touches", {**TOUCH, "colour": "red"}, "values.colour"),
        ("touches", {key: value for key, value in TOUCH.items() if key != "kind"}, "values.kind"),
        ("responses", {"response_id": "R1", "account_id": "A1", "instrument": "csat", "score": 9, "answered_on": "2026-11-01"}, "score"),
        ("responses", {"response_id": "R1", "account_id": "A1", "instrument": "csat", "contact_id": "K9"}, "contact_id"),
        ("tickets", {"ticket_id": "Q1", "account_id": "A1", "opened_at": "2026-11-02T10:00", "closed_at": "2026-11-01T10:00"}, "closed_at"),
        ("renewals", {"contract_id": "C9"}, "contract_id"),
        ("charges", {"charge_id": "S1", "account_id": "A1", "on": "2026-11-01", "amount": "1e30"}, "values.amount"),
        ("charges", {"charge_id": "S1", "account_id": "A1", "on": "2026-11-01", "amount": 1, "currency": "XXQ"}, "currency"),
        ("usage_daily", {"account_id": "A1", "day": "2026-11-01", "feature": "申請", "users": -1}, "users"),
        ("rates", {"currency": "USD", "on": "2026-11-01", "rate_to_reporting": 0}, "rate_to_reporting"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_told_by_field(
    manager: Api, kind: str, values: dict[str, Any], field: str
) -> None:
    before = Entry.objects.count()
    answer = manager.post(f"/{kind}", {"values": values})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field]), answer.content.decode()
    assert answer.json()["data"] == "unchanged"
    assert Entry.objects.count() == before


def test_a_correction_by_hand_stands_against_the_source(manager: Api) -> None:
    """The source sends the old row again: the correction stays; it sends a new one: that counts."""
    manager.post("/facts/touches", {"rows": [TOUCH]})
    manager.patch("/touches/T1", {"values": {"kind": "call"}})
    same = manager.post("/facts/touches", {"rows": [TOUCH]})
    assert same.json()["counts"]["same"] == 1
    assert manager.get("/touches/T1").json()["fact"]["kind"] == "call"
    manager.post("/facts/touches", {"rows": [{**TOUCH, "kind": "visit"}]})
    assert manager.get("/touches/T1").json()["fact"]["kind"] == "visit"


def test_rows_are_answered_like_an_import(manager: Api) -> None:
    rows = [
        {"account_id": "B1", "name": "北浜商店", "corporate_number": "4011001098993"},
        {"account_id": "B2", "name": "南部製菓", "corporate_number": "4011001098994"},  # X4
    ]
    refused = manager.post("/facts/accounts", {"rows": rows})
    assert (refused.status_code, refused.json()["code"], refused.json()["data"]) == (
        422,
        "rejected_rows",
        "unchanged",
    )
    (line,) = refused.json()["rejected"]
    assert (line["line"], line["column"], line["code"]) == (
        2,
        "corporate_number",
        "corporate_number_check_digit",
    )
    assert "検査数字" in line["reason"] and line["fix"]
    assert refused.json()["counts"] == {"read": 2, "new": 1, "changed": 0, "same": 0, "rejected": 1}
    assert manager.get("/accounts/B1").status_code == 404
    assert ImportRun.objects.latest("pk").state == "dropped"
    tried = manager.post("/facts/accounts", {"rows": rows, "dry_run": True})
    assert (tried.status_code, tried.json()["written"], len(tried.json()["rejected"])) == (200, False, 1)
    done = manager.post("/facts/accounts", {"rows": rows, "accept_rejects": True}, Idempotency_Key="b")
    assert (done.status_code, done.json()["counts"]["new"]) == (201, 1)
    again = manager.post("/facts/accounts", {"rows": rows, "accept_rejects": True}, Idempotency_Key="b")
    assert again.content == done.content and again["Idempotent-Replayed"] == "true"
    assert manager.get("/accounts/B1").json()["account"]["name"] == "北浜商店"
    run = done.json()["run"]
    assert manager.get(f"/imports/{run}").json()["run"]["file_name"] == "API: accounts"
    assert manager.post(f"/imports/{run}/undo", {"reason": "試し"}).status_code == 200
    assert manager.get("/accounts/B1").status_code == 404


def test_rows_that_cannot_be_read_at_all(manager: Api, as_key: Caller) -> None:
    missing = manager.post("/facts/accounts", {"rows": [{"account_id": "B1"}]})
    assert (missing.status_code, missing.json()["code"]) == (422, "unreadable_rows")
    assert "顧客名" in missing.json()["detail"] and "変わっていません" in missing.json()["detail"]
    assert manager.post("/facts/nothing", {"rows": [{"a": 1}]}).status_code == 404
    assert manager.post("/facts/accounts", {"rows": []}).status_code == 422
    assert manager.post("/facts/accounts", {"rows": [{"account_id": {"a": 1}}]}).status_code == 422
    assert (
        as_key("sato").post("/facts/accounts", {"rows": [{"account_id": "B1", "name": "x"}]}).status_code
        == 403
    )
    assert as_key("tanaka", "write").post("/facts/accounts", {"rows": [{}]}).status_code == 403


def test_the_kinds_say_their_columns_in_both_languages(manager: Api, as_key: Caller) -> None:
    found = {one["kind"]: one for one in manager.get("/facts").json()["items"]}
    assert found["touches"]["name"] == "接点" and found["touches"]["identity"] == ["touch_id"]
    english = {one["kind"]: one for one in as_key("tanaka", language="en").get("/facts").json()["items"]}
    kind = next(one for one in english["touches"]["columns"] if one["key"] == "kind")
    assert (kind["label"], kind["required"]) == ("Kind", True) and "meeting" in kind["values"]


def test_closures_are_settings(as_key: Caller, person: Callable[[str], Member]) -> None:
    person("kanri")
    api = as_key("kanri")
    body = {"on": "2026-12-29", "name": "年末休業"}
    assert api.post("/closures", body).status_code == 201
    assert api.post("/closures", body).status_code == 200
    shown = as_key("sato").get("/closures", {"from": "2026-12-01", "to": "2026-12-31"}).json()["items"]
    assert shown == [body]
    assert as_key("sato").post("/closures", body).status_code == 403
    assert as_key("kanri", "write").post("/closures", body).status_code == 403  # the scope
    assert api.delete("/closures/2026-12-29").status_code == 200
    assert api.delete("/closures/2026-12-29").status_code == 404


def test_keys_are_listed_and_revoked_without_their_text(as_key: Caller) -> None:
    api, other = as_key("sato"), as_key("tanaka")
    (own,) = api.get("/keys").json()["items"]
    assert own["current"] is True and own["member_id"] == "sato" and own["last_used_on"]
    assert api.text not in api.get("/keys").content.decode()
    assert as_key("sato", "read").get("/keys").status_code == 403
    theirs = other.get("/keys").json()["items"][0]["id"]
    assert api.delete(f"/keys/{theirs}").status_code == 404
    assert len(as_key("kanri").get("/keys").json()["items"]) == 4  # who manages members sees everybody's
    assert api.delete(f"/keys/{own['id']}").status_code == 200
    assert api.get("/keys").status_code == 401


def test_a_contact_is_added_read_and_edited(manager: Api, as_key: Caller) -> None:
    body = {
        "contact_id": "K1",
        "values": {"family_name": "田村", "department": "営業部", "roles": ["champion"]},
    }
    made = manager.post("/accounts/A1/contacts", body)
    assert made.status_code == 201, made.content.decode()
    shown = manager.get("/contacts/K1")
    assert shown["ETag"] == made["ETag"]
    assert (shown.json()["contact"]["department"], shown.json()["contact"]["roles"]) == (
        "営業部",
        ["champion"],
    )
    edit = {
        "values": {"title": "部長"},
        "valid_from": "2026-11-01",
        "recorded_on": "2026-11-10",
        "reason": "昇進",
    }
    done = manager.patch("/contacts/K1", edit, If_Match=made["ETag"])
    assert (done.status_code, done.json()["contact"]["title"]) == (200, "部長"), done.content.decode()
    late = manager.patch("/contacts/K1", {"values": {"title": "課長"}}, If_Match=made["ETag"])
    assert (late.status_code, late.json()["data"]) == (412, "unchanged")
    assert manager.patch("/contacts/K1", {"values": {"title": "部長"}}).json()["changed"] is False
    assert [one["contact_id"] for one in manager.get("/contacts", {"account": "A1"}).json()["items"]] == [
        "K1"
    ]
    assert manager.get("/contacts", {"account": "A2"}).json()["items"] == []
    wrong = manager.post("/accounts/A1/contacts", {"values": {"family_name": "森", "email": "mori"}})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["email"])
    assert as_key("suzuki").patch("/contacts/K1", {"values": {"title": "x"}}).status_code == 403
    assert as_key("yamamoto").get("/contacts/K1").status_code == 404
    assert as_key("yamamoto").patch("/contacts/K1", {"values": {"title": "x"}}).status_code == 404


def test_a_contract_is_added_and_its_price_changed(manager: Api, as_key: Caller) -> None:
    values = {
        "product": "P",
        "starts_on": "2026-04-01",
        "ends_on": "2027-03-31",
        "mrr": 100_000,
        "bill_to": "A2",
    }
    made = manager.post("/accounts/A1/contracts", {"contract_id": "C1", "values": values})
    assert made.status_code == 201, made.content.decode()
    assert made.json()["contract"]["bill_to"] == "A2"
    assert manager.get("/metrics/mrr").json()["value"] == "100000"
    body = {"values": {"mrr": "120000"}, "valid_from": "2026-10-01"}
    done = manager.patch("/contracts/C1", body, If_Match=made["ETag"])
    assert (done.status_code, done.json()["contract"]["mrr"]) == (200, "120000"), done.content.decode()
    assert manager.get("/metrics/mrr").json()["value"] == "120000"
    assert manager.get("/metrics/mrr", {"as_of": "2026-09-30"}).json()["value"] == "100000"
    assert manager.patch("/contracts/C1", body, If_Match=made["ETag"]).status_code == 412
    unknown = manager.patch("/contracts/C1", {"values": {"dealer": "A9"}})
    assert (unknown.status_code, list(unknown.json()["errors"])) == (422, ["dealer"])
    assert as_key("suzuki").patch("/contracts/C1", body).status_code == 403
    assert as_key("ito").patch("/contracts/C1", body).status_code == 404
    assert manager.get("/contracts/C9").status_code == 404


def test_who_may_write_for_one_customer_writes_no_movement_on_the_contract_of_another(
    manager: Api, as_key: Caller
) -> None:
    own, foreign = Account.objects.get(code="A1"), Account.objects.get(code="A2")
    make.contract("K1", own)
    make.contract("K2", foreign)
    values = {
        "movement_id": "M9", "account_id": "A1", "contract_id": "K2", "effective_on": "2026-11-01",
        "mrr_delta": "1000", "reason": "new",
    }  # fmt: skip
    for caller in (as_key("sato"), manager):
        refused = caller.post("/movements", {"values": values})
        assert (refused.status_code, refused.json()["code"]) == (422, "other_customer"), refused.content
        assert "contract_id" in str(refused.json()["errors"])
    assert not Entry.objects.filter(label__startswith="movement").exists()
    taken = as_key("sato").post("/movements", {"values": {**values, "contract_id": "K1"}})
    assert taken.status_code == 201, taken.content.decode()


def test_a_touch_names_no_people_of_a_stranger(manager: Api, as_key: Caller) -> None:
    """Own people, those of a party to a contract and of the group may be named; a stranger's may not."""
    own, foreign = Account.objects.get(code="A1"), Account.objects.get(code="A2")
    party, parent = make.account("P1"), make.account("P2")
    Account.objects.filter(pk=own.pk).update(parent=parent)
    make.contract("K1", own, bill_to_id=party.pk)
    people = {"H1": own, "H2": foreign, "H3": party, "H4": parent}
    for code, account in people.items():
        Contact.objects.create(code=code, account=account, live=True)
    sato = as_key("sato")
    values = {**TOUCH, "contacts": ["H1", "H2"]}
    refused = sato.post("/touches", {"values": values})
    assert (refused.status_code, refused.json()["code"]) == (422, "other_customer"), refused.content
    assert list(refused.json()["errors"]) == ["contacts"]
    taken = sato.post("/touches", {"values": {**values, "contacts": ["H1", "H3", "H4", "田村"]}})
    assert taken.status_code == 201, taken.content.decode()
    later = sato.patch("/touches/T1", {"values": {"contacts": ["H2"]}})
    assert (later.status_code, later.json()["code"]) == (422, "other_customer"), later.content


def test_rows_sent_at_once_name_no_people_and_no_contract_of_a_stranger(manager: Api) -> None:
    """Refused row by row; the others are written. Who stands in a row already may stay, as in a correction."""
    own, foreign = Account.objects.get(code="A1"), Account.objects.get(code="A2")
    make.contract("K2", foreign)
    for code, account in {"H1": own, "H2": foreign}.items():
        Contact.objects.create(code=code, account=account, live=True)
    good, bad = {**TOUCH, "contacts": ["H1", "田村"]}, {**TOUCH, "touch_id": "T2", "contacts": ["H1", "H2"]}
    refused = manager.post("/facts/touches", {"rows": [good, bad]})
    assert (refused.status_code, refused.json()["code"]) == (422, "rejected_rows"), refused.content
    (line,) = refused.json()["rejected"]
    assert (line["line"], line["column"], line["code"]) == (2, "contacts", "other_customer")
    taken = manager.post("/facts/touches", {"rows": [good, bad], "accept_rejects": True})
    assert taken.status_code == 201, taken.content.decode()
    assert [one["id"] is not None and one["contacts"] for one in manager.get("/touches").json()["items"]] == [["H1", "田村"]]  # fmt: skip
    answer = {"response_id": "R1", "account_id": "A1", "contact_id": "H2", "instrument": "nps", "score": 9, "answered_on": "2026-11-20"}  # fmt: skip
    refused = manager.post("/facts/responses", {"rows": [answer]})
    assert [one["column"] for one in refused.json()["rejected"]] == ["contact_id"], refused.content
    moved = {
        "movement_id": "M9",
        "account_id": "A1",
        "contract_id": "K2",
        "effective_on": "2026-11-01",
        "mrr_delta": 1,
    }
    refused = manager.post("/facts/movements", {"rows": [moved]})
    assert [one["column"] for one in refused.json()["rejected"]] == ["contract_id"], refused.content
    Contact.objects.filter(code="H1").update(account=foreign)  # moved to another customer since
    again = manager.post("/facts/touches", {"rows": [{**good, "kind": "call"}]})
    assert (again.status_code, again.json()["counts"]["changed"]) == (201, 1), again.content.decode()


def test_half_a_character_is_refused_like_nul(manager: Api) -> None:
    rows = [{"account_id": "A9", "name": "\ud83d"}]
    for body in ({"rows": rows}, {"rows": [{"account_id": "A9", "name": "x", "\ude00": "y"}]}):
        refused = manager.post("/facts/accounts", body)
        assert (refused.status_code, refused.json()["data"]) == (422, "unchanged"), refused.content
    assert not Account.objects.filter(code="A9").exists()
