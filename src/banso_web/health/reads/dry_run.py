"""A scorecard tried on everybody before it is published: how bands shift, who changes, and why. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import gettext as _

from banso.health import Band, Reading, Scorecard, explain, score
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.counting import called
from banso_web.core.facts import Asked
from banso_web.health.reads.cards import cards, signals_of
from banso_web.health.reads.customer import steps_of
from banso_web.health.reads.kept import BANDS, readings_before
from banso_web.health.reads.scoring import Readings, read_by, signal
from banso_web.health.signals import Signals, signals_at
from banso_web.health.words import BAND_MARKS

if TYPE_CHECKING:
    from banso_web.members.models import Member

SHOWN = 30
STEPS = 3
#: As people read them, the best first.
ORDER = (Band.GOOD, Band.WATCH, Band.BAD, Band.UNKNOWN)


@dataclass(frozen=True)
class Shift:
    """An account whose band changes, with the parts that do most of it (part, kind, points in words). known: share of weight, 0–1."""

    account_id: int
    code: str
    name: str
    band: str
    band_after: str
    low: Fraction | None
    low_after: Fraction | None
    known: float
    known_after: float
    why: tuple[tuple[Any, Any, str], ...]


@dataclass(frozen=True)
class DryRun:
    """judged: accounts with a scorecard before or after; fits: those the tried one is for. table: band → counts by band after, in ORDER.

    `shifts`: at most SHOWN, those that become worse first; `hidden`: how many the reader may not see or that are not shown.
    """

    judged: int
    fits: int
    changed: int
    better: int
    worse: int
    table: tuple[tuple[str, tuple[int, ...], int], ...]
    after: tuple[int, ...]
    marks: tuple[str, ...]
    chart: dict[str, Any]
    shifts: tuple[Shift, ...]
    hidden: int


def with_card(found: Sequence[Scorecard], card: Scorecard) -> tuple[Scorecard, ...]:
    """These scorecards with `card` in the place of its own version, by precedence."""
    others = [one for one in found if one.key != card.key]
    return tuple(sorted([*others, card], key=lambda one: (one.precedence, one.key)))


def dry_run(member: Member, asked: Asked, card: Scorecard) -> DryRun:
    """What today's readings would be if this version were in force today in the place of its scorecard's own."""
    now = cards(asked)
    then = with_card(now, card)
    signals = signals_at(asked, signals_of([*now, *then]))
    before = readings_before(asked.as_of)
    old, new = read_by(signals, now, before), read_by(signals, then, before)
    judged = (old.card >= 0) | (new.card >= 0)
    moved = judged & (old.band != new.band)
    counts = np.zeros((len(BANDS) + 1, len(BANDS) + 1), np.int64)
    np.add.at(counts, (old.band[judged], new.band[judged]), 1)  # −1, no scorecard, is the last row and column
    places = [BANDS.index(band) for band in ORDER]
    shifts, hidden = _shifts(member, signals, old, new, np.flatnonzero(moved))
    return DryRun(
        judged=int(judged.sum()),
        fits=int((new.card == then.index(card)).sum()),
        changed=int(moved.sum()),
        better=int((moved & (new.band > old.band)).sum()),
        worse=int((moved & (new.band < old.band)).sum()),
        table=tuple(
            (BAND_MARKS[band], tuple(counts[at, places].tolist()), int(counts[at].sum()))
            for band, at in zip(ORDER, places, strict=True)
        ),
        after=tuple(counts[:, places].sum(axis=0).tolist()),
        marks=tuple(BAND_MARKS[band] for band in ORDER),
        chart=_chart(old, new),
        shifts=shifts,
        hidden=hidden,
    )


def _chart(old: Readings, new: Readings) -> dict[str, Any]:
    """How many accounts stand in each ten points of the lower end, before and after."""

    def counted(found: Readings) -> list[int]:
        low = found.low[~np.isnan(found.low)]
        counts: list[int] = np.bincount(np.minimum(low // 10, 9).astype(np.int64), minlength=10).tolist()
        return counts

    return {
        "kind": "bars",
        "unit": {"kind": "count"},
        "description": _("区間の下限ごとの顧客数"),
        "x": [f"{at * 10}–{at * 10 + 10}" for at in range(10)],
        "series": [
            {"name": _("いま"), "values": counted(old)},
            {"name": _("公開後"), "values": counted(new)},
        ],
    }


def _shifts(
    member: Member, signals: Signals, old: Readings, new: Readings, places: Any
) -> tuple[tuple[Shift, ...], int]:
    """The accounts whose band changes, of those that the reader may see."""
    if not member.may("account.view") or not len(places):
        return (), len(places)
    seen = set(visible_accounts(member).filter(pk__in=old.ids[places].tolist()).values_list("pk", flat=True)) if len(places) <= 500 else set(visible_accounts(member).values_list("pk", flat=True))  # fmt: skip
    fall = np.nan_to_num(new.low[places]) - np.nan_to_num(old.low[places])
    order = np.lexsort((old.ids[places], fall, new.band[places] >= old.band[places]))
    listed = [at for at in places[order].tolist() if int(old.ids[at]) in seen][:SHOWN]
    names = called(old.ids[listed].tolist())
    return tuple(_shift(member, signals, old, new, at, names) for at in listed), len(places) - len(listed)


def _shift(
    member: Member, signals: Signals, old: Readings, new: Readings, at: int, names: Mapping[int, Any]
) -> Shift:
    key = int(old.ids[at])
    first, last = (_exact(signals, found, at) for found in (old, new))
    told = explain(first, last, end="low") if first and last else None
    return Shift(
        key,
        names[key].code if key in names else "",
        names[key].name if key in names else "",
        _mark(old, at),
        _mark(new, at),
        first.low if first else None,
        last.low if last else None,
        round(float(np.nan_to_num(old.known[at])), 9),
        round(float(np.nan_to_num(new.known[at])), 9),
        steps_of(told, member)[:STEPS] if told else (),
    )


def _exact(signals: Signals, found: Readings, at: int) -> Reading | None:
    if found.card[at] < 0:
        return None
    card = found.cards[found.card[at]]
    return score([signal(key, signals.told[key], at) for key in signals_of([card])], card, found.as_of)


def _mark(found: Readings, at: int) -> str:
    return BAND_MARKS[BANDS[found.band[at]]] if found.band[at] >= 0 else "not_computed"
