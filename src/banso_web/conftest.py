"""The same people in every test: permissions are told in their names."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from banso_web.members.models import Member, Role
from banso_web.members.permissions import ROLES

PEOPLE = {
    "tanaka": ("田中", "manager"),
    "sato": ("佐藤", "member"),
    "suzuki": ("鈴木", "member"),
    "takahashi": ("高橋", "member"),
    "yamamoto": ("山本", "product"),
    "ito": ("伊藤", "hr"),
    "watanabe": ("渡辺", "sales"),
    "kanri": ("管理者", "admin"),
}


@pytest.fixture
def person(db: None) -> Callable[[str], Member]:
    """`person("sato")` makes (once) and gives a member with the shipped role; 田中 manages 佐藤, 鈴木 and 高橋."""

    def make(key: str) -> Member:
        name, role_key = PEOPLE[key]
        found = Member.objects.filter(code=key).first()
        if found:
            return found
        ja, en, permissions = ROLES[role_key]
        role, _ = Role.objects.get_or_create(
            key=role_key,
            defaults={"name_ja": ja, "name_en": en, "permissions": permissions, "built_in": True},
        )
        manager = make("tanaka") if key in ("sato", "suzuki", "takahashi") else None
        member = Member(code=key, name=name, email=f"{key}@example.jp", job=role_key, manager=manager)
        member.set_password("correct horse battery")
        member.save()
        member.roles.add(role)
        return member

    return make
