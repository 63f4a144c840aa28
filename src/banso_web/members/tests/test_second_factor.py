"""TOTP, recovery codes and the demand for a second factor."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from banso_web.core import settings_store
from banso_web.core.models import AuditRow
from banso_web.members.models import ApiKey, Member
from banso_web.members.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]
Browsers = Callable[[str], Client]


def code_now(secret: str) -> str:
    counter = int(time.time()) // 30
    assert counter in set(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret, counter)))


def register_app(client: Client) -> tuple[str, list[str]]:
    """Register an authenticator app; gives its secret and the recovery codes shown."""
    assert client.post("/login/confirm/?next=/login/second/app/", {"password": PASSWORD}).status_code == 302
    page = client.get("/login/second/app/").content.decode()
    found = re.search(r'class="secret">(\w+)<', page)
    assert found is not None and "data:image/svg" in page
    answer = client.post("/login/second/app/", {"code": code_now(found[1])})
    assert answer.status_code == 302 and answer["Location"] == "/login/second/recovery/"
    codes = client.get("/login/second/recovery/").content.decode()
    shown = re.search(r'<pre class="secret">([^<]+)</pre>', codes)
    assert shown is not None
    return found[1], shown[1].split()


def test_the_app_is_asked_for_and_a_recovery_code_works_once(
    browser: Browsers, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        secret, codes = register_app(browser("sato"))
    assert len(codes) == 10
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored, "kept encrypted"
    text = str(list(AuditRow.objects.values()))
    assert secret not in text and "second_factor.add" in text
    client = Client()
    answer = client.post("/login/", {"login": "sato@example.jp", "password": PASSWORD})
    assert answer["Location"] == "/login/second/code/"
    assert client.get("/me/").status_code == 302, "the password alone lets nobody in"
    wrong = client.post("/login/second/code/", {"code": "000000"})
    assert wrong.status_code == 200 and "コードが違います。" in wrong.content.decode()
    assert AuditRow.objects.filter(action="login.second_factor_failed").count() == 1
    assert client.post("/login/second/code/", {"code": codes[0]}).status_code == 302
    assert client.get("/me/").status_code == 200
    again = Client()
    again.post("/login/", {"login": "sato@example.jp", "password": PASSWORD})
    assert again.post("/login/second/code/", {"code": codes[0]}).status_code == 200
    assert again.get("/me/").status_code == 302


def test_guessing_codes_is_locked_out(browser: Browsers) -> None:
    secret, _codes = register_app(browser("sato"))
    client = Client()
    client.post("/login/", {"login": "sato@example.jp", "password": PASSWORD})
    for _try in range(5):
        client.post("/login/second/code/", {"code": "000000"})
    locked = client.post("/login/second/code/", {"code": code_now(secret)})
    assert locked.status_code == 200 and "しばらく受け付けません" in locked.content.decode()
    assert client.get("/me/").status_code == 302


def test_a_role_may_demand_a_second_factor(browser: Browsers) -> None:
    settings_store.put("login.second_factor_roles", ["member"], actor=None)
    client, admin = browser("sato"), browser("kanri")
    assert admin.get("/members/").status_code == 200
    answer = client.get("/members/")
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    part = client.get("/members/", headers={"HX-Request": "true"})
    assert part.status_code == 204 and part["HX-Redirect"] == "/me/"
    assert "二段階認証が必要です" in client.get("/me/").content.decode()
    register_app(client)
    assert client.get("/members/").status_code == 200


def test_the_setting_refuses_unknown_roles() -> None:
    from banso_web.core.errors import Refused

    with pytest.raises(Refused, match="知らない役割"):
        settings_store.put("login.second_factor_roles", "member,emperor", actor=None)
    with pytest.raises(Refused):
        settings_store.put("login.idle_minutes", "2", actor=None)


def test_no_api_key_goes_around_a_demanded_second_factor(browser: Browsers) -> None:
    settings_store.put("login.second_factor_roles", ["member"], actor=None)
    client = browser("sato")
    given = {"name": "around", "scopes": ["read"], "days": "30"}
    assert client.post("/me/keys/", given)["Location"] == "/me/"
    assert not ApiKey.objects.exists()
    settings_store.put("login.second_factor_roles", [], actor=None)
    assert browser("sato").post("/me/keys/", given).status_code == 200 and ApiKey.objects.count() == 1


def test_second_factors_need_a_fresh_proof(browser: Browsers) -> None:
    client = browser("sato")
    for path in ("/login/second/app/", "/login/passkeys/add/", "/login/second/recovery/new/"):
        assert client.get(path)["Location"].startswith("/login/confirm/")
