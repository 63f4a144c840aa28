"""Who may call, and how far: keys, scopes, sessions, the rights of named people."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from ninja import Router

from banso_web.api import limits
from banso_web.api.guard import around, going, guard
from banso_web.core import audit, clock
from banso_web.members.models import ApiKey, Member, Role
from banso_web.revenue.tests import factories as make

from .conftest import V1, Api

pytestmark = pytest.mark.django_db
Caller = Callable[..., Api]


def test_without_a_key_nobody_is_let_in(client: Client) -> None:
    answer = client.get(f"{V1}/accounts")
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "no_key"


@pytest.mark.parametrize(
    "header", ["Bearer nonsense", "Bearer banso_00000000_x", "Basic YTpi", "Bearer", "x"]
)
def test_a_wrong_key_is_one_answer(client: Client, header: str) -> None:
    answer = client.get(f"{V1}/accounts", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_key")
    assert "nonsense" not in answer.content.decode()  # what was sent is not repeated


def test_expired_revoked_and_left_are_the_same_answer(
    as_key: Caller, person: Callable[[str], Member]
) -> None:
    api = as_key("tanaka", "read")
    assert api.get("/me").status_code == 200
    key = ApiKey.objects.get()
    assert key.last_used_on == clock.today()
    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    expired = api.get("/me")
    ApiKey.objects.update(expires_at=None, revoked_at=clock.now())
    revoked = api.get("/me")
    ApiKey.objects.update(revoked_at=None)
    Member.objects.filter(pk=person("tanaka").pk).update(is_active=False)
    left = api.get("/me")
    assert {expired.status_code, revoked.status_code, left.status_code} == {401}
    assert expired.json() == revoked.json() == left.json()


def test_a_key_acts_with_its_members_rights_cut_to_its_scopes(as_key: Caller) -> None:
    assert as_key("tanaka", "read").get("/me").json()["permissions"] == [
        "account.view", "audit.view", "contact.view", "export.run", "member.view", "price.view", "revenue.view",
    ]  # fmt: skip
    assert as_key("tanaka", "metrics").get("/me").json()["permissions"] == ["revenue.view"]
    assert "month.close" in as_key("tanaka", "write").get("/me").json()["permissions"]
    assert "month.close" not in as_key("sato", "write").get("/me").json()["permissions"]  # 佐藤 may not close


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("read", "/accounts", 200),
        ("metrics", "/accounts", 403),
        ("write", "/accounts", 403),
        ("import", "/accounts", 403),
        ("metrics", "/metrics", 200),
        ("read", "/metrics", 200),
        ("import", "/metrics", 403),
    ],
)
def test_scopes_open_their_endpoints_alone(as_key: Caller, scope: str, path: str, status: int) -> None:
    answer = as_key("tanaka", scope).get(path)
    assert answer.status_code == status
    if status == 403:
        assert "範囲" in answer.json()["detail"]


def test_a_read_key_writes_nothing(as_key: Caller) -> None:
    make.account("A1", "丸一運輸")
    answer = as_key("tanaka", "read").patch("/accounts/A1", {"values": {"segment": "SMB"}})
    assert answer.status_code == 403
    assert answer.json()["data"] == "unchanged" and "変わっていません" in answer.json()["detail"]


def test_human_resources_see_no_customers(as_key: Caller) -> None:
    """伊藤 (人事): 403 for lists, 404 for a thing, 403 for the deed of seeing numbers."""
    make.account("A1", "丸一運輸")
    ito = as_key("ito")
    assert ito.get("/accounts").status_code == 403
    assert ito.get("/accounts/A1").status_code == 404
    assert ito.get("/accounts/A1/timeline").status_code == 404
    assert ito.get("/accounts/A1/contacts").status_code == 404
    assert ito.get("/contacts").status_code == ito.get("/contracts").status_code == 403
    assert ito.get("/metrics/mrr").status_code == 403
    assert ito.get("/audit").status_code == 403
    assert ito.get("/members").status_code == 200
    assert "丸一運輸" not in ito.get("/accounts/A1").content.decode()


def test_the_product_manager_sees_no_people_and_no_money(as_key: Caller) -> None:
    """山本 (プロダクト): customers yes, contacts and money no."""
    from banso_web.accounts.models import Contact

    row = make.account("A1", "丸一運輸", mrr_units=7_000_000_000)
    Contact.objects.create(code="P1", account=row, family_name="秘密", live=True, entry=row.entry)
    yamamoto = as_key("yamamoto")
    shown = yamamoto.get("/accounts/A1")
    assert shown.status_code == 200
    assert shown.json()["account"]["mrr"] is None and shown.json()["account"]["hidden"] == ["mrr"]
    assert yamamoto.get("/accounts/A1/contacts").status_code == 403
    assert yamamoto.get("/accounts/A1/movements").status_code == 403
    assert yamamoto.get("/accounts", {"sort": "-mrr"}).status_code == 403  # the order would tell
    assert "秘密" not in yamamoto.get("/accounts/A1/timeline").content.decode()
    tanaka = as_key("tanaka").get("/accounts/A1/contacts").json()["items"]
    assert [one["family_name"] for one in tanaka] == ["秘密"]


def test_a_session_reads_and_needs_its_token_to_write(person: Callable[[str], Member]) -> None:
    make.account("A1", "丸一運輸")
    page = Client(enforce_csrf_checks=True)
    page.force_login(person("tanaka"))
    assert page.get(f"{V1}/accounts/A1").status_code == 200
    body: dict[str, Any] = {"values": {"segment": "SMB"}}
    refused = page.patch(f"{V1}/accounts/A1", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    page.get(f"{V1}/docs")
    token = page.cookies["csrftoken"].value
    done = page.patch(
        f"{V1}/accounts/A1", body, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert done.status_code == 200, done.content


def test_the_docs_page_needs_a_log_in_and_names_no_other_host(
    client: Client, person: Callable[[str], Member]
) -> None:
    assert client.get(f"{V1}/docs").status_code == 302
    client.force_login(person("ito"))
    text = client.get(f"{V1}/docs").content.decode()
    assert "swagger-ui" in text
    assert "http://" not in text and "https://" not in text


def test_more_than_the_minute_holds_waits(as_key: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.PER_WINDOW, "read", 2)
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_000.0)
    api, other = as_key("tanaka"), as_key("sato")
    assert [api.get("/me").status_code for _ in range(3)] == [200, 200, 429]
    refused = api.get("/me")
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert other.get("/me").status_code == 200
    monkeypatch.setattr(limits.time, "time", lambda: 1_000_060.0)
    assert api.get("/me").status_code == 200


def test_other_origins_are_told_nothing(as_key: Caller) -> None:
    answer = as_key("tanaka").get("/me", Origin="https://elsewhere.example")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_every_answer_says_what_is_left_of_the_minute(as_key: Caller) -> None:
    api = as_key("tanaka")
    first, second = api.get("/me"), api.get("/accounts/nothing")
    assert (first.status_code, second.status_code) == (200, 404)
    assert int(first["RateLimit-Remaining"]) - int(second["RateLimit-Remaining"]) == 1
    assert (
        first["RateLimit-Limit"] == str(limits.PER_WINDOW["read"])
        and 1 <= int(first["RateLimit-Reset"]) <= 61
    )


@pytest.mark.parametrize(
    ("accept", "packed"), [("gzip, br", True), ("", False), ("gzip;q=0", False), ("br", False)]
)
def test_a_big_answer_is_compressed_for_those_who_read_it(as_key: Caller, accept: str, packed: bool) -> None:
    api = as_key("tanaka")
    plain = api.get("/metrics")
    answer = api.get("/metrics", **{"Accept-Encoding": accept})
    assert (answer.get("Content-Encoding") == "gzip") is packed
    assert "Accept-Encoding" in answer["Vary"]
    body = gzip.decompress(answer.content) if packed else answer.content
    assert json.loads(body)["items"] == plain.json()["items"]
    assert api.get("/me", **{"Accept-Encoding": "gzip"}).get("Content-Encoding") is None  # too small


def test_what_is_to_go_says_so(as_key: Caller, rf: RequestFactory) -> None:
    router = Router()

    @router.get("/old", auth=None, openapi_extra=going("2026-12-01", "2027-06-01", "/api/v1/touches"))
    def old(request: Any) -> dict[str, int]:
        return {"a": 1}

    (operation,) = router.path_operations["/old"].operations
    guard(operation)
    answer = around(operation.run)(rf.get("/api/v1/old"))
    assert answer["Deprecation"] == "@1796083200"  # 2026-12-01T00:00:00Z
    assert answer["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert answer["Link"] == '</api/v1/touches>; rel="successor-version"'
    assert operation.openapi_extra["deprecated"] is True


def test_the_audit_log_hides_prices_from_who_may_not_see_them(
    as_key: Caller, person: Callable[[str], Member]
) -> None:
    row = make.account("A1", "丸一運輸")
    audit.record(
        "contract.price", actor=person("tanaka"), subject="contract", subject_id=row.pk, label="K1",
        old={"stated_units": None, "plan": "A"}, new={"stated_units": 567_890_000, "plan": "B"},
    )  # fmt: skip
    reads = Role.objects.create(key="log", name_ja="記録", name_en="Log", permissions=["audit.view"])
    person("yamamoto").roles.add(reads)
    (seen,) = as_key("tanaka").get("/audit", {"subject": "contract"}).json()["items"]
    (cut,) = as_key("yamamoto").get("/audit", {"subject": "contract"}).json()["items"]
    assert (seen["new"]["stated_units"], seen["hidden"]) == (567_890_000, [])
    assert (cut["new"], cut["hidden"]) == ({"stated_units": None, "plan": "B"}, ["stated_units"])
