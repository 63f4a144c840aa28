"""OpenID Connect against a provider process of its own, the whole code flow over HTTP."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client

from banso_web.core import settings_store
from banso_web.core.models import AuditRow
from banso_web.members.actions import deactivate, issue_entry_link
from banso_web.members.models import Member
from banso_web.members.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay)


def call(url: str, data: bytes | None = None, method: str = "", kind: str = "") -> tuple[int, str, str]:
    """(status, Location, body) of one HTTP request, without following it."""
    asked = urllib.request.Request(url, data=data, method=method or ("POST" if data is not None else "GET"))
    if kind:
        asked.add_header("Content-Type", kind)
    try:
        with _opener.open(asked, timeout=10) as answer:
            return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers.get("Location", ""), answer.read().decode()


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A real provider on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _try in range(100):
            try:
                if call(address + "/.well-known/openid-configuration")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail("the provider did not start")
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def oidc(provider: str, settings: Any) -> str:
    """Banso as BANSO_OIDC_* would set it up."""
    settings.OIDC_ISSUER, settings.OIDC_NAME = provider, "会社の認証"
    providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    providers["openid_connect"]["APPS"] = [
        {"provider_id": "sso", "name": "会社の認証", "client_id": "banso", "secret": "s3cret-of-client",
         "settings": {"server_url": provider}}
    ]  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = providers
    return provider


def through_provider(
    provider: str, sub: str, claims: dict[str, Any], client: Client | None = None
) -> tuple[Client, Any]:
    """Log in: Banso's link, the provider's page answered as `sub`, and back with the code."""
    assert call(f"{provider}/users/{sub}", json.dumps(claims).encode(), "PUT", "application/json")[0] < 300
    client = client or Client(HTTP_HOST="localhost:8000")
    start = client.get("/login/oidc/sso/", {"next": "/me/"})
    assert start.status_code == 302 and start["Location"].startswith(provider)
    assert "code_challenge=" in start["Location"] and "state=" in start["Location"]
    status, back, body = call(
        start["Location"], urlencode({"sub": sub}).encode(), kind="application/x-www-form-urlencoded"
    )
    assert status in (302, 303), body
    parts = urlsplit(back)
    assert parts.path == "/login/oidc/sso/callback/"
    return client, client.get(f"{parts.path}?{parts.query}")


def signed_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def refusals() -> list[str]:
    return [row.new["why"] for row in AuditRow.objects.filter(action="login.oidc_refused").order_by("id")]


def test_a_member_comes_in_by_verified_address_and_again(person: People, oidc: str) -> None:
    sato = person("sato")
    page = Client(HTTP_HOST="localhost:8000").get("/login/").content.decode()
    assert "会社の認証 でログインする" in page and "s3cret" not in page
    for _time in range(2):
        client, answer = through_provider(oidc, "u1", {"email": "SATO@example.jp", "email_verified": True})
        assert (answer.status_code, answer["Location"]) == (302, "/me/"), answer.content.decode()[:3000]
        assert signed_in(client)
    rows = AuditRow.objects.filter(action="login.ok", actor=sato)
    assert [row.new["by"] for row in rows] == [["socialaccount"]] * 2
    assert Member.objects.count() == 2  # 佐藤 and the manager 田中


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {}, {"email_verified": "true"}, {"email_verified": 1}]
)
def test_an_address_that_is_not_verified_lets_nobody_in(
    person: People, oidc: str, claims: dict[str, Any]
) -> None:
    person("sato")
    client, answer = through_provider(oidc, "u2", {"email": "sato@example.jp", **claims})
    assert answer.status_code == 403 and not signed_in(client)
    assert refusals() == ["unverified"]


def test_unknown_people_are_refused_or_made_without_a_role(person: People, oidc: str) -> None:
    new = {"email": "new@example.jp", "email_verified": True, "name": "新人 空"}
    client, answer = through_provider(oidc, "u3", new)
    assert answer.status_code == 403 and "招待を依頼" in answer.content.decode() and not signed_in(client)
    assert not Member.objects.exists() and refusals() == ["unknown"]
    settings_store.put("login.oidc_new_members", True, actor=None)
    client, answer = through_provider(oidc, "u3", new)
    assert answer.status_code == 302 and signed_in(client)
    made = Member.objects.get()
    assert (made.name, made.email, made.permissions, made.has_usable_password()) == (
        "新人 空", "new@example.jp", frozenset(), False,
    )  # fmt: skip


def test_a_member_who_left_and_a_login_of_another_member_are_refused(person: People, oidc: str) -> None:
    sato, suzuki, admin = person("sato"), person("suzuki"), person("kanri")
    through_provider(oidc, "u4", {"email": "sato@example.jp", "email_verified": True})
    client, answer = through_provider(oidc, "u4", {"email": "suzuki@example.jp", "email_verified": True})
    assert answer.status_code == 403 and not signed_in(client), "one login at the provider is one member"
    deactivate(sato, actor=admin)
    client, answer = through_provider(oidc, "u4", {"email": "sato@example.jp", "email_verified": True})
    assert answer.status_code == 403 and not signed_in(client)
    assert refusals() == ["other_member", "inactive"] and suzuki.is_active


def test_a_stolen_or_repeated_answer_is_refused(person: People, oidc: str) -> None:
    person("sato")
    victim = Client(HTTP_HOST="localhost:8000")
    answer = victim.get("/login/oidc/sso/callback/", {"code": "guessed", "state": "guessed"})
    assert answer.status_code >= 400 or "ログインできませんでした" in answer.content.decode()
    assert not signed_in(victim)


def test_an_unreachable_provider_is_told_not_crashed(person: People, oidc: str, settings: Any) -> None:
    providers = copy.deepcopy(settings.SOCIALACCOUNT_PROVIDERS)
    providers["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://localhost:9"
    settings.SOCIALACCOUNT_PROVIDERS = providers
    assert Client(HTTP_HOST="localhost:8000").get("/login/").status_code == 200
    answer = Client(HTTP_HOST="localhost:8000").get("/login/oidc/sso/")
    assert answer.status_code == 503 and "ログインできませんでした" in answer.content.decode()


def test_enforced_means_no_other_way_but_break_glass(person: People, oidc: str, settings: Any) -> None:
    settings.OIDC_ENFORCE = True
    sato = person("sato")
    client = Client(HTTP_HOST="localhost:8000")
    page = client.get("/login/").content.decode()
    assert "会社の認証 でログインする" in page and 'type="password"' not in page
    for path, data in (
        ("/login/", {"login": "sato@example.jp", "password": PASSWORD}),
        ("/login/passkeys/login/", {"credential": "{}"}),
        ("/login/password/reset/", {"email": "sato@example.jp"}),
        ("/login/password/link/", {"token": "x"}),
    ):
        assert client.post(path, data).status_code == 403, path
    assert not signed_in(client)
    client, answer = through_provider(oidc, "u6", {"email": "sato@example.jp", "email_verified": True})
    assert answer.status_code == 302 and signed_in(client)
    other = Client(HTTP_HOST="localhost:8000")
    other.post("/login/enter/", {"token": issue_entry_link(sato)})
    assert signed_in(other)
