"""Coming in: set-up, log-in, lock-out, links, and what must not be possible."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from banso_web.core import clock, settings_store
from banso_web.core.models import AuditRow
from banso_web.members.actions import change_roles, deactivate, invite, issue_entry_link, issue_reset
from banso_web.members.jobs import send_reset_mail
from banso_web.members.models import Member
from banso_web.members.setup import setup_token
from banso_web.members.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]
Browsers = Callable[[str], Client]
NEW_PASSWORD = "quiet river stone 81"
FIRST = {
    "organisation": "株式会社テスト",
    "name": "管理 花子",
    "email": "Hanako@example.jp",
    "password1": NEW_PASSWORD,
    "password2": NEW_PASSWORD,
}


def log_in(email: str, password: str, client: Client | None = None, **extra: str) -> tuple[Client, int, str]:
    client = client or Client()
    answer = client.post("/login/", {"login": email, "password": password, **extra})
    return client, answer.status_code, answer.content.decode()


def plain(body: str) -> str:
    """A page without its CSRF tokens, which differ every time."""
    return re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")\w+', "", body)


def logged_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def env(**changes: object) -> object:
    """The environment object with other values (it is frozen)."""
    from dataclasses import replace

    return replace(settings.ENV, **changes)  # type: ignore[arg-type]


# --- set-up ---------------------------------------------------------------------------------------------------------
def test_set_up_makes_the_first_user_once() -> None:
    old, token = setup_token(), setup_token()
    client = Client()
    assert client.get("/setup/").status_code == 404
    assert client.get("/setup/", {"token": "x" * 43}).status_code == 404
    assert client.get("/setup/", {"token": old}).status_code == 404, (
        "the next start makes the earlier link void"
    )
    assert client.get("/setup/", {"token": token}).status_code == 200
    weak = client.post("/setup/", {**FIRST, "password1": "short", "password2": "short", "token": token})
    assert weak.status_code == 200 and not Member.objects.exists()
    answer = client.post("/setup/", {**FIRST, "token": token})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/setup/")
    member = Member.objects.get()
    assert member.email == "hanako@example.jp" and member.check_password(NEW_PASSWORD)
    assert sorted(member.roles.values_list("key", flat=True)) == ["admin", "manager"]
    assert settings_store.get("organisation.name") == "株式会社テスト"
    assert logged_in(client)
    assert client.get("/setup/", {"token": token}).status_code == 404
    assert Client().post("/setup/", {**FIRST, "email": "b@example.jp", "token": token}).status_code == 404
    assert setup_token() == ""
    assert Member.objects.count() == 1
    assert NEW_PASSWORD not in str(list(AuditRow.objects.values()))


def test_imported_people_do_not_close_the_set_up() -> None:
    Member.objects.create(code="M1", name="佐藤 葵", email="hanako@example.jp")
    answer = Client().post("/setup/", {**FIRST, "token": setup_token()})
    assert answer.status_code == 302
    assert Member.objects.get(code="M1").may("member.manage"), (
        "the person the file brought is the one who sets up"
    )


# --- log-in -----------------------------------------------------------------------------------------------------------
def test_log_in_is_without_regard_to_case_and_audited(person: People) -> None:
    sato = person("sato")
    Member.objects.filter(pk=sato.pk).update(email="Sato@Example.jp")  # as an import may have brought it
    client, status, _body = log_in(" sato@EXAMPLE.jp ", PASSWORD)
    assert status == 302 and logged_in(client)
    row = AuditRow.objects.get(action="login.ok")
    assert row.actor == sato and row.new["by"] == ["password"]
    client.post("/login/logout/")
    assert not logged_in(client) and AuditRow.objects.filter(action="logout", actor=sato).exists()


def test_unknown_people_and_wrong_passwords_get_one_answer(person: People) -> None:
    person("sato")
    Member.objects.create(code="M9", name="輸入", email="imported@example.jp")  # no password at all
    answers = []
    for email in ("sato@example.jp", "nobody@example.jp", "imported@example.jp"):
        _client, status, body = log_in(email, "wrong wrong wrong")
        assert status == 200 and "メールアドレスかパスワードが違います。" in body
        answers.append(plain(body.replace(email, "")))
    assert answers[0] == answers[1] == answers[2]
    rows = AuditRow.objects.filter(action="login.failed").order_by("id")
    assert [row.new["known"] for row in rows] == [True, False, True]
    text = str(list(AuditRow.objects.values()))
    assert "wrong wrong" not in text and "nobody@" not in text


@pytest.mark.parametrize("email", ["sato@example.jp", "nobody@example.jp"])
def test_five_failures_lock_out_with_the_time_whoever_it_is(
    person: People, email: str, settings: object
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "elsewhere.example"]  # type: ignore[attr-defined]
    person("sato")
    for _try in range(5):
        log_in(email, "wrong wrong wrong")
    for host in ("testserver", "elsewhere.example"):  # another Host header is not another set of tries
        client = Client(HTTP_HOST=host)
        _client, status, body = log_in(email, PASSWORD, client)
        assert status == 200 and "5 分後にもう一度お試しください" in body
        assert not logged_in(client)
    assert AuditRow.objects.filter(action="login.locked").count() == 1
    person("suzuki")
    assert log_in("suzuki@example.jp", PASSWORD)[1] == 302, "others are not locked out"


def test_an_inactive_member_cannot_log_in_and_open_log_ins_end(person: People, browser: Browsers) -> None:
    client, admin = browser("sato"), person("kanri")
    assert logged_in(client)
    deactivate(person("sato"), actor=admin)
    assert not logged_in(client)
    fresh, _status, _body = log_in("sato@example.jp", PASSWORD)
    assert not logged_in(fresh)


def test_no_open_redirect(person: People) -> None:
    person("sato")
    for target in (
        "https://evil.example/",
        "//evil.example/",
        "https:evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
    ):
        answer = Client().post("/login/", {"login": "sato@example.jp", "password": PASSWORD, "next": target})
        assert (
            answer.status_code == 302
            and "evil" not in answer["Location"]
            and "javascript" not in answer["Location"]
        )
    answer = Client().post("/login/", {"login": "sato@example.jp", "password": PASSWORD, "next": "/members/"})
    assert answer["Location"] == "/members/"


def test_the_session_key_changes_at_log_in(person: People) -> None:
    person("sato")
    client = Client()
    session = client.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    log_in("sato@example.jp", PASSWORD, client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert not logged_in(thief)


def test_posts_without_the_csrf_token_are_refused(person: People, browser: Browsers) -> None:
    person("sato")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/login/", {"login": "sato@example.jp", "password": PASSWORD}).status_code == 403
    admin = browser("kanri")
    admin.handler.enforce_csrf_checks = True
    sato = person("sato")
    assert admin.post(f"/members/{sato.pk}/roles/", {"roles": ["admin"]}).status_code == 403
    assert admin.post("/me/keys/", {"name": "x", "scopes": ["read"]}).status_code == 403
    assert not sato.may("member.manage")


@pytest.mark.parametrize(
    "path",
    ["signup", "email", "confirm-email", "password/set", "code", "3rdparty", "3rdparty/signup", "social/signup",
     "sessions", "-/account_signup", "-/socialaccount_signup", "-/account_email", "oidc/sso", "oidc/google"],
)  # fmt: skip
def test_pages_that_are_not_offered_do_not_exist(browser: Browsers, path: str) -> None:
    for client in (Client(), browser("kanri")):
        assert client.get(f"/login/{path}/").status_code == 404
        assert client.post(f"/login/{path}/", {"email": "x@example.jp"}).status_code == 404
    assert Member.objects.count() == 1


def test_idle_log_ins_end(person: People, browser: Browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_store.put("login.idle_minutes", "30", actor=None)
    client, now = browser("sato"), clock.now()
    assert logged_in(client)
    for minutes, stays in ((29, True), (58, True), (89, False)):
        monkeypatch.setattr(clock, "now", lambda minutes=minutes: now + timedelta(minutes=minutes))
        assert logged_in(client) is stays, minutes


# --- links ------------------------------------------------------------------------------------------------------------
def test_an_invited_person_joins_and_is_logged_in(person: People) -> None:
    _invitation, token = invite("小林", "k@example.jp", ["member"], actor=person("kanri"))
    client = Client()
    form = {"name": "小林 翔", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "token": token}
    assert client.get("/login/join/", {"token": token}).status_code == 200
    assert client.post("/login/join/", {**form, "password2": "other"}).status_code == 200
    answer = client.post("/login/join/", form)
    assert answer.status_code == 302 and logged_in(client)
    assert Client().get("/login/join/", {"token": token}).status_code == 404
    assert Client().post("/login/join/", form).status_code == 404
    assert log_in("k@example.jp", NEW_PASSWORD)[1] == 302


def test_a_reset_link_ends_every_log_in(person: People, browser: Browsers) -> None:
    client = browser("sato")
    token = issue_reset(person("sato"), actor=None)
    other = Client()
    form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "token": token}
    assert other.post("/login/password/link/", form)["Location"] == "/login/"
    assert not logged_in(client) and not logged_in(other)
    assert log_in("sato@example.jp", PASSWORD)[1] == 200
    assert log_in("sato@example.jp", NEW_PASSWORD)[1] == 302
    assert other.post("/login/password/link/", form).status_code == 404


def test_without_a_public_address_no_link_is_mailed(person: People, settings: object) -> None:
    person("sato")
    settings.ENV = env(public_url="")  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["testserver", "evil.example"]  # type: ignore[attr-defined]
    answer = Client().post("/login/password/reset/", {"email": "sato@example.jp"}, HTTP_HOST="evil.example")
    assert "banso member reset-password" in answer.content.decode()
    send_reset_mail.call("sato@example.jp", "ja")
    assert mail.outbox == []


def test_reset_mails_answer_alike_and_link_to_the_public_address(person: People, settings: object) -> None:
    from django_tasks_db.models import DBTaskResult

    person("sato")
    settings.ENV = env(public_url="https://banso.example.jp")  # type: ignore[attr-defined]
    settings.ALLOWED_HOSTS = ["testserver", "evil.example"]  # type: ignore[attr-defined]
    pages = []
    for email in ("sato@example.jp", "nobody@example.jp"):
        answer = Client().post("/login/password/reset/", {"email": email}, HTTP_HOST="evil.example")
        pages.append(plain(answer.content.decode()))
    assert answer.status_code == 200 and pages[0] == pages[1] and "確かめてください" in pages[0]
    assert DBTaskResult.objects.count() == 2, "the same work in the page for both"
    send_reset_mail.call("nobody@example.jp", "ja")
    assert mail.outbox == []
    send_reset_mail.call("SATO@example.jp", "ja")
    (letter,) = mail.outbox
    assert letter.to == ["sato@example.jp"] and "evil" not in letter.body
    found = re.search(r"https://banso\.example\.jp(/login/password/link/\?token=\S+)", letter.body)
    assert found is not None
    assert Client().get(found[1]).status_code == 200
    token = found[1].split("token=")[1]
    assert token not in str(list(AuditRow.objects.values())) + str(list(DBTaskResult.objects.values()))


def test_reset_requests_are_limited(person: People, settings: object) -> None:
    settings.ENV = env(public_url="https://banso.example.jp")  # type: ignore[attr-defined]
    codes = [
        Client().post("/login/password/reset/", {"email": "sato@example.jp"}).status_code for _try in range(6)
    ]
    assert codes == [200] * 5 + [429]


def test_break_glass_logs_in_once_by_a_button(person: People) -> None:
    token = issue_entry_link(person("sato"))
    client = Client()
    assert client.get("/login/enter/", {"token": token}).status_code == 200
    assert not logged_in(client), "looking at the link does not use it"
    assert client.post("/login/enter/", {"token": token}).status_code == 302 and logged_in(client)
    assert Client().post("/login/enter/", {"token": token}).status_code == 404
    assert AuditRow.objects.filter(action="member.entry_link").exists()


def test_a_member_without_a_role_sees_nothing(person: People, browser: Browsers) -> None:
    client = browser("sato")
    change_roles(person("sato"), [], actor=person("kanri"))
    assert client.get("/members/").status_code == 403
    assert client.get(f"/members/{person('suzuki').pk}/").status_code == 404
    assert client.get("/me/").status_code == 200


def test_mail_goes_to_the_outbox_folder_without_smtp() -> None:
    from banso_web.config.mail import BadSmtpUrl, mail_settings

    assert mail_settings("") == {}
    assert Path(settings.EMAIL_FILE_PATH).name == "outbox"
    found = mail_settings("smtp+tls://us%40er:p%23w@mail.example.jp:587")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (
        "mail.example.jp", 587, True, False,
    )  # fmt: skip
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("us@er", "p#w")
    assert mail_settings("smtps://mail.example.jp")["EMAIL_PORT"] == 465
    for bad in ("http://x", "smtp:///"):
        with pytest.raises(BadSmtpUrl):
            mail_settings(bad)
