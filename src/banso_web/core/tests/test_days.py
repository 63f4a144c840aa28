"""The field of a day: typed as people write days, shown as 2026/11/24, and what is no day is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django import forms
from django.test import Client
from django.utils.translation import override

from banso_web.core.days import DayField
from banso_web.core.models import Closure
from banso_web.members.models import Member


class OneDay(forms.Form):
    on = DayField(required=False)


@pytest.mark.parametrize(
    "text", ["2026/11/24", "2026-11-24", "20261124", "令和8年11月24日", "R8.11.24", "２０２６／１１／２４", "2026/11/24(火)"]
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    form = OneDay({"on": text})
    assert form.is_valid() and form.cleaned_data["on"] == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-30", "暦にない日付です"),
        ("abc", "日付として読み取れません"),
        ("2026-11", "日まで入れてください"),
        ("2026/11/24(水)", "曜日が合いません"),
        ("1850/01/01", "1900年から"),
    ],
)
def test_what_is_no_day_is_told_and_stays_as_typed(text: str, words: str) -> None:
    with override("ja"):
        form = OneDay({"on": text})
        assert not form.is_valid() and words in form.errors["on"][0]
        assert f'value="{text}"' in str(form["on"])


@pytest.mark.parametrize("initial", [date(2026, 11, 24), "2026-11-24"])
def test_a_day_is_shown_with_slashes_and_is_no_field_of_the_browser(initial: object) -> None:
    shown = str(OneDay(initial={"on": initial})["on"])
    assert 'type="text"' in shown and 'value="2026/11/24"' in shown and "data-day" in shown
    assert OneDay({"on": " "}).is_valid()
    assert not OneDay({"on": "20261124"}, initial={"on": date(2026, 11, 24)}).has_changed()


def test_a_page_takes_a_japanese_day(person: Callable[[str], Member]) -> None:
    client = Client()
    client.force_login(person("kanri"))
    client.post("/settings/closures/", {"on": "令和8年12月30日", "name": "棚卸し"})
    assert list(Closure.objects.values_list("on", flat=True)) == [date(2026, 12, 30)]
