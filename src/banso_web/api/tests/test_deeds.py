"""A customer added, a contact gone and back, a contract ended, going on and dearer: and each of them taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from banso_web.core.models import AuditRow
from banso_web.revenue.tests import factories as make

from .conftest import Api

pytestmark = pytest.mark.django_db
Caller = Callable[..., Api]


def done(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content.decode()
    found: dict[str, Any] = answer.json()
    return found


def mrr(api: Api) -> str:
    value: str = api.get("/metrics/mrr").json()["value"]
    return value


def undo(api: Api, entry: int) -> Any:
    return api.post(f"/edits/{entry}/undo", {})


def test_a_customer_is_added_and_taken_back(as_key: Caller) -> None:
    api = as_key("tanaka")
    body: dict[str, Any] = {"account_id": "N1", "values": {"name": "西川印刷株式会社", "owner": "tanaka"}}
    made = done(api.post("/accounts", body), 201)
    assert (made["account"]["account_id"], made["account"]["owner"]) == ("N1", "tanaka")
    twice = api.post("/accounts", body)
    assert (twice.status_code, twice.json()["code"], list(twice.json()["errors"])) == (
        422,
        "invalid",
        ["account_id"],
    )
    alike = api.post("/accounts", {"values": {"name": "(株)西川印刷"}}).json()
    assert (alike["code"], alike["data"]) == ("alike", "unchanged")
    assert [one["account_id"] for one in alike["alike"]] == ["N1"]
    second = done(api.post("/accounts", {"values": {"name": "(株)西川印刷"}, "alike_seen": True}), 201)
    assert undo(api, second["entry"]).json()["changed"] == 1
    assert api.get(f"/accounts/{second['account']['account_id']}").status_code == 404
    assert api.post("/accounts", {"values": {}}).status_code == 422
    assert as_key("yamamoto").post("/accounts", {"values": {"name": "x"}}).status_code == 403
    row = AuditRow.objects.filter(action="account.add").first()
    assert row is not None and row.via == "api"


def test_a_contact_leaves_and_returns(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    api = as_key("tanaka")
    made = done(
        api.post("/accounts/A1/contacts", {"contact_id": "P1", "values": {"family_name": "山田"}, "valid_from": "2026-04-01"}),
        201,
    )  # fmt: skip
    seen = api.get("/contacts/P1")["ETag"]
    gone = done(api.post("/contacts/P1/leave", {"valid_from": "2026-11-01"}, If_Match=seen))
    assert (gone["contact"]["status"], gone["contact"]["left_on"]) == ("left", "2026-11-01")
    assert api.post("/contacts/P1/leave", {}).json()["code"] == "nothing_to_end"
    assert api.post("/contacts/P1/return", {}, If_Match=seen).status_code == 412
    assert (
        done(api.post("/contacts/P1/return", {"valid_from": "2026-11-10"}))["contact"]["status"] == "active"
    )
    assert undo(api, gone["entry"]).json()["code"] == "stands_on_it"
    assert undo(api, made["entry"]).json()["code"] == "stands_on_it"
    assert as_key("yamamoto").post("/contacts/P1/leave", {}).status_code == 404


def test_a_contract_ends_goes_on_and_changes_its_price(as_key: Caller) -> None:
    row = make.account("A1", "丸一運輸")
    contract = make.contract("K1", row, starts_on="2026-04-01")
    make.movement("M1", row, "2026-04-01", 1_000, contract=contract)
    api, day = as_key("tanaka"), "2026-11-20"
    assert mrr(api) == "1000"
    dearer = done(
        api.post("/contracts/K1/price", {"values": {"effective_on": day, "delta": 200, "cause": "price"}})
    )
    assert mrr(api) == "1200"
    ended = done(api.post("/contracts/K1/end", {"values": {"ended_on": day, "end_reason": "予算"}}))
    assert (ended["contract"]["ended_on"], mrr(api)) == (day, "0")
    assert undo(api, dearer["entry"]).status_code == 422  # the end stands on it
    back = done(api.post("/contracts/K1/cancel-end", {}))
    assert (back["contract"]["ended_on"], mrr(api)) == (None, "1200")
    again = done(api.post("/contracts/K1/end", {"values": {"ended_on": day}}))
    assert mrr(api) == "0" and done(undo(api, again["entry"]))["changed"] == 1 and mrr(api) == "1200"
    below = api.post("/contracts/K1/price", {"values": {"effective_on": day, "delta": -1_201}})
    assert (below.status_code, list(below.json()["errors"])) == (422, ["delta"])
    yamamoto = as_key("yamamoto")
    assert yamamoto.post("/contracts/K1/end", {"values": {"ended_on": day}}).status_code == 403
    assert (
        yamamoto.post("/contracts/K1/price", {"values": {"effective_on": day, "delta": 1}}).status_code == 403
    )
    assert yamamoto.post(f"/edits/{ended['entry']}/undo", {}).status_code == 403
