"""The embedded store's own affair: its files, their merging, and what meets meanwhile."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from banso_web.collect.models import Source
from banso_web.warehouse import embedded
from banso_web.warehouse.compactor import compact, tidy
from banso_web.warehouse.embedded import EmbeddedStore, sweep
from banso_web.warehouse.models import EventSegment
from banso_web.warehouse.port import StoreUnavailable
from banso_web.warehouse.tests.logs import ids, log, track

pytestmark = pytest.mark.django_db(transaction=True)


def test_closed_days_become_one_file_with_the_same_events(source: Source) -> None:
    for number in range(5):
        log(source, [track(f"m{number}"), track(f"n{number}", "2026-11-24T00:00:00Z")], name=f"{number:04d}")
        compact()
    before = ids()
    tidy()
    live = EventSegment.objects.filter(retired_at=None)
    assert live.filter(day=date(2026, 11, 20)).count() == 1
    assert live.filter(day=date(2026, 11, 24)).count() == 5  # today is not closed
    assert ids() == before
    log(source, [track("m1")], name="9999")
    assert compact().duplicates == 1


def test_a_settled_quarter_becomes_one_file_in_which_doubles_are_found_and_days_removed(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def day(number: int, month: int = 2) -> str:
        return f"2026-{month:02d}-{number:02d}T01:00:00Z"

    log(
        source,
        [track(f"m{number}", day(number), userId=f"p{number % 2}") for number in range(1, 10)]
        + [track("april", day(5, 4)), track("new", "2026-11-20T01:00:00Z")],
    )
    compact()
    before = ids()
    live = EventSegment.objects.filter(retired_at=None)

    def killed(*_given: Any, **_named: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(embedded, "swap", killed)
        tidy()
    assert (live.count(), ids()) == (11, before)
    tidy()
    merged = live.get(day=date(2026, 2, 1))
    assert (live.count(), merged.to_day, merged.rows) == (3, date(2026, 2, 9), 9)
    assert ids() == before
    # The same message on another day is another event; on its own day it is the one that came.
    log(source, [track("m3", day(3)), track("m3", day(4)), track("late", day(4))], name="again")
    assert (compact().duplicates, live.count()) == (1, 4)
    tidy()
    assert live.count() == 4  # too little came late to write the quarter anew
    store = EmbeddedStore()
    assert store.erase(["p1"], "erased") == 5
    assert store.forget_before(date(2026, 2, 4)) == 3
    assert ids() == sorted([*(f"m{number}" for number in range(4, 10)), "april", "late", "m3", "new"])
    kept = live.get(to_day=date(2026, 2, 9))
    assert (kept.day, kept.rows) == (date(2026, 2, 4), 6)


def test_an_engine_that_died_is_replaced_by_the_next_question(source: Source) -> None:
    log(source, [track("m1")])
    compact()
    with pytest.raises(duckdb.Error):
        EmbeddedStore().query(
            "SELECT json_extract_string(properties, p) FROM events, (SELECT unnest(['*']) AS p)"
        )
    assert ids() == ["m1"]


def test_a_merge_brings_back_nothing_that_was_erased_meanwhile(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        log(source, [track(f"m{number}", userId="gone")], name=f"{number:04d}")
        compact()
    copy, started = embedded._copied, []

    def a_person_goes(*asked: Any) -> EventSegment:
        made = copy(*asked)
        if not started:
            started.append(True)
            assert EmbeddedStore().erase(["gone"], "erased") == 2
        return made

    monkeypatch.setattr(embedded, "_copied", a_person_goes)
    assert not embedded.merge(date(2026, 11, 20), least=2)
    kept = EmbeddedStore().query("SELECT message_id, user_id FROM events ORDER BY 1")
    assert kept == [("m0", "erased"), ("m1", "erased")]
    assert len(list(embedded.folder().iterdir())) == 2
    assert embedded.merge(date(2026, 11, 20), least=2)
    assert EmbeddedStore().query("SELECT message_id, user_id FROM events ORDER BY 1") == kept


def test_an_erasure_finds_a_file_that_was_merged_meanwhile(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        log(source, [track(f"m{number}", userId="gone")], name=f"{number:04d}")
        compact()
    copy, started = embedded._copied, []

    def a_day_is_merged(*asked: Any) -> EventSegment:
        made = copy(*asked)
        if not started:
            started.append(True)
            assert embedded.merge(date(2026, 11, 20), least=2)
        return made

    monkeypatch.setattr(embedded, "_copied", a_day_is_merged)
    assert EmbeddedStore().erase(["gone"], "erased") == 2
    assert EmbeddedStore().query("SELECT message_id, user_id FROM events ORDER BY 1") == [
        ("m0", "erased"),
        ("m1", "erased"),
    ]


def test_an_erasure_takes_the_files_that_a_merge_had_just_replaced(source: Source) -> None:
    for number in range(2):
        log(source, [track(f"m{number}", userId="gone")], name=f"{number:04d}")
        compact()
    assert embedded.merge(date(2026, 11, 20), least=2)
    assert len(list(embedded.folder().iterdir())) == 3  # the two replaced files wait for late readers
    assert EmbeddedStore().erase(["gone"], "erased") == 2
    (left,) = embedded.folder().iterdir()
    assert left.name == EventSegment.objects.get(retired_at=None).path
    assert sweep() == 0


def test_a_question_that_meets_a_removal_is_asked_of_the_files_that_stand(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(source, [track("m1", userId="gone"), track("m2", userId="stays")])
    compact()
    view, meanwhile = embedded._view, []

    def a_person_goes(opened: Any, paths: Any, *more: Any) -> None:
        if not meanwhile:
            meanwhile.append(True)
            assert EmbeddedStore().erase(["gone"], "erased") == 1
        view(opened, paths, *more)

    monkeypatch.setattr(embedded, "_view", a_person_goes)
    assert EmbeddedStore().query("SELECT user_id FROM events ORDER BY 1") == [("erased",), ("stays",)]


def test_a_question_to_a_file_that_is_missing_says_so(source: Source) -> None:
    log(source, [track("m1")])
    compact()
    (path,) = embedded.folder().iterdir()
    path.unlink()
    with pytest.raises(StoreUnavailable, match=path.name):
        EmbeddedStore().query("SELECT 1 FROM events")


def test_a_query_reads_only_the_files_of_its_days(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    log(source, [track(f"m{day}", f"2026-11-{day:02d}T01:00:00Z") for day in range(1, 21)])
    compact()
    read: list[int] = []
    view = embedded._view
    monkeypatch.setattr(
        embedded,
        "_view",
        lambda opened, paths, *more: (read.append(len(paths)), view(opened, paths, *more))[1],
    )
    found = EmbeddedStore().query(
        "SELECT count(*) FROM events WHERE local_day BETWEEN $1 AND $2",
        [date(2026, 11, 3), date(2026, 11, 4)],
        first=date(2026, 11, 3),
        last=date(2026, 11, 4),
    )
    assert (found, read) == ([(2,)], [2])
