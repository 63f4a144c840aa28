"""ヘルス on the customer's page: the reading with what it stands on, its course, and why it moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from banso.health import (
    Contribution,
    Explanation,
    How,
    Reading,
    Scorecard,
    Signal,
    State,
    Step,
    explain,
)
from banso_web.accounts.access import access_account, may_edit
from banso_web.core.facts import Asked
from banso_web.core.ui.formats import number_text
from banso_web.core.ui.states import state_word
from banso_web.health.reads.apart import card_of
from banso_web.health.reads.asking import Health, reading
from banso_web.health.reads.family import family
from banso_web.health.reads.kept import KeptDay, history
from banso_web.health.reads.scoring import kept_reading
from banso_web.health.reads.sentiment import MARKS, SIGNS, Felt, felt
from banso_web.health.signals import SIGNALS
from banso_web.health.words import (
    BAND_MARKS,
    KINDS,
    STATE_WORDS,
    reason_text,
    signal_word,
    to_do_text,
    value_text,
)
from banso_web.members.reads import people_called

if TYPE_CHECKING:
    from banso_web.members.models import Member

#: So long a course is drawn, and so many of its latest moves are told.
COURSE = timedelta(days=180)
MOVES = 5
#: Moves of less are no news.
LEAST = Fraction(1, 2)


@dataclass(frozen=True)
class Part:
    """One part of a reading as it is shown. `withheld`: the reader may not see its value."""

    key: str
    name: Any
    by: Any  # the signal that stands in, "" where it is its own
    state: str
    value: str
    last: str
    fresh_on: date | None
    weight: Decimal
    points: Fraction | None
    share: Fraction
    amount: Fraction
    low_points: Fraction | None
    reads: Any
    withheld: bool
    counts: bool
    to_do: str


@dataclass(frozen=True)
class Move:
    """The reading of a day beside the one before: their difference is the exact sum of the steps."""

    day: date
    before: Fraction
    after: Fraction
    change: Fraction
    steps: tuple[tuple[Any, Any, str], ...]  # (part, kind, amount in words)
    band: str
    band_before: str


def card_name(card: Scorecard) -> str:
    return card.names.get(get_language() or "ja") or next(iter(card.names.values()), card.key)


def part_of(one: Contribution, signals: dict[str, Signal], member: Member) -> Part:
    told, definition = signals.get(one.by), SIGNALS[one.by]
    withheld = bool(definition.see) and not member.may(definition.see)
    return Part(
        key=one.key,
        name=signal_word(one.key),
        by=signal_word(one.by) if one.by != one.key else "",
        state=STATE_WORDS[one.state],
        value="" if withheld else value_text(one.by, one.value),
        last="" if withheld or told is None else value_text(one.by, told.last),
        fresh_on=one.fresh_on,
        weight=one.weight,
        points=one.points,
        share=one.share,
        amount=one.amount,
        low_points=one.low_points,
        reads=definition.reads,
        withheld=withheld,
        counts=one.how is How.COUNTS,
        to_do="" if one.how is How.COUNTS and one.state is State.KNOWN else to_do_text(one.by, one.state),
    )


def health_block(member: Member, account_id: int, asked: Asked) -> dict[str, Any] | None:
    """Context of `health/_block.html`."""
    found = reading(asked, account_id)
    account = access_account(member, account_id)
    block: dict[str, Any] = {
        "account_id": account_id,
        "day": asked.as_of,
        "marks": [(key, SIGNS[key], word) for key, word in MARKS],
        "may_edit": asked.is_today and may_edit(member, account),
        "felt": _felt(member, account_id, asked),
        "family": _family(account_id, asked),
    }
    if found is None or found.reading is None:
        return block | {"nothing": True}
    told = found.reading
    kept = history(account_id, asked.as_of - COURSE, asked.as_of)
    return (
        block
        | shown(found, told, member)
        | {
            "trend": _trend(kept),
            "moves": moves(kept, asked, member),
            "stale": any(day.stale for day in kept),
        }
    )


def shown(found: Health, told: Reading, member: Member) -> dict[str, Any]:
    """The reading itself."""
    return {
        "reading": told,
        "card": card_name(told.scorecard),
        "card_version": told.scorecard.version,
        "band": BAND_MARKS[told.band],
        "held": BAND_MARKS[told.held] if told.held is not None and told.held is not told.band else "",
        "parts": [part_of(one, dict(found.signals), member) for one in told.contributions],
        "lowering": lowering(told, member),
        "reasons": [text for one in told.reasons if (text := reason_text(one))],
        "is_open": told.low != told.high,
        "bands": told.scorecard.bands,
    }


def lowering(told: Reading, member: Member) -> list[tuple[Any, Fraction]]:
    """(part, points that the lower end lacks by it), the most first: they add up to 100 − the lower end. None of what is withheld."""
    found = [
        (one, one.low_share * (100 - one.low_points))
        for one in told.contributions
        if one.low_points is not None
    ]
    found.sort(key=lambda pair: (-pair[1], pair[0].key))
    return [
        (signal_word(one.key), lost)
        for one, lost in found
        if lost and not (SIGNALS[one.by].see and not member.may(SIGNALS[one.by].see))
    ]


def _family(account_id: int, asked: Asked) -> dict[str, Any] | None:
    """The children's health together, and the worst of them."""
    found = family(asked, account_id)
    if found is None:
        return None
    worst = found.told.worst
    return {
        "told": found.told,
        "band": BAND_MARKS[found.told.band],
        "unknown": len(found.told.unknown),
        "worst": worst
        and {
            "id": int(worst.key),
            "name": found.names[worst.key],
            "band": BAND_MARKS[worst.reading.band],
            "value": worst.reading.low,
        },
    }


def _felt(member: Member, account_id: int, asked: Asked) -> dict[str, Any] | None:
    """The 担当所感 that stands last, with who gave it."""
    newest: Felt | None = next(iter(felt(asked, account_id)), None)
    if newest is None:
        return None
    names = people_called([newest.member])
    return {
        "one": newest,
        "by": names.get(newest.member, newest.member),
        "holds": newest.holds(asked.as_of),
        "reason": newest.reason if member.may("contact.view") else "",
    }


def _trend(kept: list[KeptDay]) -> dict[str, Any] | None:
    if len(kept) < 2:
        return None
    return {
        "kind": "line",
        "unit": {"kind": "count", "digits": 1},
        "description": _("ヘルスの推移"),
        "x": [f"{day.day:%m-%d}" if day.day.year == kept[-1].day.year else str(day.day) for day in kept],
        "series": [
            {
                "name": _("ヘルス"),
                "values": [day.value for day in kept],
                "low": [day.low for day in kept],
                "high": [day.high for day in kept],
                "states": ["" if day.value is not None else "unknown" for day in kept],
            }
        ],
        "zero": True,
        "most": 100,
    }


def moves(kept: list[KeptDay], asked: Asked, member: Member, most: int = MOVES) -> list[Move]:
    """The latest days on which the value moved, the newest first, each explained to the last point."""
    found: list[Move] = []
    for before, after in zip(reversed(kept[:-1]), reversed(kept[1:]), strict=True):
        if len(found) == most:
            break
        if before.value is None or after.value is None or abs(after.value - before.value) < LEAST:
            continue
        first, last = (card_of(day, asked) for day in (before, after))
        if first is None or last is None:
            continue
        told = explain(kept_reading(before, first), kept_reading(after, last))
        if told.change is not None and told.before is not None and told.after is not None:
            found.append(
                Move(
                    after.day,
                    told.before,
                    told.after,
                    told.change,
                    steps_of(told, member),
                    BAND_MARKS[after.band],
                    BAND_MARKS[before.band],
                )
            )
    return found


def steps_of(told: Explanation, member: Member | None = None) -> tuple[tuple[Any, Any, str], ...]:
    """(part, kind, amount in words), the largest first; no amount of a part that the reader may not see."""

    def large(step: Step) -> tuple[Fraction, str]:
        return -abs(step.amount), step.part

    def words(step: Step) -> str:
        see = SIGNALS[step.part].see
        return (
            str(state_word("withheld"))
            if see and member is not None and not member.may(see)
            else number_text(step.amount, 1, signed=True)
        )

    return tuple(
        (signal_word(step.part), KINDS[step.kind], words(step)) for step in sorted(told.steps, key=large)
    )
