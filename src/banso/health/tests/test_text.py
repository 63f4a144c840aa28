"""A scorecard's text: all mistakes at once, what it says comes back, and whom it is for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from banso.health import BadScorecard, Line, Scorecard, choose, plain, scorecard

SHIPPED = Path(__file__).parents[3] / "banso_web/health/scorecards/standard.yaml"
SMALL: dict[str, Any] = {
    "key": "a",
    "names": {"ja": "甲"},
    "effective_on": "2026-04-01",
    "parts": [{"signal": "usage", "weight": 1, "curve": [[0, 0], [1, 100]]}],
}


def small(**changed: Any) -> dict[str, Any]:
    return {**SMALL, **changed}


def mistakes(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadScorecard) as raised:
        scorecard(data, signals={"usage", "csat"})
    return [(one.path, one.code) for one in raised.value.mistakes]


def test_the_shipped_one_weighs_as_the_dictionary_says_and_reads_back() -> None:
    card = scorecard(yaml.safe_load(SHIPPED.read_text()))
    assert [int(part.weight) for part in card.parts] == [40, 20, 15, 15, 10]
    again = scorecard(yaml.safe_load(yaml.safe_dump(plain(card), allow_unicode=True, sort_keys=False)))
    assert again == card and again.digest == card.digest
    heavier = plain(card) | {"parts": [{**plain(card)["parts"][0], "weight": 41}]}
    assert scorecard(heavier).digest != card.digest


def test_every_mistake_comes_at_once() -> None:
    part = {
        "signal": "usage",
        "weight": 0,
        "curve": [[0, 0], [0, "x"], [0, 101], 5],
        "group": ["g"],
        "wait": 1,
    }
    other = {"signal": "usage", "weight": "1e9999", "curve": [[1, 5]], "table": {}, "life": 1.5}
    third = {"signal": "chat", "weight": True, "table": {"◎": None}, "stand_in": {"curve": [[2, 1], [1, 2]]}}
    data = {
        "key": "Ä",
        "names": {},
        "bands": {"good": 40, "watch": 40},
        "for": {"plan": "x"},
        "parts": [part, other, third, 7],
    }
    assert sorted(mistakes(data)) == sorted(
        [
            ("effective_on", "missing"),
            ("key", "not_a_key"),
            ("names", "empty"),
            ("bands", "bands_crossed"),
            ("for.plan", "unknown_key"),
            ("parts[0].wait", "unknown_key"),
            ("parts[0].weight", "out_of_range"),
            ("parts[0].group", "unknown_group"),
            ("parts[0].curve[1][1]", "not_a_number"),
            ("parts[0].curve[2][1]", "out_of_range"),
            ("parts[0].curve[3]", "not_a_pair"),
            ("parts[1].signal", "twice"),
            ("parts[1].weight", "out_of_range"),
            ("parts[1]", "one_of"),
            ("parts[1].life", "not_whole"),
            ("parts[2].signal", "unknown_signal"),
            ("parts[2].weight", "not_a_number"),
            ("parts[2].table.◎", "missing"),
            ("parts[2].stand_in.signal", "missing"),
            ("parts[2].stand_in.curve[1][0]", "not_ascending"),
            ("parts[3]", "not_a_mapping"),
        ]
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, [("", "not_a_mapping")]),
        ({}, [(name, "missing") for name in ("key", "names", "effective_on", "parts")]),
        (small(parts=[]), [("parts", "empty")]),
        (small(parts={}), [("parts", "not_a_list")]),
        (
            small(parts=SMALL["parts"] * 61),
            [("parts", "too_many")] + [(f"parts[{at}].signal", "twice") for at in range(1, 60)],
        ),
        (small(effective_on="1/4"), [("effective_on", "not_a_day")]),
        (small(precedence=None), [("precedence", "missing")]),
        (small(**{"for": {"segment": [""]}}), [("for.segment[0]", "not_a_text")]),
        (small(parts=[{"signal": "usage", "weight": 1, "curve": [[0, 0]]}]), [("parts[0].curve", "too_few")]),
    ],
)
def test_a_single_mistake_stands_alone(data: Any, expected: list[tuple[str, str]]) -> None:
    assert mistakes(data) == expected


def test_aliases_over_aliases_are_named_and_never_written_out() -> None:
    bomb: list[Any] = ["x"]
    for _level in range(40):
        bomb = [bomb] * 10
    data = {
        "key": bomb,
        "names": {"ja": bomb},
        "effective_on": bomb,
        "parts": [{"signal": bomb, "weight": bomb, "life": bomb, "group": bomb}],
    }
    assert {"not_a_key", "not_a_text", "not_a_day", "not_a_number"} <= {
        code for _path, code in mistakes(data)
    }


def test_numbers_are_what_is_written() -> None:
    card = scorecard(small(parts=[{"signal": "usage", "weight": 0.1, "curve": [[0.3, 0], [0.6, 100]]}]))
    assert card.parts[0].weight == Decimal("0.1")
    assert card.parts[0].curve == Line(((Decimal("0.3"), Decimal(0)), (Decimal("0.6"), Decimal(100))))


def card(key: str, precedence: int, **whom: list[str]) -> Scorecard:
    return scorecard(small(key=key, precedence=precedence, **{"for": whom}))


def test_the_smallest_precedence_that_fits_is_chosen_and_says_whom_it_passed() -> None:
    cards = [
        card("all", 1000),
        card("large", 10, segment=["enterprise"]),
        card("start", 20, stage=["onboarding"], product=["b", "c"]),
        card("twin", 20, stage=["onboarding"]),
    ]
    found = choose(cards, {"segment": "smb", "stage": "onboarding", "product": ["a", "c"]})
    assert found.scorecard is cards[2] and found.tied == (cards[3],)
    assert [(one.scorecard.key, one.against) for one in found.considered] == [
        ("large", ("segment", ("enterprise",), ("smb",))),
        ("start", None),
    ]
    assert choose(cards, {"segment": None}).scorecard is cards[0]
    assert choose(cards[1:], {"stage": "adoption"}).scorecard is None
    assert cards[0].effective_on == date(2026, 4, 1)
