"""Customers through the API: lists by cursor, other days, edits with their version, what belongs to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.core.models import AuditRow
from banso_web.members.models import Member
from banso_web.revenue.tests import factories as make

from .conftest import Api

pytestmark = pytest.mark.django_db
Caller = Callable[..., Api]


def pages(api: Api, path: str, query: dict[str, Any]) -> list[list[dict[str, Any]]]:
    found, cursor = [], None
    while True:
        answer = api.get(path, {**query, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.content.decode()
        body = answer.json()
        found.append(body["items"])
        cursor = body["next"]
        if cursor is None:
            return found
        assert len(found) < 20


@pytest.mark.parametrize("sort", ["id", "name", "-name", "mrr", "-mrr"])
@pytest.mark.parametrize("as_of", ["", "2026-11-01"])
def test_pages_hold_everybody_once_and_in_order(as_key: Caller, sort: str, as_of: str) -> None:
    for number in range(7):
        row = make.account(f"A{number}", f"会社{number % 3}", mrr_units=(number % 2) * 10_000_000)
        Account.objects.filter(pk=row.pk).update(sort_key=f"会社{number % 3}", search_key="会社")
    query = {"sort": sort, "limit": 2} | ({"as_of": as_of} if as_of else {})
    found = pages(as_key("tanaka"), "/accounts", query)
    assert [len(page) for page in found] == [2, 2, 2, 1]
    listed = [one for page in found for one in page]
    assert sorted(one["account_id"] for one in listed) == [f"A{number}" for number in range(7)]
    if "name" in sort:
        names = [one["name"] for one in listed]
        assert names == sorted(names, reverse=sort == "-name")
    if sort == "id":
        assert [one["id"] for one in listed] == sorted(one["id"] for one in listed)


def test_filters_are_those_of_the_list(as_key: Caller, person: Callable[[str], Member]) -> None:
    sato = person("sato")
    make.account("A1", "丸一運輸", segment="SMB", owner_id=sato.pk, search_key="丸一運輸 a1")
    make.account("A2", "西川印刷", segment="EP", excluded="test", search_key="西川印刷 a2")
    api = as_key("tanaka")

    def codes(**query: Any) -> list[str]:
        return [one["account_id"] for one in api.get("/accounts", query).json()["items"]]

    assert codes(segment="SMB") == ["A1"]
    assert codes(owner="sato") == ["A1"]
    assert codes(owner="none") == ["A2"]
    assert codes(excluded="only") == ["A2"]
    assert codes(q="丸一") == ["A1"]
    assert codes(account_id="A2") == ["A2"]
    assert [
        one["account_id"] for one in as_key("sato").get("/accounts", {"owner": "me"}).json()["items"]
    ] == ["A1"]
    assert api.get("/accounts", {"owner": "nobody"}).status_code == 422


def test_a_misspelt_filter_is_refused(as_key: Caller) -> None:
    answer = as_key("tanaka").get("/accounts", {"segmnt": "SMB"})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["segmnt"] and "segment" in answer.json()["detail"]


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "bnVsbA", "WyJhIiwgOTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"])
def test_a_foreign_cursor_is_told(as_key: Caller, cursor: str) -> None:
    answer = as_key("tanaka").get("/accounts", {"cursor": cursor})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["cursor"])


def test_limits_of_a_page(as_key: Caller) -> None:
    api = as_key("tanaka")
    assert api.get("/accounts", {"limit": 200}).status_code == 200
    for wrong in (0, 201, "many"):
        assert list(api.get("/accounts", {"limit": wrong}).json()["errors"]) == ["limit"]


def test_another_day_shows_what_was_so(as_key: Caller) -> None:
    row = make.account("A1", "丸一運輸", segment="SMB")
    make.state(row, {"segment": "EP"}, start="2026-11-01")
    Account.objects.filter(pk=row.pk).update(segment="EP")
    api = as_key("tanaka")
    assert api.get("/accounts/A1").json()["account"]["segment"] == "EP"
    before = api.get("/accounts/A1", {"as_of": "2026-10-31"})
    assert before.json()["account"]["segment"] == "SMB" and before.json()["as_of"] == "2026-10-31"
    assert "ETag" not in before
    listed = api.get("/accounts", {"as_of": "2026-10-31"}).json()["items"]
    assert [one["segment"] for one in listed] == ["SMB"]
    at_first = api.get("/accounts/A1", {"watermark": 1})
    assert at_first.json()["account"]["segment"] == "SMB" and at_first.json()["watermark"] == 1
    assert at_first["Banso-Watermark"] == "1"


@pytest.mark.parametrize("as_of", ["2026-02-30", "1", "20261101", "0001-01-01", "９"])
def test_a_day_that_cannot_be_is_refused_and_not_taken_for_today(as_key: Caller, as_of: str) -> None:
    answer = as_key("tanaka").get("/accounts", {"as_of": as_of})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["as_of"])


def test_an_edit_is_a_dated_version_with_its_audit_row(
    as_key: Caller, person: Callable[[str], Member]
) -> None:
    make.account("A1", "丸一運輸", segment="SMB")
    person("sato")
    api = as_key("tanaka")
    body = {
        "values": {"segment": "EP", "owner": "sato", "touch": ["high", "low"]},
        "valid_from": "2026-11-10",
        "reason": "組織変更",
    }
    done = api.patch("/accounts/A1", body)
    assert done.status_code == 200, done.content.decode()
    shown = done.json()["account"]
    assert (shown["segment"], shown["owner"], shown["owner_name"], shown["touch"]) == (
        "EP",
        "sato",
        "佐藤",
        ["high", "low"],
    )
    assert api.get("/accounts/A1", {"as_of": "2026-11-09"}).json()["account"]["segment"] == "SMB"
    row = AuditRow.objects.get(action="account.edit")
    assert (row.via, row.actor_name, row.reason, row.old["segment"]) == ("api", "田中", "組織変更", "SMB")
    again = api.patch("/accounts/A1", body)
    assert (again.json()["changed"], again.json()["entry"]) == (0, None)
    undone = api.post(f"/edits/{done.json()['entry']}/undo", {})
    assert undone.json()["changed"] == 1
    assert api.get("/accounts/A1").json()["account"]["segment"] == "SMB"


def test_who_was_slower_is_told_by_the_version(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    first, second = as_key("tanaka"), as_key("tanaka")
    seen = first.get("/accounts/A1")["ETag"]
    fresh = second.patch("/accounts/A1", {"values": {"segment": "EP"}}, If_Match=seen)
    assert fresh.status_code == 200 and fresh["ETag"] != seen
    late = first.patch("/accounts/A1", {"values": {"segment": "SMB"}}, If_Match=seen)
    assert (late.status_code, late.json()["code"], late.json()["data"]) == (412, "stale", "unchanged")
    assert (
        first.patch("/accounts/A1", {"values": {"segment": "SMB"}}, If_Match=fresh["ETag"]).status_code == 200
    )
    assert first.patch("/accounts/A1", {"values": {}}, If_Match="nonsense").status_code == 422


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"corporate_number": "4011001098994"}, "corporate_number"),  # X4: the check digit
        ({"name": "  "}, "name"),
        ({"owner": "nobody"}, "owner"),
        ({"parent_id": "A1"}, "parent_id"),
        ({"parent_id": "A9"}, "parent_id"),
        ({"fiscal_month": 13}, "values.fiscal_month"),
        ({"colour": "red"}, "values.colour"),
        ({"started_on": "2026-02-30"}, "values.started_on"),
    ],
)
def test_values_that_cannot_stand_are_told_by_field(
    as_key: Caller, values: dict[str, Any], field: str
) -> None:
    make.account("A1", "丸一運輸")
    answer = as_key("tanaka").patch("/accounts/A1", {"values": values})
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    assert answer.json()["data"] == "unchanged"
    assert not AuditRow.objects.filter(action="account.edit").exists()


def test_only_owner_and_manager_edit(as_key: Caller, person: Callable[[str], Member]) -> None:
    make.account("A1", "丸一運輸", owner_id=person("suzuki").pk)
    make.account("A2", "西川印刷", owner_id=person("sato").pk)
    sato = as_key("sato")
    refused = sato.patch("/accounts/A1", {"values": {"segment": "EP"}})
    assert refused.status_code == 403 and "上長" in refused.json()["detail"]
    assert sato.patch("/accounts/A2", {"values": {"segment": "EP"}}).status_code == 200
    assert as_key("tanaka").patch("/accounts/A1", {"values": {"segment": "EP"}}).status_code == 200
    bulk = sato.post("/edits", {"account_ids": ["A1", "A2"], "values": {"segment": "SMB"}})
    assert bulk.status_code == 403  # all or nothing
    assert as_key("tanaka").get("/accounts/A2").json()["account"]["segment"] == "EP"
    done = as_key("tanaka").post("/edits", {"account_ids": ["A1", "A2"], "values": {"segment": "SMB"}})
    assert done.json()["changed"] == 2


def test_an_id_with_a_slash_is_reached_by_its_number(as_key: Caller) -> None:
    row = make.account("A/1", "丸一運輸")
    api = as_key("tanaka")
    assert api.get("/accounts/A/1").status_code == 404
    assert api.get(f"/accounts/~{row.pk}").json()["account"]["account_id"] == "A/1"
    assert api.get("/accounts", {"account_id": "A/1"}).json()["items"][0]["id"] == row.pk


def test_what_belongs_to_a_customer(as_key: Caller) -> None:
    row = make.account("A1", "丸一運輸")
    other = make.account("A2", "西川印刷")
    contract = make.contract("C1", row, product="A")
    make.movement("M1", row, "2026-04-01", 700_000, contract=contract)
    make.movement("M2", row, "2026-10-01", 300_000, contract=contract, cause="upsell")
    make.movement("M3", other, "2026-10-01", 5_000)
    api = as_key("tanaka")
    found = api.get("/accounts/A1/movements").json()["items"]
    assert [(one["movement_id"], one["mrr_delta"], one["contract_id"]) for one in found] == [
        ("M1", "700000", "C1"), ("M2", "300000", "C1"),
    ]  # fmt: skip
    earlier = api.get("/accounts/A1/movements", {"as_of": "2026-09-30"}).json()["items"]
    assert [one["movement_id"] for one in earlier] == ["M1"]
    assert len(api.get("/movements").json()["items"]) == 3
    assert [one["contract_id"] for one in api.get("/accounts/A1/contracts").json()["items"]] == ["C1"]
    items = api.get("/accounts/A1/timeline", {"limit": 1}).json()
    assert items["items"][0]["kind"] == "movement" and "1,000,000" in items["items"][0]["text"]
    rest = api.get("/accounts/A1/timeline", {"limit": 1, "cursor": items["next"]}).json()
    assert "700,000" in rest["items"][0]["text"]
    history = api.get("/accounts/A1/history").json()["items"]
    assert {"field": "name", "value": "丸一運輸"}.items() <= next(
        one for one in history if one["field"] == "name"
    ).items()
