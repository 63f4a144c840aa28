"""Logging in through a real Chromium: password, passkey, narrow screens, both languages, no serious axe finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import caches
from playwright.sync_api import Browser, Page

from banso_web.members.models import Member, Role
from banso_web.members.permissions import ROLES
from banso_web.members.setup import setup_token

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"


@pytest.fixture
def page(chromium: Browser, live_server: Any) -> Iterator[Page]:
    caches["default"].clear()
    context = chromium.new_context(base_url=live_server.url.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    broken: list[str] = []
    page.on(
        "console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None
    )
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    context.close()
    assert broken == []


@pytest.fixture
def admin(live_server: Any) -> Member:
    member = Member(code="kanri", name="管理者", email="kanri@example.jp")
    member.set_password(PASSWORD)
    member.save()
    for key in ("admin", "manager"):
        ja, en, permissions = ROLES[key]
        values = {"name_ja": ja, "name_en": en, "permissions": permissions, "built_in": True}
        member.roles.add(Role.objects.get_or_create(key=key, defaults=values)[0])
    return member


def log_in(page: Page) -> None:
    page.goto("/login/?next=/me/")
    page.fill("[name=login]", "kanri@example.jp")
    page.fill("[name=password]", PASSWORD)
    page.click("form.form button.btn-primary")
    page.wait_for_url("**/me/")


def test_the_first_user_sets_up_the_home(page: Page) -> None:
    page.goto(f"/setup/?token={setup_token()}")
    given = {"organisation": "株式会社テスト", "name": "管理 花子", "email": "hanako@example.jp"}
    for name, text in {**given, "password1": PASSWORD, "password2": PASSWORD}.items():
        page.fill(f"[name={name}]", text)
    page.click("form.form button.btn-primary")
    page.wait_for_url("**/settings/setup/")
    assert "株式会社テスト" in page.inner_text("body")


def test_a_passkey_is_registered_and_logs_in_without_a_password(page: Page, admin: Member) -> None:
    log_in(page)
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    keys.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto("/login/passkeys/add/")
    page.fill("[name=password]", PASSWORD)
    page.click("form.form button.btn-primary")
    page.wait_for_url("**/passkeys/add/")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/second/recovery/")
    assert len(page.inner_text("pre.secret").split()) == 10
    page.context.clear_cookies()
    page.goto("/login/")
    page.click("#passkey_login")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/me/")
    assert "パスキー 1" in page.inner_text("main")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_about_people_are_accessible_and_fit_a_telephone(
    page: Page, admin: Member, language: str
) -> None:
    axe: Callable[[Page], Any] = Axe().run
    role = Role.objects.get(key="manager")
    page.goto(f"/login/?lang={language}")
    assert [
        one["id"] for one in axe(page).response["violations"] if one["impact"] in ("serious", "critical")
    ] == []
    log_in(page)
    for path in (
        "/me/",
        "/members/",
        f"/members/{admin.pk}/",
        "/members/invitations/",
        "/settings/roles/",
        f"/settings/roles/{role.pk}/",
        "/login/password/change/",
    ):
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.goto(path).status == 200  # type: ignore[union-attr]
        found = [
            one["id"] for one in axe(page).response["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert found == [], path
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
