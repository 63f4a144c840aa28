"""Scorecards as their editor shows them: each with its versions, what is in force and what is to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from banso.health import Scorecard
from banso_web.core.facts import Asked, history
from banso_web.core.models import Entry
from banso_web.health.models import Card
from banso_web.health.reads.cards import cards, shipped, shipped_text


@dataclass(frozen=True)
class CardVersion:
    """One version of a scorecard: its whole text ("" took it out of use), from which day it is, who stated it and why."""

    entry_id: int
    effective_on: date | None
    at: datetime
    author: str
    reason: str
    text: str


@dataclass(frozen=True)
class CardLine:
    """A scorecard: what is in force on the asked day (None: nothing is), and its versions that are still to come."""

    key: str
    card: Scorecard | None
    coming: tuple[date, ...]
    last: CardVersion | None


def card_versions(key: str, watermark: int) -> list[CardVersion]:
    """The stated versions of a scorecard, the latest first."""
    row = Card.objects.filter(code=key).first()
    found = history(Card.STATE, row.pk, watermark=watermark) if row else []
    entries = Entry.objects.select_related("actor").in_bulk([one.entry_id for one in found])
    return [
        CardVersion(
            one.entry_id,
            one.valid_from,
            one.recorded_at,
            actor.name if (actor := entries[one.entry_id].actor) else "",
            entries[one.entry_id].reason,
            one.values.get("text", ""),
        )
        for one in reversed(found)
    ]


def text_of(key: str, watermark: int) -> str:
    """The text stated last, whatever its day; that of the shipped one where nobody stated any; "" where there is none."""
    for version in card_versions(key, watermark)[:1]:
        return version.text
    return shipped_text() if key == shipped().key else ""


def card_lines(asked: Asked) -> list[CardLine]:
    """Every scorecard there ever was, by precedence, those out of use last."""
    in_force = {card.key: card for card in cards(asked)}
    lines = []
    for key in {shipped().key, *Card.objects.values_list("code", flat=True)}:
        versions = card_versions(key, asked.watermark)
        coming = sorted(
            one.effective_on for one in versions if one.effective_on and one.effective_on > asked.as_of
        )
        if versions or key in in_force:
            lines.append(CardLine(key, in_force.get(key), tuple(coming), versions[0] if versions else None))
    return sorted(
        lines, key=lambda line: (line.card is None, line.card.precedence if line.card else 0, line.key)
    )
