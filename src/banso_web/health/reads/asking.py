"""Health as everybody else asks it: see `banso_web.health.reads`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from banso.health import Reading, Scorecard, Signal, choose, score
from banso_web.core.facts import Asked, Memo
from banso_web.health.models import HealthDay
from banso_web.health.reads.cards import cards, signals_of
from banso_web.health.reads.kept import READINGS, everybody_on, history, readings_before, standing_before
from banso_web.health.reads.scoring import Readings, compute, definition, kept_signal, signal, whom
from banso_web.health.signals import Signals
from banso_web.health.signals import signals_at as signals_of_keys

_everybody: Memo[Readings] = Memo(4)


@dataclass(frozen=True)
class Health:
    """One account on the asked day: its exact reading by the scorecard chosen for it (None: none is for it), and its signals."""

    account_id: int
    reading: Reading | None
    signals: Mapping[str, Signal]


def reading(asked: Asked, account_id: int) -> Health | None:
    """The reading of one customer: from its kept signals where the day is kept, else computed from facts. None where nobody counts it on
    the day: 除外区分, merged, not begun."""
    found = cards(asked)
    kept = _kept_reading(asked, account_id, found)
    if kept is not None:
        return kept
    said = signals_of_keys(asked, signals_of(found), [account_id])
    at = said.everybody.place.get(account_id)
    if at is None:
        return None
    signals = {key: signal(key, told, at) for key, told in said.told.items()}
    choice = choose(found, whom(said.everybody, at))
    card = choice.scorecard
    before = standing_before(account_id, asked.as_of)
    told = None if card is None else score(signals, card, asked.as_of, before)
    return Health(account_id, told, signals)


def _kept_reading(asked: Asked, account_id: int, found: Sequence[Scorecard]) -> Health | None:
    """As `reading` from what is kept; None where it is not."""
    if kept_day(asked) is None:
        return None
    day = next(iter(history(account_id, asked.as_of, asked.as_of)), None)
    card = next((card for card in found if day is not None and card.version == day.card), None)
    if day is None or card is None:
        return None
    signals = {key: kept_signal(key, one) for key, one in day.signals.items()}
    told = score(signals, card, asked.as_of, standing_before(account_id, asked.as_of))
    return Health(account_id, told, signals)


def kept_day(asked: Asked) -> HealthDay | None:
    """The kept day that answers a question: done, of the definitions in force, for what is known now and at no older watermark."""
    if asked.known_at is not None or asked.pinned:
        return None
    row = HealthDay.objects.filter(day=asked.as_of, state=HealthDay.State.DONE).first()
    return row if row is not None and row.digest == definition(asked) else None


def readings(asked: Asked) -> Readings:
    """The readings of all customers on the asked day, as arrays: as kept, else computed from facts."""
    kept = kept_day(asked)
    key = (asked.key, kept and (kept.pk, kept.made_at, kept.watermark))
    return _everybody.get(key, lambda: _readings(asked, kept))


def _readings(asked: Asked, kept: HealthDay | None) -> Readings:
    if kept is None:
        return compute(asked, before=readings_before(asked.as_of)).readings
    table = everybody_on(asked.as_of).get(READINGS)
    if table is None:
        return compute(asked).readings
    return Readings(
        asked.as_of, table["id"], **{name: table[name] for name in Readings.NAMES}, cards=cards(asked)
    )


def signals_at(
    asked: Asked, keys: Iterable[str] | None = None, accounts: Collection[int] | None = None
) -> Signals:
    """Signals of all customers or of some, from facts as they were known for the question; those the scorecards read unless named."""
    return signals_of_keys(asked, signals_of(cards(asked)) if keys is None else keys, accounts)
