"""Deeds about people: permission, write, audit row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from banso_web.core import clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.models import AuditRow
from banso_web.members.actions import (
    accept_invitation,
    change_roles,
    create_key,
    create_role,
    deactivate,
    delete_role,
    edit_member,
    edit_role,
    find_key,
    invite,
    issue_reset,
    reactivate,
    revoke_key,
    set_manager,
    set_password_by_token,
)
from banso_web.members.models import ApiKey, Invitation, Member, Role
from banso_web.members.tokens import find_invitation, hashed

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]
NEW_PASSWORD = "quiet river stone 81"


def latest() -> AuditRow:
    return AuditRow.objects.order_by("-id")[0]


def test_the_shipped_roles_are_seeded_with_their_permissions() -> None:
    roles = {role.key: role for role in Role.objects.all()}
    assert len(roles) == 11
    assert roles["hr"].permissions == ["member.view"]
    assert "account.view" not in roles["admin"].permissions
    assert all(role.built_in for role in roles.values())


@pytest.mark.parametrize("who", ["tanaka", "sato", "yamamoto", "ito", "watanabe"])
def test_only_who_manages_members_may_change_people(person: People, who: str) -> None:
    actor, target = person(who), person("suzuki")
    person("kanri")
    before = AuditRow.objects.count()
    deeds: list[Callable[[], object]] = [
        lambda: change_roles(target, ["manager"], actor=actor),
        lambda: change_roles(actor, ["admin"], actor=actor),
        lambda: edit_member(target, {"name": "別名"}, actor=actor),
        lambda: set_manager(target, None, actor=actor),
        lambda: deactivate(target, actor=actor),
        lambda: reactivate(target, actor=actor),
        lambda: invite("誰か", "dare@example.jp", ["member"], actor=actor),
        lambda: issue_reset(target, actor=actor),
        lambda: create_role("新", "New", [], actor=actor),
        lambda: edit_role(
            Role.objects.get(key="member"),
            name_ja="x",
            name_en="x",
            permissions=["member.manage"],
            actor=actor,
        ),
        lambda: delete_role(Role.objects.get(key="hr"), actor=actor),
    ]
    for deed in deeds:
        with pytest.raises(Forbidden):
            deed()
    assert AuditRow.objects.count() == before


def test_roles_change_with_old_and_new_in_the_audit_log(person: People) -> None:
    admin, sato = person("kanri"), person("sato")
    assert not sato.may("month.close")
    assert change_roles(sato, ["member", "manager"], actor=admin, reason="昇格")
    assert sato.may("month.close")
    row = latest()
    assert (row.action, row.old, row.new, row.reason) == (
        "member.roles", {"roles": ["member"]}, {"roles": ["manager", "member"]}, "昇格",
    )  # fmt: skip
    assert not change_roles(sato, ["manager", "member"], actor=admin), "the same roles again write nothing"
    with pytest.raises(Refused, match="知らない役割"):
        change_roles(sato, ["emperor"], actor=admin)


def test_the_last_administrator_stays(person: People) -> None:
    admin, sato = person("kanri"), person("sato")
    role = Role.objects.get(key="admin")
    for deed in (
        lambda: change_roles(admin, ["member"], actor=admin),
        lambda: deactivate(admin, actor=admin),
        lambda: edit_role(role, name_ja="管理", name_en="Admin", permissions=[], actor=admin),
        lambda: edit_member(admin, {"email": ""}, actor=admin),
    ):
        with pytest.raises(Refused, match="管理できる人がいなくなる"):
            deed()
    admin.refresh_from_db()
    role.refresh_from_db()
    assert admin.is_active and admin.email and "member.manage" in role.permissions
    assert list(admin.roles.values_list("key", flat=True)) == ["admin"]
    change_roles(sato, ["admin"], actor=admin)
    deactivate(admin, actor=sato)
    assert not Member.objects.get(pk=admin.pk).is_active


def test_an_inactive_administrator_does_not_count(person: People) -> None:
    admin, sato = person("kanri"), person("sato")
    change_roles(sato, ["admin"], actor=admin)
    deactivate(sato, actor=admin)
    with pytest.raises(Refused):
        change_roles(admin, ["member"], actor=admin)


def test_edit_keeps_what_is_not_named_and_refuses_circles(person: People) -> None:
    admin, sato, tanaka = person("kanri"), person("sato"), person("tanaka")
    assert edit_member(sato, {"name": "佐藤 葵", "monthly_hours": "160"}, actor=admin)
    sato.refresh_from_db()
    assert (sato.name, sato.manager_id, sato.email, str(sato.monthly_hours)) == (
        "佐藤 葵", tanaka.pk, "sato@example.jp", "160.0",
    )  # fmt: skip
    assert not edit_member(sato, {"monthly_hours": "160.0"}, actor=admin)
    with pytest.raises(Refused) as caught:
        edit_member(tanaka, {"manager_id": sato.pk}, actor=admin)
    assert "自分自身" in caught.value.fields["manager_id"]
    with pytest.raises(Refused) as caught:
        edit_member(sato, {"email": "TANAKA@example.jp"}, actor=admin)
    assert "別のメンバー" in caught.value.fields["email"]
    with pytest.raises(Refused) as caught:
        edit_member(sato, {"is_active": False}, actor=admin)
    assert "is_active" in caught.value.fields


def test_an_invitation_works_once_and_gives_its_roles(person: People) -> None:
    admin = person("kanri")
    invitation, token = invite("小林", "Kobayashi@Example.jp", ["member", "support"], actor=admin)
    assert (
        token not in str(list(AuditRow.objects.values())) and invitation.token_hash == hashed(token) != token
    )
    assert find_invitation(Invitation.Purpose.RESET, token) is None, "a token serves one purpose"
    found = find_invitation(Invitation.Purpose.INVITE, token)
    assert found is not None
    member = accept_invitation(found, name="小林 翔", password=NEW_PASSWORD)
    assert member.email == "kobayashi@example.jp" and member.check_password(NEW_PASSWORD)
    assert sorted(member.roles.values_list("key", flat=True)) == ["member", "support"]
    assert find_invitation(Invitation.Purpose.INVITE, token) is None
    with pytest.raises(Refused, match="使用済み"):
        accept_invitation(found, name="x", password=NEW_PASSWORD)
    with pytest.raises(Refused, match="すでにログインできます"):
        invite("小林", "kobayashi@example.jp", ["admin"], actor=admin)
    assert NEW_PASSWORD not in str(list(AuditRow.objects.values()))


def test_an_invitation_ends_after_seven_days(person: People, monkeypatch: pytest.MonkeyPatch) -> None:
    _invitation, token = invite("小林", "k@example.jp", ["member"], actor=person("kanri"))
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=7))
    assert find_invitation(Invitation.Purpose.INVITE, token) is None


def test_a_new_invitation_ends_the_older_one(person: People) -> None:
    _first, old = invite("小林", "k@example.jp", ["member"], actor=person("kanri"))
    _second, new = invite("小林", "K@example.jp", ["manager"], actor=person("kanri"))
    assert find_invitation(Invitation.Purpose.INVITE, old) is None
    assert find_invitation(Invitation.Purpose.INVITE, new) is not None


def test_an_imported_person_may_be_invited_and_keeps_their_row(person: People) -> None:
    imported = Member.objects.create(code="M7", name="渡辺 凛", email="rin@example.jp")
    invitation, _token = invite("", "rin@example.jp", ["member"], actor=person("kanri"))
    assert accept_invitation(invitation, name="渡辺 凛", password=NEW_PASSWORD).pk == imported.pk


def test_a_reset_token_sets_a_password_once_and_weak_ones_are_refused(person: People) -> None:
    sato = person("sato")
    token = issue_reset(sato, actor=None)
    invitation = find_invitation(Invitation.Purpose.RESET, token)
    assert invitation is not None
    with pytest.raises(Refused) as caught:
        set_password_by_token(invitation, "password1234")
    assert "password1" in caught.value.fields
    set_password_by_token(invitation, NEW_PASSWORD)
    assert Member.objects.get(pk=sato.pk).check_password(NEW_PASSWORD)
    with pytest.raises(Refused):
        set_password_by_token(invitation, "another quiet river 12")


def test_roles_are_data(person: People) -> None:
    admin, sato = person("kanri"), person("sato")
    role = create_role("契約", "Contracts", ["account.view", "price.view"], actor=admin)
    change_roles(sato, [role.key], actor=admin)
    assert sato.permissions == {"account.view", "price.view"}
    with pytest.raises(Refused, match="持つ人がいます"):
        delete_role(role, actor=admin)
    with pytest.raises(Refused, match="はじめからある"):
        delete_role(Role.objects.get(key="hr"), actor=admin)
    with pytest.raises(Refused) as caught:
        create_role("x", "x", ["everything"], actor=admin)
    assert "permissions" in caught.value.fields
    change_roles(sato, ["member"], actor=admin)
    delete_role(role, actor=admin)
    assert not Role.objects.filter(key=role.key).exists()


def test_an_api_key_is_kept_as_a_hash_and_ends(person: People, monkeypatch: pytest.MonkeyPatch) -> None:
    sato = person("sato")
    key, text = create_key("表計算", ["read", "metrics"], actor=sato, days=30)
    secret = text.split("_", 2)[2]
    stored = str(list(ApiKey.objects.values())) + str(list(AuditRow.objects.values()))
    assert secret not in stored and text not in stored
    holder = find_key(text)
    assert holder is not None and holder.member == sato
    assert (holder.may("read"), holder.may("metrics"), holder.may("write"), holder.may("import")) == (
        True, True, False, False,
    )  # fmt: skip
    assert ApiKey.objects.get(pk=key.pk).last_used_on == clock.today()
    for wrong in (text + "x", text[:-1], "banso_zzzz_" + secret, secret, "", "banso__"):
        assert find_key(wrong) is None
    now = clock.now()
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: now + timedelta(days=30))
        assert find_key(text) is None
    assert find_key(text) is not None
    deactivate(sato, actor=person("kanri"))
    assert find_key(text) is None


def test_keys_are_revoked_by_their_holder_or_a_manager_of_members(person: People) -> None:
    sato, suzuki, admin = person("sato"), person("suzuki"), person("kanri")
    key, text = create_key("a", ["read"], actor=sato)
    with pytest.raises(NotVisible):
        revoke_key(key.pk, actor=suzuki)
    assert find_key(text) is not None
    revoke_key(key.pk, actor=admin)
    assert find_key(text) is None
    with pytest.raises(Refused):
        create_key("b", ["read", "god"], actor=sato)
    with pytest.raises(Refused):
        create_key("b", [], actor=sato)


def test_an_open_invitation_does_not_let_back_in_who_was_put_out(person: Callable[[str], Member]) -> None:
    admin = person("kanri")
    member = Member.objects.create(code="m9", name="小林", email="kobayashi@example.jp")
    _invitation, token = invite("", "kobayashi@example.jp", ["member"], actor=admin)
    assert find_invitation(Invitation.Purpose.INVITE, token) is not None
    deactivate(member, actor=admin)
    assert find_invitation(Invitation.Purpose.INVITE, token) is None
