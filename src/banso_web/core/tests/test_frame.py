"""The frame: every page of core opens in both languages, keeps its question, and is shown to those who may see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from banso_web.core.facts import open_entry, publish, void
from banso_web.core.models import Entry
from banso_web.members.models import Member

Person = Callable[[str], Member]
OPEN = [
    "/styleguide",
    "/styleguide?errors=1",
    "/glossary/",
    "/search?q=NRR",
    "/settings/",
    "/settings/display/",
    "/audit/",
]
EDITORS = [
    "/settings/organisation/", "/settings/history/organisation.name/", "/settings/closures/", "/settings/setup/",
]  # fmt: skip


@pytest.fixture
def log_in(client: Client, person: Person) -> Callable[[str], Client]:
    def enter(key: str) -> Client:
        client.force_login(person(key))
        return client

    return enter


@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_open_in_both_languages(log_in: Callable[[str], Client], language: str) -> None:
    client = log_in("kanri")
    client.cookies["banso_language"] = language
    for path in OPEN + EDITORS:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert f'<html lang="{language}"' in answer.content.decode(), path


@pytest.mark.parametrize("path", OPEN + EDITORS + ["/audit/export.csv", "/settings/yearly?rate=5"])
def test_a_stranger_is_asked_to_log_in(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


@pytest.mark.parametrize("path", [*EDITORS, "/audit/", "/audit/export.csv"])
def test_whoever_has_not_the_right_gets_403(log_in: Callable[[str], Client], path: str) -> None:
    assert log_in("sato").get(path).status_code == 403


def test_links_keep_the_day_and_the_bar_says_so(log_in: Callable[[str], Client]) -> None:
    client = log_in("tanaka")
    page = client.get("/styleguide?as_of=2026-10-31&columns=name").content.decode()
    assert "asof-changed" in page
    assert "2026/10/31(土)</time> 時点の表示です" in page
    assert 'href="/glossary/?as_of=2026-10-31"' in page
    assert 'name="columns" value="name"' in page  # the picker keeps the other parameters
    assert 'href="/styleguide?columns=name"' in page  # back to today
    today = client.get("/styleguide").content.decode()
    assert "asof-changed" not in today


def test_no_page_has_inline_script(log_in: Callable[[str], Client]) -> None:
    client = log_in("kanri")
    for path in OPEN + EDITORS:
        answer = client.get(path)
        page = answer.content.decode()
        for opening in page.split("<script")[1:]:
            head = opening.split(">", 1)[0]
            assert "src=" in head or 'type="application/json"' in head, path
        assert "hx-on" not in page
        assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_htmx_gets_the_fragment_and_the_drawer_gets_the_bare_page(log_in: Callable[[str], Client]) -> None:
    client = log_in("tanaka")
    fragment = client.get("/glossary/?q=ﾁｬｰﾝ", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "解約率(チャーンレート)" in fragment
    drawer = client.get("/glossary/", headers={"HX-Request": "true", "X-Banso-Drawer": "1"}).content.decode()
    assert "<main" in drawer
    assert 'class="rail"' not in drawer


def test_errors_say_what_became_of_the_data(log_in: Callable[[str], Client]) -> None:
    client = log_in("tanaka")
    answer = client.get("/no-such-page")
    assert answer.status_code == 404
    assert "データは変わっていません" in answer.content.decode()


def test_search_is_blind_to_kana_and_width(log_in: Callable[[str], Client]) -> None:
    client = log_in("kanri")
    for words in ("かんさろぐ", "監査ﾛｸﾞ", "監査ろぐ"):
        page = client.get(f"/search?q={words}", headers={"HX-Request": "true"}).content.decode()
        assert "/audit/" in page
    assert "価値実感" in client.get("/search?q=初期価値到達").content.decode()  # the other documents' word


def test_the_sample_company_is_marked_until_it_is_undone(log_in: Callable[[str], Client]) -> None:
    reader = log_in("tanaka")
    mark = 'class="sample-note"'
    assert mark not in reader.get("/glossary/").content.decode()
    entry = publish(open_entry(kind=Entry.Kind.SAMPLE))
    assert mark in reader.get("/glossary/").content.decode()
    void(entry, actor=None, reason="test")
    assert mark not in reader.get("/glossary/").content.decode()
