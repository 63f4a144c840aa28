"""Pages about people: 404 for things, 403 for deeds, for each named person; and what the pages do."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from banso_web.core.models import AuditRow
from banso_web.members.actions import create_key, find_key
from banso_web.members.models import ApiKey, Invitation, Member, Role

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]
Browsers = Callable[[str], Client]
EVERYBODY = ("tanaka", "sato", "yamamoto", "ito", "watanabe", "kanri")
MANAGES = ("kanri",)


def test_nobody_comes_in_without_logging_in(person: People) -> None:
    sato = person("sato")
    for path in ("/me/", "/members/", f"/members/{sato.pk}/", "/members/invitations/", "/settings/roles/"):
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_sees_and_does_what(person: People, browser: Browsers, who: str) -> None:
    client, other = browser(who), person("suzuki")
    role = Role.objects.get(key="hr")
    manages = who in MANAGES
    assert client.get("/members/").status_code == 200, (
        "every shipped role but the partner sees who works here"
    )
    page = client.get(f"/members/{other.pk}/")
    assert page.status_code == 200
    assert ("再設定のリンクを作る" in page.content.decode()) is manages
    assert client.get("/members/99999/").status_code == 404
    things = [
        "/members/invitations/",
        "/settings/roles/",
        f"/settings/roles/{role.pk}/",
        "/settings/roles/new/",
    ]
    assert [client.get(path).status_code for path in things] == [200 if manages else 403] * len(things)
    before = AuditRow.objects.exclude(action="login.ok").count()
    deeds = {
        f"/members/{other.pk}/edit/": {"name": "別名", "job": "member"},
        f"/members/{other.pk}/roles/": {"roles": ["admin"]},
        f"/members/{other.pk}/activity/": {"state": "left"},
        f"/members/{other.pk}/reset-link/": {},
        "/members/invitations/": {"name": "x", "email": "x@example.jp", "roles": ["admin"]},
        "/settings/roles/new/": {"name_ja": "x", "name_en": "x", "permissions": ["member.manage"]},
        f"/settings/roles/{role.pk}/": {"name_ja": "x", "name_en": "x", "permissions": ["member.manage"]},
    }
    codes = {path: client.post(path, data).status_code for path, data in deeds.items()}
    if manages:
        assert set(codes.values()) <= {200, 302}
    else:
        assert set(codes.values()) == {403}, codes
        assert AuditRow.objects.exclude(action="login.ok").count() == before


def test_a_partner_sees_only_themselves(person: People, browser: Browsers) -> None:
    client, me = browser("sato"), person("sato")
    me.roles.set(Role.objects.filter(key="partner"))
    assert client.get("/members/").status_code == 403
    assert client.get(f"/members/{person('suzuki').pk}/").status_code == 404
    assert client.post(f"/members/{person('suzuki').pk}/activity/", {"state": "left"}).status_code == 404
    assert client.get(f"/members/{me.pk}/").status_code == 200
    assert client.post(f"/members/{me.pk}/roles/", {"roles": ["admin"]}).status_code == 403


def test_the_list_groups_people_and_counts_queries_once(
    person: People, browser: Browsers, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    client = browser("kanri")
    for number in range(30):
        Member.objects.create(code=f"M{number}", name=f"人{number:02}")
    Member.objects.create(code="gone", name="退職", is_active=False)
    with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
        text = client.get("/members/").content.decode()
    assert "人00" in text and "退職" not in text
    assert "退職" in client.get("/members/?tab=left").content.decode()
    assert "管理者</a>" not in client.get("/members/?tab=no_role").content.decode()
    assert "人07" in client.get("/members/?q=人07").content.decode()


def test_inviting_shows_the_link_once(browser: Browsers, person: People) -> None:
    client = browser("kanri")
    answer = client.post(
        "/members/invitations/", {"name": "小林", "email": "k@example.jp", "roles": ["member"]}
    )
    found = re.search(r'id="fresh-link">([^<]+)<', answer.content.decode())
    assert found is not None and found[1].startswith("http://testserver/login/join/?token=")
    assert "fresh-link" not in client.get("/members/invitations/").content.decode()
    assert Client().get(found[1]).status_code == 200
    invitation = Invitation.objects.get(email="k@example.jp")
    assert client.post(f"/members/invitations/{invitation.pk}/withdraw/").status_code == 302
    assert Client().get(found[1]).status_code == 404
    bad = client.post("/members/invitations/", {"name": "x", "email": "sato", "roles": ["member"]})
    assert bad.status_code == 422


def test_roles_are_edited_in_the_matrix(browser: Browsers, person: People) -> None:
    client, sato = browser("kanri"), person("sato")
    role = Role.objects.get(key="member")
    assert sato.may("account.edit_own")
    form = {"name_ja": "CS担当", "name_en": "CS member", "permissions": ["account.view"]}
    assert client.post(f"/settings/roles/{role.pk}/", form).status_code == 302
    assert Member.objects.get(pk=sato.pk).permissions == {"account.view"}
    row = AuditRow.objects.get(action="role.edit")
    assert "account.edit_own" in row.old["permissions"] and row.new["permissions"] == ["account.view"]
    assert client.post(f"/settings/roles/{role.pk}/delete/").status_code == 422
    admin = Role.objects.get(key="admin")
    last = client.post(f"/settings/roles/{admin.pk}/", {"name_ja": "x", "name_en": "x", "permissions": []})
    assert last.status_code == 422 and "管理できる人がいなくなる" in last.content.decode()


def test_a_key_is_shown_once_and_never_again(browser: Browsers, person: People) -> None:
    client = browser("sato")
    answer = client.post("/me/keys/", {"name": "表計算", "scopes": ["read"], "days": "30"})
    found = re.search(r'id="fresh-key">([^<]+)<', answer.content.decode())
    assert found is not None and find_key(found[1]) is not None
    assert "no-store" in answer["Cache-Control"]
    again = client.get("/me/").content.decode()
    assert found[1] not in again and "表計算" in again
    key = ApiKey.objects.get()
    assert browser("suzuki").post(f"/me/keys/{key.pk}/revoke/").status_code == 404
    assert client.post(f"/me/keys/{key.pk}/revoke/").status_code == 302
    assert find_key(found[1]) is None
    assert client.post("/me/keys/", {"name": "", "scopes": []}).status_code == 422


def test_members_end_their_other_log_ins(browser: Browsers, person: People) -> None:
    here, there = browser("sato"), browser("sato")
    other = browser("suzuki")
    assert "この端末" in here.get("/me/").content.decode()
    assert here.post("/me/sessions/end/").status_code == 302
    assert here.get("/me/").status_code == 200 and there.get("/me/").status_code == 302
    assert other.get("/me/").status_code == 200
    admin = browser("kanri")
    admin.post(f"/members/{person('suzuki').pk}/activity/", {"state": "sign_out"})
    assert other.get("/me/").status_code == 302


def test_changing_the_password_ends_other_log_ins(browser: Browsers) -> None:
    here, there = browser("sato"), browser("sato")
    form = {
        "oldpassword": "correct horse battery",
        "password1": "quiet river stone 81",
        "password2": "quiet river stone 81",
    }
    assert (
        "今のパスワードが違います"
        in here.post("/login/password/change/", {**form, "oldpassword": "x"}).content.decode()
    )
    assert here.post("/login/password/change/", form).status_code == 302
    assert here.get("/me/").status_code == 200 and there.get("/me/").status_code == 302
    assert AuditRow.objects.filter(action="member.password").count() == 1


def test_a_reset_link_made_by_an_administrator_is_shown_once(browser: Browsers, person: People) -> None:
    client, sato = browser("kanri"), person("sato")
    page = client.post(f"/members/{sato.pk}/reset-link/").content.decode()
    found = re.search(r'id="fresh-link">([^<]+)<', page)
    assert found is not None and Client().get(found[1]).status_code == 200
    create_key("x", ["read"], actor=sato)
    assert "x" in client.get(f"/members/{sato.pk}/").content.decode()


def test_passwords_are_kept_with_argon2(person: People, settings: object) -> None:
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]  # type: ignore[attr-defined]
    sato = person("sato")
    sato.set_password("correct horse battery")
    assert sato.password.startswith("argon2$argon2id$")
