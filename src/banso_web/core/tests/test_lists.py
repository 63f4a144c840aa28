"""Keyset pages walk every row once, forwards and back, with ties and empty values."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

import pytest
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import RequestFactory

from banso_web.core.models import Setting
from banso_web.core.ui.lists import Column, Order, chosen_columns, keyset_page

COLUMNS = (
    Column("key", "鍵", sort="key", fixed=True),
    Column("day", "日", sort="effective_on", num=True),
    Column("x", "X", default=False),
)


@pytest.fixture
def rows(db: None) -> QuerySet[Setting]:
    days = [date(2026, 1, 1), None, date(2026, 1, 1), date(2026, 3, 1), None, date(2026, 2, 1), None]
    for place, day in enumerate(days):
        Setting.objects.create(key=f"k{place % 3}", value=place, effective_on=day, set_at="2026-01-01T00:00Z")
    return Setting.objects.all()


def walk(rows: QuerySet[Setting], sort: str, *, back: bool = False) -> list[int]:
    url, seen, last = f"/x?sort={sort}", [], ""
    while url:
        request = RequestFactory().get(url)
        page = keyset_page(rows, request, Order.read(request, COLUMNS, "key"), size=2)
        last, url = url, page.next_url
        seen += [row.value for row in page.rows]
    if not back:
        return seen
    seen, url = [], last
    while url:
        request = RequestFactory().get(url)
        page = keyset_page(rows, request, Order.read(request, COLUMNS, "key"), size=2)
        seen = [row.value for row in page.rows] + seen
        url = page.previous_url
    return seen


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("key", [0, 3, 6, 1, 4, 2, 5]),
        ("-key", [5, 2, 4, 1, 6, 3, 0]),
        ("day", [0, 2, 5, 3, 1, 4, 6]),  # empty days last
        ("-day", [3, 5, 2, 0, 6, 4, 1]),  # in either direction
        ("key,-day", [3, 0, 6, 4, 1, 5, 2]),
    ],
)
def test_every_row_comes_once_in_order(rows: QuerySet[Setting], sort: str, expected: list[int]) -> None:
    assert walk(rows, sort) == expected
    assert walk(rows, sort, back=True) == expected


def test_a_place_that_cannot_be_read_gives_the_first_page(rows: QuerySet[Setting]) -> None:
    for place in ("%%%", "bnVsbA", "WzFd"):
        request = RequestFactory().get("/x", {"after": place})
        page = keyset_page(rows, request, Order.read(request, COLUMNS, "key"), size=3)
        assert [row.value for row in page.rows] == [0, 3, 6]


def test_paging_keeps_the_filters(rows: QuerySet[Setting]) -> None:
    request = RequestFactory().get("/x?segment=a&segment=b&sort=day")
    page = keyset_page(rows, request, Order.read(request, COLUMNS, "key"), size=2)
    query = QueryDict(urlsplit(page.next_url).query)
    assert query.getlist("segment") == ["a", "b"]
    assert query["sort"] == "day"


def test_columns_and_order_only_take_what_is_declared() -> None:
    request = RequestFactory().get("/x?columns=x,password&sort=password,-day")
    assert [column.key for column in chosen_columns(COLUMNS, request)] == ["key", "x"]
    assert Order.read(request, COLUMNS, "key").terms == (("day", "effective_on", True),)
    assert [
        column.key for column in chosen_columns(COLUMNS, RequestFactory().get("/x?columns=password"))
    ] == ["key", "day"]


def test_the_default_order_is_used_when_nothing_fits() -> None:
    assert Order.read(RequestFactory().get("/x?sort=x"), COLUMNS, "-day").terms == (
        ("day", "effective_on", True),
    )


def test_a_column_sorts_behind_the_others_or_turns_round_in_its_place() -> None:
    order = Order.read(RequestFactory().get("/x?sort=-day"), COLUMNS, "key")
    assert (order.rank("day"), order.rank("key")) == (1, 0)
    assert order.adding("key", "key") == "-day,key"
    both = Order.read(RequestFactory().get("/x?sort=-day,key"), COLUMNS, "key")
    assert (both.rank("day"), both.rank("key")) == (1, 2)
    assert both.adding("day", "day") == "day,key" and both.adding("key", "-key") == "-day,-key"
    full = Order((("a", "a", False), ("b", "b", False), ("c", "c", True)))
    assert full.adding("d", "-d") == "a,b,-d", "the last of three gives way"
