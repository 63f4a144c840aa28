"""Scorecards: the shipped one and those the organisation stated, as they were in force for a question."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from banso.health import Scorecard, scorecard
from banso_web.core.facts import Asked, Memo, last_change, states_at
from banso_web.core.models import StateVersion
from banso_web.health.models import Card
from banso_web.health.signals import SIGNALS

_cards: Memo[tuple[Scorecard, ...]] = Memo(64)


def shipped_text() -> str:
    """The text of the scorecard every organisation starts with."""
    return files("banso_web.health").joinpath("scorecards", "standard.yaml").read_text("utf-8")


@cache
def shipped() -> Scorecard:
    return read_card(shipped_text())


def read_card(text: str) -> Scorecard:
    """A scorecard from a text that was taken before: a feature that it names may have been taken out of use since."""
    return scorecard(yaml.safe_load(text))


def card_mark(watermark: int) -> int:
    """The last number at which a scorecard was stated or taken back."""
    return last_change(StateVersion.objects.filter(subject=Card.STATE), f"state:{Card.STATE}", watermark)


def cards(asked: Asked) -> tuple[Scorecard, ...]:
    """The version of each scorecard that is in force on the asked day, by precedence. The shipped one gives way to a stated one of
    its key; one whose text is empty was taken out of use."""
    mark = card_mark(asked.watermark)

    def read() -> tuple[Scorecard, ...]:
        stated: dict[int, dict[str, Any]] = (
            states_at(Card.STATE, as_of=asked.as_of, watermark=mark, known_at=asked.known_at) if mark else {}
        )
        codes = dict(Card.objects.filter(pk__in=list(stated)).values_list("pk", "code")) if stated else {}
        found = {shipped().key: shipped()}
        for key, values in stated.items():
            found.pop(codes[key], None)
            if values.get("text"):
                found[codes[key]] = read_card(values["text"])
        return tuple(sorted(found.values(), key=lambda card: (card.precedence, card.key)))

    return _cards.get((mark, asked.as_of, asked.known_at), read)


def signals_of(found: Sequence[Scorecard]) -> tuple[str, ...]:
    """The keys of the signals these scorecards read, in the order of SIGNALS."""
    wanted = {part.signal for card in found for part in card.parts}
    wanted |= {part.stand_in.signal for card in found for part in card.parts if part.stand_in}
    return (*(key for key in SIGNALS if key in wanted), *sorted(wanted.difference(SIGNALS)))
