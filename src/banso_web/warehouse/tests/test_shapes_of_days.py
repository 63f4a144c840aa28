"""What events look like is counted by day, and a day only when it changed."""

from __future__ import annotations

from datetime import date

import pytest

from banso_web.collect.models import Source
from banso_web.core.personal import Whom
from banso_web.warehouse import shapes
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.models import EventShape
from banso_web.warehouse.tests.engines import both
from banso_web.warehouse.tests.logs import log, track

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine"), both]


def counted() -> list[tuple[date, str, str, int, int, dict[str, dict[str, int]]]]:
    rows = EventShape.objects.order_by("day", "kind", "name")
    return list(rows.values_list("day", "kind", "name", "events", "looked", "types"))


def test_a_day_is_counted_when_it_changed(source: Source) -> None:
    typed = {"n": 1, "x": 1.5, "t": "髙", "b": True, "l": [1], "o": {"a": 1}, "z": None}
    log(
        source,
        [
            track("m1", properties=typed),
            track("m2", properties={"n": "1"}),
            track("m3", "2026-11-21T01:00:00Z", event="承認"),
            {"type": "identify", "userId": "u", "messageId": "m4", "timestamp": "2026-11-21T01:00:00Z"},
        ],
    )
    compact()
    assert shapes.count_days() == 2
    kinds = {
        "n": {"number": 1, "text": 1},
        "x": {"number": 1},
        "t": {"text": 1},
        "b": {"boolean": 1},
        "l": {"list": 1},
        "o": {"object": 1},
        "z": {"null": 1},
    }
    first, second = date(2026, 11, 20), date(2026, 11, 21)
    assert counted() == [
        (first, "track", "申請", 2, 2, kinds),
        (second, "identify", "", 1, 1, {}),
        (second, "track", "承認", 1, 1, {}),
    ]
    assert shapes.count_days() == 0
    log(source, [track("m5", "2026-11-21T02:00:00Z", event="承認")], name="0002")
    compact()
    assert shapes.count_days() == 1
    assert counted()[-1] == (second, "track", "承認", 2, 2, {})


def test_many_names_fold_into_one_and_the_sum_stays(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MOST_NAMES", 1)
    monkeypatch.setattr(shapes, "LOOKED", 2)
    log(
        source,
        [
            *(track(f"m{n}", properties={"n": n}) for n in range(3)),
            track("m8", event="a"),
            track("m9", event="b"),
        ],
    )
    compact()
    shapes.count_days()
    assert [row[1:] for row in counted()] == [
        ("", "", 2, 0, {}),
        ("track", "申請", 3, 2, {"n": {"number": 2}}),
    ]


def test_a_person_in_the_names_goes(source: Source) -> None:
    address = "gone@example.jp"
    log(
        source,
        [track("m1", event=f"招待 {address}", properties={address: 1}), track("m2", properties={"n": 1})],
    )
    compact()
    shapes.count_days()
    whom = Whom(1, frozenset(), (1,), frozenset(), frozenset({address}), frozenset(), frozenset())
    assert shapes.forget(whom) == 1
    assert not any(address in str(row) for row in counted())
    assert sorted(row[3] for row in counted()) == [1, 1]
    assert shapes.forget(whom) == 0
