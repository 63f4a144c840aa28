"""The palette: pages by their readings, deeds of those who may do them, members for those who may see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from banso_web.members.models import Member

Person = Callable[[str], Member]


def _found(person: Person, who: str, text: str) -> dict[str, list[str]]:
    """{kind: labels} of the palette's answer."""
    client = Client()
    client.force_login(person(who))
    groups = client.get("/search", {"q": text}, headers={"HX-Request": "true"}).context["groups"]
    return {str(group.kind): [hit.label for hit in group.hits] for group in groups}


@pytest.mark.parametrize("text", ["取込", "とりこみ", "トリコミ", "ﾄﾘｺﾐ", "インポート"])
def test_a_page_is_found_by_its_reading(person: Person, text: str) -> None:
    assert _found(person, "tanaka", text)["ページ"] == ["取込"]
    assert "取込" not in _found(person, "sato", text).get("ページ", []), "she may not import"


def test_deeds_are_offered_to_those_who_may_do_them(person: Person) -> None:
    assert _found(person, "tanaka", "締める")["操作"] == ["月を締める"]
    assert "操作" not in _found(person, "sato", "締める")
    assert _found(person, "sato", "こきゃくをついか")["操作"] == ["顧客を追加する"]
    assert "操作" not in _found(person, "yamamoto", "こきゃくをついか")
    assert _found(person, "kanri", "しょうたい")["操作"] == ["メンバーを招待する"]
    assert "操作" not in _found(person, "tanaka", "しょうたい")
    assert set(_found(person, "tanaka", "")["操作"]) >= {
        "顧客を追加する",
        "ファイルを取り込む",
        "表示を暗くする",
    }


def test_a_deed_of_the_page_is_a_button_and_pages_are_links(person: Person) -> None:
    client = Client()
    client.force_login(person("tanaka"))
    page = client.get("/search", {"q": "だーく"}, headers={"HX-Request": "true"}).content.decode()
    assert '<button type="button" class="palette-item" data-theme-set="dark" role="option"' in page
    then = client.get("/search?as_of=2026-09-30&q=取り込む", headers={"HX-Request": "true"}).content.decode()
    assert 'href="/imports/new/"' in then, "a deed is of today"


def test_members_are_found_by_those_who_may_see_them(person: Person) -> None:
    for key in ("sato", "suzuki"):
        person(key)
    assert _found(person, "tanaka", "鈴木")["メンバー"] == ["鈴木"]
    assert _found(person, "tanaka", "ｓｕｚｕｋｉ")["メンバー"] == ["鈴木"]
    nobody = person("ito")
    nobody.roles.clear()
    assert "メンバー" not in _found(person, "ito", "鈴木")
    Member.objects.filter(code="suzuki").update(is_active=False)
    assert "メンバー" not in _found(person, "tanaka", "鈴木")


def test_every_page_of_the_rail_has_a_reading() -> None:
    from banso_web.core.registry import registry

    assert [entry.key for entry in [*registry.nav, *registry.settings_pages] if not entry.reading] == []
