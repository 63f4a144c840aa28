"""基準日 and 判明時点 in the address: every way of writing a day, words for what is none, and other days are for reading."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from banso_web.core.asking import Unreadable, read_asked, read_day, read_moment
from banso_web.core.clock import JST
from banso_web.members.models import Member

Person = Callable[[str], Member]
DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    ["2026-11-24", "2026/11/24", "20261124", "令和8年11月24日", "R8.11.24", "２０２６／１１／２４", "2026/11/24(火)", " 2026年11月24日 "],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert read_day(text) == DAY


@pytest.mark.parametrize(
    "text", ["2026-02-30", "abc", "2026-11", "11/24/2026", "0001-01-01", "9999-12-31", "未定"]
)
def test_what_is_no_day_is_refused_and_named(text: str) -> None:
    with pytest.raises(Unreadable) as told:
        read_day(text)
    assert text in told.value.message and set(told.value.fields) == {"as_of"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T09:00", datetime(2026, 11, 24, 9, tzinfo=JST)),
        ("２０２６／１１／２４　９：０５", datetime(2026, 11, 24, 9, 5, tzinfo=JST)),
        ("令和8年11月24日 9時30分", datetime(2026, 11, 24, 9, 30, tzinfo=JST)),
        ("2026-11-24T00:00:00 00:00", datetime(2026, 11, 24, 9, tzinfo=JST)),  # a `+` of an address
        ("2026/11/24", datetime(2026, 11, 24, 23, 59, 59, 999999, tzinfo=JST)),  # a bare day means its end
    ],
)  # fmt: skip
def test_a_moment_is_read_however_it_is_written(text: str, moment: datetime) -> None:
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-02-30T09:00", "2026/11/24 25:00", "9999-12-31T23:59:59-12:00"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_moment(text)


@pytest.mark.django_db
def test_a_day_ahead_is_asked_for_up_to_ten_years() -> None:
    assert read_asked({"as_of": "2036-11-24"}).as_of == date(2036, 11, 24)
    with pytest.raises(Unreadable):
        read_asked({"as_of": "2036-11-25"})
    assert read_asked({"as_of": "", "known_at": " "}).is_today


def _client(person: Person, key: str, language: str = "ja") -> Client:
    client = Client()
    client.force_login(person(key))
    client.cookies["banso_language"] = language
    return client


def test_a_page_says_what_it_cannot_read_and_shows_no_numbers_of_today(person: Person) -> None:
    for query in ({"as_of": "2026-02-30"}, {"as_of": "abc"}, {"known_at": "きのう"}, {"as_of": "2050-01-01"}):
        answer = _client(person, "tanaka").get("/numbers/", query)
        text = answer.content.decode()
        assert answer.status_code == 422, query
        assert ("読み取れません" in text or "10年先まで" in text) and "data-figure" not in text
    english = _client(person, "tanaka", "en").get("/numbers/", {"as_of": "abc"}).content.decode()
    assert "cannot be read as a date" in english


def test_a_japanese_day_in_the_address_is_that_day(person: Person) -> None:
    for text in ("2026/10/31", "20261031", "令和8年10月31日", "R8.10.31", "２０２６１０３１"):
        answer = _client(person, "tanaka").get("/styleguide", {"as_of": text})
        assert answer.wsgi_request.asked.as_of == date(2026, 10, 31)  # type: ignore[attr-defined]


def test_a_day_ahead_says_what_its_figures_are(person: Person) -> None:
    client = _client(person, "tanaka")
    words = "将来の基準日です"
    assert (
        words in client.get("/styleguide", {"as_of": (DAY + timedelta(days=1)).isoformat()}).content.decode()
    )
    assert words not in client.get("/styleguide", {"as_of": "2026-11-23"}).content.decode()


EDITED = [
    "/settings/organisation/",
    "/settings/closures/",
    "/settings/setup/",
    "/settings/roles/new/",
    "/members/invitations/",
]


@pytest.mark.parametrize("path", EDITED)
def test_a_form_of_another_day_is_not_opened_and_not_taken(person: Person, path: str) -> None:
    client = _client(person, "kanri")
    opened = client.get(path)
    assert opened.status_code == 200 and "この基準日では編集できません" not in opened.content.decode()
    then = client.get(path, {"as_of": "2026-09-30"}).content.decode()
    assert "この基準日では編集できません" in then and f'href="{path}"' in then and "form-actions" in then
    for answer in (
        client.post(f"{path}?as_of=2026-09-30", {}),
        client.post(path, {}, headers={"Referer": "http://testserver/x/?as_of=2026-09-30"}),
    ):
        assert answer.status_code == 409 and "この基準日では編集できません" in answer.content.decode()
    today = client.post(path, {}, headers={"Referer": f"http://testserver/x/?as_of={DAY}"})
    assert today.status_code != 409


def test_views_are_kept_on_any_day(person: Person) -> None:
    client = _client(person, "tanaka")
    answer = client.post(
        "/views/save/?as_of=2026-09-30", {"page": "customers", "query": "segment=x", "name": "x", "next": "/"}
    )
    assert answer.status_code == 302
