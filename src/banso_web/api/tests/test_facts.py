"""Every stored fact as a resource: all of them, of one customer, one, its history; filters, other days, hidden fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.core.registry import registry
from banso_web.members.models import Member

from .conftest import Api

pytestmark = pytest.mark.django_db
Caller = Callable[..., Api]

ACCOUNTS = [
    {"account_id": "A1", "name": "丸一運輸", "owner": "sato", "started_on": "2025-04-01", "地区": "関東"},
    {"account_id": "A2", "name": "西川印刷", "excluded": "test", "started_on": "2025-04-01"},
]
CONTRACTS = [
    {
        "contract_id": "C1",
        "account_id": "A1",
        "product": "P",
        "starts_on": "2025-04-01",
        "mrr": 100_000,
        "bill_to": "A2",
    },
]
CONTACTS = [{"contact_id": "K1", "account_id": "A1", "family_name": "田村", "department": "営業部"}]
# kind: (rows sent, the id of the first, one field of it as it is answered)
ROWS: dict[str, tuple[list[dict[str, Any]], str, tuple[str, Any]]] = {
    "movements": (
        [{"movement_id": "M1", "account_id": "A1", "effective_on": "2026-04-01", "mrr_delta": 50_000, "cause": "upsell"},
         {"movement_id": "M2", "account_id": "A1", "effective_on": "2026-10-01", "mrr_delta": "0.3333"}],
        "M1", ("mrr_delta", "50000"),
    ),
    "charges": (
        [{"charge_id": "S1", "account_id": "A1", "on": "2026-04-01", "amount": "300000", "kind": "initial"},
         {"charge_id": "S2", "account_id": "A2", "on": "2026-10-01", "amount": 5}],
        "S1", ("kind", "initial"),
    ),
    "invoices": (
        [{"invoice_id": "I1", "account_id": "A1", "billed_on": "2026-04-30", "due_on": "2026-05-31", "paid_on": "2026-06-02", "amount": 100_000},
         {"invoice_id": "I2", "account_id": "A2", "billed_on": "2026-10-31", "amount": 1}],
        "I1", ("paid_on", "2026-06-02"),
    ),
    "rates": (
        [{"currency": "USD", "on": "2026-04-01", "rate_to_reporting": "150.25"},
         {"currency": "USD", "on": "2026-10-01", "rate_to_reporting": 149}],
        "USD:2026-04-01", ("rate_to_reporting", "150.25"),
    ),
    "ltv_inputs": (
        [{"segment": "SMB", "key": "gross_margin", "value": "70%", "source": "決算", "on": "2026-04-01"},
         {"segment": "", "key": "gross_margin", "value": 0.8, "source": "決算", "on": "2026-10-01"}],
        "SMB:gross_margin:2026-04-01", ("value", "0.7"),
    ),
    "usage_daily": (
        [{"account_id": "A1", "day": "2026-04-01", "feature": "申請", "users": 12, "product": "P", "department": "営業部"},
         {"account_id": "A2", "day": "2026-10-01", "feature": "申請", "users": 3}],
        "A1:2026-04-01:P:営業部:申請", ("users", 12),
    ),
    "touches": (
        [{"touch_id": "T1", "account_id": "A1", "at": "2026-04-01T23:30:00+09:00", "kind": "meeting", "contacts": ["田村", "森"],
          "note": "田村さんは異動", "subject": "定例"},
         {"touch_id": "T2", "account_id": "A2", "at": "2026-10-01T09:00:00", "kind": "call"}],
        "T1", ("contacts", ["田村", "森"]),
    ),
    "responses": (
        [{"response_id": "R1", "account_id": "A1", "instrument": "csat", "contact_id": "K1", "sent_on": "2026-04-01",
          "answered_on": "2026-04-20", "score": 4.5, "comment": "良い"},
         {"response_id": "R2", "account_id": "A2", "instrument": "nps", "sent_on": "2026-10-01"}],
        "R1", ("score", "4.5"),
    ),
    "tickets": (
        [{"ticket_id": "Q1", "account_id": "A1", "opened_at": "2026-04-01T10:00", "closed_at": "2026-04-03T10:00", "minutes": 20,
          "severity": "complaint"},
         {"ticket_id": "Q2", "account_id": "A2", "opened_at": "2026-10-01T10:00"}],
        "Q1", ("minutes", 20),
    ),
    "voices": (
        [{"voice_id": "V1", "account_id": "A1", "on": "2026-04-01", "channel": "meeting", "verbatim": "一括取込がほしい", "themes": "取込;CSV"},
         {"voice_id": "V2", "account_id": "A2", "on": "2026-10-01", "channel": "ticket", "verbatim": "遅い"}],
        "V1", ("themes", ["取込", "CSV"]),
    ),
    "sentiments": (
        [{"sentiment_id": "S1", "account_id": "A1", "on": "2026-04-01", "mark": "◎", "until": "2026-09-30", "reason": "田村さんが推してくれている"},
         {"sentiment_id": "S2", "account_id": "A2", "on": "2026-10-01", "mark": "poor"}],
        "S1", ("mark", "excellent"),
    ),
    "tasks": (
        [{"task_id": "W1", "account_id": "A1", "title": "資料を送る", "due_on": "2026-04-01"},
         {"task_id": "W2", "account_id": "A2", "title": "電話", "due_on": "2026-10-01"}],
        "W1", ("state", "open"),
    ),
    "renewals": ([{"contract_id": "C1", "forecast": "継続", "amount": "1200000"}], "C1", ("amount", "1200000")),
    "goals": (
        [{"goal_id": "G1", "account_id": "A1", "metric": "申請時間", "baseline": 30, "target": "12.5", "due_on": "2026-04-01", "agreed_on": "2026-03-01"},
         {"goal_id": "G2", "account_id": "A2", "metric": "利用率", "due_on": "2026-10-01"}],
        "G1", ("target", "12.5"),
    ),
    "onboarding": (
        [{"account_id": "A1", "template": "標準", "started_on": "2026-04-01", "completed_on": "2026-06-01"},
         {"account_id": "A2", "started_on": "2026-10-01"}],
        "A1:標準:2026-04-01", ("completed_on", "2026-06-01"),
    ),
}  # fmt: skip
MONEY = ("movements", "charges", "invoices", "rates", "ltv_inputs")
WITH_DAY = [kind for kind in ROWS if kind != "renewals"]


def enter(api: Api, kind: str, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    answer = api.post(f"/facts/{kind}", {"rows": rows, **more})
    assert answer.status_code == 201, answer.content.decode()
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def company(as_key: Caller, person: Callable[[str], Member]) -> Api:
    """Two customers, a contract and a contact, entered by the API itself; gives 田中's key."""
    person("sato")
    api = as_key("tanaka")
    enter(api, "accounts", ACCOUNTS)
    enter(api, "contracts", CONTRACTS)
    enter(api, "contacts", CONTACTS)
    return api


def test_every_kind_is_tried_here() -> None:
    assert set(ROWS) == set(registry.facts)


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_what_is_entered_is_read_again_by_its_columns(company: Api, kind: str) -> None:
    rows, code, (field, value) = ROWS[kind]
    done = enter(company, kind, rows)
    assert done["counts"] == {"read": len(rows), "new": len(rows), "changed": 0, "same": 0, "rejected": 0}
    assert done["published"] == done["watermark"]
    listed = company.get(f"/{kind}", {"entered_after": done["published"] - 1}).json()["items"]
    assert (
        len(listed) >= len(rows)
        and company.get(f"/{kind}", {"entered_after": done["published"]}).json()["items"] == []
    )
    one = company.get(f"/{kind}", {"code": code}).json()["items"]
    assert len(one) == 1 and one[0][field] == value and one[0]["entry"] == done["published"]
    if "/" not in code:
        shown = company.get(f"/{kind}/{code}")
        assert shown.status_code == 200 and shown.json()["fact"] == one[0]
        assert shown["ETag"] == f'"{one[0]["id"]}"'
    assert company.get(f"/{kind}/~{one[0]['id']}").json()["fact"] == one[0]
    assert company.get(f"/{kind}/nothing").status_code == 404
    again = company.post(f"/facts/{kind}", {"rows": rows})
    assert again.status_code == 200 and again.json()["counts"]["same"] == len(rows)
    assert again.json()["watermark"] == done["watermark"]  # nothing was written
    if registry.facts[kind].account:
        mine = company.get(f"/accounts/A1/{kind}").json()["items"]
        assert {row["account_id"] for row in mine} == {"A1"}
        assert mine == company.get(f"/{kind}", {"account": "A1"}).json()["items"]
        assert company.get(f"/accounts/A9/{kind}").status_code == 404
        assert company.get(f"/{kind}", {"account": "A9"}).status_code == 404


@pytest.mark.parametrize("kind", sorted(WITH_DAY))
def test_days_narrow_and_later_days_are_not_there_yet(company: Api, kind: str) -> None:
    rows, _code, _field = ROWS[kind]
    done = enter(company, kind, rows)

    def codes(**query: str) -> int:
        answer = company.get(f"/{kind}", {"entered_after": str(done["published"] - 1), **query})
        assert answer.status_code == 200, answer.content.decode()
        return len(answer.json()["items"])

    assert codes(**{"from": "2026-04-01", "to": "2026-04-30"}) == 1
    assert codes(**{"from": "2026-05-01", "to": "2026-09-30"}) == 0
    assert codes(**{"from": "2026-10-01"}) == 1
    wrong = company.get(f"/{kind}", {"from": "2026-10-02", "to": "2026-10-01"})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["to"])
    if registry.facts[kind].since and kind != "goals":
        assert codes(as_of="2026-09-30") == 1 and codes(as_of="2026-03-31") == 0
    assert codes(watermark=str(done["published"] - 1)) == 0
    assert codes(known_at="2020-01-01") == 0


def test_what_happened_only_later_is_empty_on_an_earlier_day(company: Api) -> None:
    for kind in ("invoices", "responses", "tickets", "onboarding"):
        enter(company, kind, ROWS[kind][0])

    def one(kind: str, as_of: str) -> dict[str, Any]:
        items = company.get(f"/accounts/A1/{kind}", {"as_of": as_of}).json()["items"]
        found: dict[str, Any] = items[0]
        return found

    assert one("invoices", "2026-06-01")["paid_on"] is None
    assert one("invoices", "2026-06-02")["paid_on"] == "2026-06-02"
    silent = one("responses", "2026-04-19")
    assert (silent["answered_on"], silent["score"], silent["comment"]) == (None, None, None)
    open_ = one("tickets", "2026-04-02")
    assert (open_["closed_at"], open_["minutes"]) == (None, None)
    assert one("onboarding", "2026-05-31")["completed_on"] is None


def test_pages_stand_still_while_others_write(company: Api) -> None:
    rows = [
        {"touch_id": f"T{n}", "account_id": "A1", "at": "2026-10-01T09:00", "kind": "call"} for n in range(5)
    ]
    enter(company, "touches", rows)
    first = company.get("/touches", {"limit": 2}).json()
    enter(
        company, "touches", [rows[0] | {"kind": "mail"}, {**rows[0], "touch_id": "T9"}]
    )  # a correction, and a new one
    found, cursor = list(first["items"]), first["next"]
    while cursor:
        page = company.get("/touches", {"limit": 2, "cursor": cursor})
        assert page["Banso-Watermark"] == str(first["watermark"])
        found += page.json()["items"]
        cursor = page.json()["next"]
    assert [one["touch_id"] for one in found] == ["T0", "T1", "T2", "T3", "T4"]
    assert len(company.get("/touches").json()["items"]) == 6
    foreign = company.get("/charges", {"cursor": first["next"] + "x"})
    assert (foreign.status_code, list(foreign.json()["errors"])) == (422, ["cursor"])


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_who_sees_what(company: Api, as_key: Caller, kind: str) -> None:
    """伊藤 (人事) sees no customers, 山本 (プロダクト) no money and no people."""
    rows, code, _field = ROWS[kind]
    enter(company, kind, rows)
    ito, yamamoto = as_key("ito"), as_key("yamamoto")
    assert ito.get(f"/{kind}").status_code == 403
    assert ito.get(f"/{kind}/{code}").status_code == 404
    assert ito.get(f"/{kind}/{code}/history").status_code == 404
    assert ito.get(f"/accounts/A1/{kind}").status_code == 404
    listed, one = yamamoto.get(f"/{kind}"), yamamoto.get(f"/{kind}/{code}")
    if kind in MONEY:
        assert (listed.status_code, one.status_code) == (403, 404)
        assert yamamoto.get(f"/accounts/A1/{kind}").status_code in (403, 404)
        return
    assert (listed.status_code, one.status_code) == (200, 200)
    hidden = {
        "touches": ["contacts", "note", "subject"],
        "tickets": ["subject"],
        "responses": ["contact_id"],
        "sentiments": ["reason"],
        "renewals": ["amount"],
    }.get(kind, [])
    assert one.json()["fact"]["hidden"] == hidden
    assert all(not one.json()["fact"][name] for name in hidden)
    told = (
        listed.content.decode()
        + one.content.decode()
        + yamamoto.get(f"/{kind}/{code}/history").content.decode()
    )
    assert "田村" not in told and "K1" not in told and "1200000" not in told


def test_a_field_that_is_hidden_is_seen_by_those_who_may(company: Api, as_key: Caller) -> None:
    enter(company, "touches", ROWS["touches"][0])
    shown = as_key("sato").get("/touches/T1").json()["fact"]
    assert (shown["note"], shown["hidden"]) == ("田村さんは異動", [])


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_the_number_of_queries_does_not_grow(company: Api, kind: str) -> None:
    def count() -> int:
        company.get(f"/{kind}", {"limit": 200})
        with CaptureQueriesContext(connection) as found:
            assert company.get(f"/{kind}", {"limit": 200}).status_code == 200
        return len(found)

    rows, _code, _field = ROWS[kind]
    enter(company, kind, rows[:1])
    few = count()
    name = {
        "usage_daily": "feature",
        "onboarding": "template",
        "rates": "on",
        "ltv_inputs": "segment",
        "renewals": "contract_id",
    }.get(kind, kind.removesuffix("s") + "_id")
    name = {"touches": "touch_id"}.get(kind, name)
    many = [{**rows[0], name: f"2025-01-{n:02}" if name == "on" else f"N{n}"} for n in range(10, 30)]
    if kind == "renewals":
        enter(company, "contracts", [{**CONTRACTS[0], "contract_id": row["contract_id"]} for row in many])
    enter(company, kind, many)
    assert len(company.get(f"/{kind}", {"limit": 200}).json()["items"]) >= 21
    assert count() == few


def test_what_held_from_when_to_when(company: Api, person: Callable[[str], Member]) -> None:
    person("suzuki")
    api = company
    done = api.patch("/accounts/A1", {"values": {"owner": "suzuki"}, "valid_from": "2026-10-01"})
    assert done.status_code == 200, done.content.decode()
    first, second = api.get("/ownership").json()["items"]
    assert (first["account_id"], first["role"], first["member_id"], first["member_name"]) == (
        "A1",
        "owner",
        "sato",
        "佐藤",
    )
    assert (first["valid_from"], first["valid_to"]) == ("2025-04-01", "2026-10-01")
    assert (second["member_id"], second["valid_from"], second["valid_to"]) == ("suzuki", "2026-10-01", None)
    before = api.get("/accounts/A1/ownership", {"as_of": "2026-09-30"}).json()["items"]
    assert [(one["member_id"], one["valid_to"]) for one in before] == [("sato", None)]
    assert api.get("/exclusions").json()["items"] == [
        {"account_id": "A2", "excluded": "test", "valid_from": "2025-04-01", "valid_to": None}
    ]
    assert api.get("/accounts/A1/exclusions").json()["items"] == []
    parties = api.get("/parties").json()["items"]
    assert [(one["role"], one["account_id"]) for one in parties] == [("contractor", "A1"), ("bill_to", "A2")]
    assert api.get("/accounts/A2/parties").json()["items"] == []
    assert api.get("/custom_fields").json()["items"] == [
        {"account_id": "A1", "name": "地区", "value": "関東"}
    ]
    earlier = api.get("/accounts/A1/custom_fields", {"as_of": "2026-01-01"}).json()["items"]
    assert earlier == [{"account_id": "A1", "name": "地区", "value": "関東"}]
    assert [one["name"] for one in api.get("/departments").json()["items"]] == ["営業部"]
    assert [one["name"] for one in api.get("/accounts/A1/departments").json()["items"]] == ["営業部"]


@pytest.mark.parametrize("noun", ["ownership", "exclusions", "parties", "departments", "custom_fields"])
def test_dated_things_keep_the_rules(company: Api, as_key: Caller, noun: str) -> None:
    ito = as_key("ito")
    assert ito.get(f"/{noun}").status_code == 403
    assert ito.get(f"/accounts/A1/{noun}").status_code == 404
    assert company.get(f"/{noun}", {"account": "A9"}).status_code == 404
    assert list(company.get(f"/{noun}", {"cursor": "x"}).json()["errors"]) == ["cursor"]
    assert list(company.get(f"/{noun}", {"limit": 0}).json()["errors"]) == ["limit"]


def test_pages_of_what_customers_have_several_of(company: Api, person: Callable[[str], Member]) -> None:
    """Three rows a customer, two a page: every one comes once, in order, across customers."""
    for key in ("suzuki", "takahashi"):
        person(key)
    for number in range(3, 6):
        enter(
            company,
            "accounts",
            [
                {
                    "account_id": f"A{number}",
                    "name": f"会社{number}",
                    "owner": "sato",
                    "started_on": "2025-04-01",
                }
            ],
        )
        for day, member in (("2026-05-01", "suzuki"), ("2026-06-01", "takahashi")):
            body = {"values": {"owner": member}, "valid_from": day}
            assert company.patch(f"/accounts/A{number}", body).status_code == 200
    whole = company.get("/ownership").json()["items"]
    assert len(whole) == 10
    found, cursor = [], None
    for _page in range(20):
        body = company.get("/ownership", {"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += body["items"]
        cursor = body["next"]
        if cursor is None:
            break
    assert found == whole
