"""What newly comes, no longer comes or changes its type; each change once, on the day it began."""

from __future__ import annotations

from datetime import date, timedelta

from banso.periods import Calendar, year_end_closures
from banso.usage import Drift, DriftKind, EventDay, schema_drift

JAPAN = Calendar.japan(year_end_closures([2026]))
FIRST, LAST = date(2026, 9, 28), date(2026, 11, 20)
NUMBER = {"amount": {"number": 20}}


def open_days(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if JAPAN.is_business_day(day)]


def every_day(name: str = "申請", events: int = 20, types: object = None) -> list[EventDay]:
    return [EventDay(day, name, events, 20, types or NUMBER) for day in open_days(FIRST, LAST)]  # type: ignore[arg-type]


def found(rows: list[EventDay], first: date = FIRST) -> list[tuple[date, str, str, str, str, str]]:
    return [
        (one.day, str(one.kind), one.name, one.property, one.before, one.after)
        for one in schema_drift(rows, JAPAN, first, LAST)
    ]


def test_a_steady_source_says_nothing_and_so_does_a_young_one() -> None:
    assert found(every_day()) == []
    assert found(every_day()[:3]) == []
    assert found([]) == []


def test_a_new_event_is_new_once_and_only_where_the_source_was_known() -> None:
    new = EventDay(date(2026, 11, 17), "承認", 3)
    again = EventDay(date(2026, 11, 18), "承認", 5)
    assert found([*every_day(), new, again]) == [(date(2026, 11, 17), "event_new", "承認", "", "", "")]
    early = EventDay(open_days(FIRST, LAST)[6], "承認", 3)  # six days of the source lie before it
    assert found([*every_day(), early]) == []
    assert found([*every_day(), new, again], first=date(2026, 11, 18)) == []


def test_an_event_that_no_longer_comes_is_told_on_its_first_day() -> None:
    gone = [row for row in every_day("承認") if row.day < date(2026, 11, 11)]
    assert found([*every_day(), *gone]) == [(date(2026, 11, 11), "event_gone", "承認", "", "", "")]


def test_an_absence_that_ended_and_began_again_is_told_twice() -> None:
    away = {date(2026, 11, 9), date(2026, 11, 10), date(2026, 11, 18)}
    kept = [row for row in every_day("承認") if row.day not in away]
    assert [one[:3] for one in found([*every_day(), *kept])] == [
        (date(2026, 11, 9), "event_gone", "承認"),
        (date(2026, 11, 18), "event_gone", "承認"),
    ]


def test_a_rare_event_may_be_absent_and_so_may_everything_of_a_silent_source() -> None:
    rare = [row for row in every_day("承認", events=9) if row.day != date(2026, 11, 11)]
    assert found([*every_day(), *rare]) == []
    silent = [row for row in [*every_day(), *every_day("承認")] if row.day != date(2026, 11, 11)]
    assert found(silent) == []  # 欠測 of the source is told elsewhere


def changed(day: date, types: dict[str, dict[str, int]], looked: int = 20) -> list[EventDay]:
    return [EventDay(day, row.name, 20, looked, types) if row.day == day else row for row in every_day()]


def test_a_property_comes_goes_and_changes_its_type() -> None:
    day = date(2026, 11, 18)
    more = {**NUMBER, "plan": {"text": 1}}
    assert found(changed(day, more)) == [(day, "property_new", "申請", "plan", "", "")]
    assert found(changed(day, {})) == [(day, "property_gone", "申請", "amount", "", "")]
    assert found(changed(day, {"amount": {"text": 15, "number": 5}})) == [
        (day, "type_changed", "申請", "amount", "number", "text")
    ]


def test_too_few_values_say_nothing() -> None:
    day = date(2026, 11, 18)
    assert found(changed(day, {}, looked=9)) == []
    assert found(changed(day, {"amount": {"text": 4}})) == []
    assert found(changed(day, {"amount": {"null": 20}})) == []  # null is no type, and the property is there
    assert found(changed(day, {"amount": {"text": 10, "number": 10}})) == []  # neither is most


def test_a_change_that_stays_is_told_once() -> None:
    since = date(2026, 11, 10)
    rows = [
        EventDay(row.day, row.name, 20, 20, {"amount": {"text": 20}} if row.day >= since else NUMBER)
        for row in every_day()
    ]
    assert schema_drift(rows, JAPAN, FIRST, LAST) == (
        Drift(since, DriftKind.TYPE_CHANGED, "申請", "amount", "number", "text"),
    )
