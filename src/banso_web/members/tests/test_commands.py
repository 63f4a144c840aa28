"""`banso member`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from django.test import Client
from django.utils import translation

from banso_web.core.models import AuditRow
from banso_web.members.commands import member
from banso_web.members.models import Member

pytestmark = pytest.mark.django_db
People = Callable[[str], Member]


def run(*words: str) -> Result:
    return CliRunner().invoke(member, list(words))


def test_add_prints_a_link_that_sets_the_password(person: People) -> None:
    result = run("add", "k@example.jp", "--name", "小林 翔", "--roles", "member,support")
    assert result.exit_code == 0, result.output
    made = Member.objects.get(email="k@example.jp")
    assert sorted(made.roles.values_list("key", flat=True)) == ["member", "support"]
    found = re.search(r"http://localhost:\d+(/login/password/link/\S+)", result.output)
    assert found is not None and Client().get(found[1]).status_code == 200
    row = AuditRow.objects.get(action="member.new")
    assert (row.actor, row.actor_name, row.via) == (None, "system", "command")
    assert run("add", "k@example.jp", "--name", "x").exit_code == 1
    assert run("add", "l@example.jp", "--name", "x", "--roles", "emperor").exit_code == 1
    assert not Member.objects.filter(email="l@example.jp").exists()


def test_list_and_roles(person: People) -> None:
    person("sato")
    person("kanri")
    rows = {row["member_id"]: row for row in json.loads(run("list", "--json").output)}
    assert rows["sato"]["roles"] == ["member"] and rows["sato"]["active"] is True
    assert "month.close" in run("roles").output
    assert run("roles", "sato@example.jp", "--set", "member,manager").exit_code == 0
    assert person("sato").roles.count() == 2
    assert "管理できる人がいなくなる" in run("roles", "kanri@example.jp", "--set", "member").output


def test_reset_password_break_glass_and_disable(person: People) -> None:
    person("sato")
    person("kanri")
    assert "/login/password/link/?token=" in run("reset-password", "SATO@example.jp").output
    link = re.search(r"/login/enter/\S+", run("break-glass", "sato@example.jp").output)
    assert link is not None and Client().get(link[0]).status_code == 200
    assert run("disable", "sato@example.jp", "--reason", "退職").exit_code == 0
    assert Client().get(link[0]).status_code == 404
    assert run("reset-password", "sato@example.jp").exit_code == 1
    assert run("enable", "sato@example.jp").exit_code == 0
    assert run("disable", "nobody@example.jp").exit_code == 1


def test_help_is_there_in_both_languages() -> None:
    with translation.override("ja"):
        assert "メンバーを追加し" in run("--help").output
    with translation.override("en"):
        english = run("--help").output
    assert not re.search(r"[ぁ-んァ-ヶ一-龠]", english), english
