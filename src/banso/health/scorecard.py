"""What a scorecard is: parts with weights and curves, bands, and whom it is for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from banso.health.curves import Curve, Line

FIELDS = ("segment", "stage", "product")
LIFE = 180


class Band(StrEnum):
    """Worst first; `unknown` stands between 危険 and 注意, so that an account becoming unknown never looks better for it."""

    BAD = "bad"
    UNKNOWN = "unknown"
    WATCH = "watch"
    GOOD = "good"


_CODES = {band: code for code, band in enumerate(Band)}


def band_code(band: Band | None) -> int:
    """The number that stands for a band in arrays: 0 is the worst, −1 is none."""
    return -1 if band is None else _CODES[band]


@dataclass(frozen=True, slots=True)
class Bands:
    """Lower edges; an edge belongs to the better band. `unknown_under`: per cent of weight that must be known."""

    good: Decimal = Decimal(70)
    watch: Decimal = Decimal(40)
    unknown_under: Decimal = Decimal(50)

    def of(self, value: Fraction) -> Band:
        return Band.GOOD if value >= self.good else Band.WATCH if value >= self.watch else Band.BAD


@dataclass(frozen=True, slots=True)
class StandIn:
    """The signal read where the part's own was never answered or is past its life."""

    signal: str
    curve: Curve
    life: int = LIFE


@dataclass(frozen=True, slots=True)
class Part:
    """A signal with its weight. `life`: days an unanswered last value holds, the last of them included."""

    signal: str
    weight: Decimal
    curve: Curve
    life: int = LIFE
    group: str | None = None
    stand_in: StandIn | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Parts shown together; a group weighs what its parts weigh."""

    key: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One version of a scorecard. `whom`: field (segment, stage, product) → the values it is for; an absent field means all."""

    key: str
    names: Mapping[str, str]
    effective_on: date
    parts: tuple[Part, ...]
    bands: Bands = Bands()
    groups: tuple[Group, ...] = ()
    precedence: int = 100
    whom: Mapping[str, tuple[str, ...]] | None = None

    @property
    def weight(self) -> Decimal:
        return sum((part.weight for part in self.parts), Decimal(0))

    @property
    def version(self) -> str:
        """`standard@2026-04-01`: which scorecard, from which day."""
        return f"{self.key}@{self.effective_on.isoformat()}"

    @property
    def digest(self) -> str:
        """Of everything the text says; two scorecards with one digest give one reading."""
        text = json.dumps(plain(self), ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def plain(card: Scorecard) -> dict[str, Any]:
    """The scorecard as the plain dict that `banso.health.scorecard` reads; what has its usual value is left out."""
    out: dict[str, Any] = {
        "key": card.key,
        "names": dict(card.names),
        "effective_on": card.effective_on,
        "precedence": card.precedence,
    }
    if card.whom:
        out["for"] = {field: list(values) for field, values in card.whom.items()}
    bands = card.bands
    out["bands"] = {
        "good": _number(bands.good),
        "watch": _number(bands.watch),
        "unknown_under": _number(bands.unknown_under),
    }
    if card.groups:
        out["groups"] = [{"key": group.key, "names": dict(group.names)} for group in card.groups]
    out["parts"] = [_part(part) for part in card.parts]
    return out


def _part(part: Part) -> dict[str, Any]:
    out: dict[str, Any] = {"signal": part.signal, "weight": _number(part.weight)}
    if part.group:
        out["group"] = part.group
    out |= _curve(part.curve) | {"life": part.life}
    if part.stand_in:
        out["stand_in"] = (
            {"signal": part.stand_in.signal} | _curve(part.stand_in.curve) | {"life": part.stand_in.life}
        )
    return out


def _curve(curve: Curve) -> dict[str, Any]:
    if isinstance(curve, Line):
        return {"curve": [[_number(value), _number(points)] for value, points in curve.knots]}
    return {"table": {category: _number(points) for category, points in curve.rows}}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


@dataclass(frozen=True, slots=True)
class Considered:
    """A scorecard that was asked, and the first field that spoke against it: (field, what it is for, what the account has)."""

    scorecard: Scorecard
    against: tuple[str, tuple[str, ...], tuple[str, ...]] | None


@dataclass(frozen=True, slots=True)
class Choice:
    """The scorecard of an account, None where none fits; `considered` in the order asked, the chosen one last.

    `tied`: other scorecards of the same precedence that would fit as well; the one whose key sorts first is taken.
    """

    scorecard: Scorecard | None
    considered: tuple[Considered, ...]
    tied: tuple[Scorecard, ...] = ()


def choose(cards: Iterable[Scorecard], account: Mapping[str, str | Sequence[str] | None]) -> Choice:
    """The scorecard of an account: the smallest precedence among those that are for it.

    account: segment, stage and product; several products are a sequence, of which one must be named. Give one version of each
    scorecard, the one in force on the day.
    """
    has = {field: _values(account.get(field)) for field in FIELDS}
    considered: list[Considered] = []
    chosen: Scorecard | None = None
    tied: list[Scorecard] = []
    for card in sorted(cards, key=lambda card: (card.precedence, card.key)):
        if chosen is not None and card.precedence > chosen.precedence:
            break
        against = _against(card, has)
        if chosen is not None:
            if against is None:
                tied.append(card)
            continue
        considered.append(Considered(card, against))
        if against is None:
            chosen = card
    return Choice(chosen, tuple(considered), tuple(tied))


def _against(
    card: Scorecard, has: Mapping[str, tuple[str, ...]]
) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    for field, wanted in (card.whom or {}).items():
        if not set(wanted) & set(has[field]):
            return field, wanted, has[field]
    return None


def _values(given: str | Sequence[str] | None) -> tuple[str, ...]:
    if given is None or given == "":
        return ()
    return (given,) if isinstance(given, str) else tuple(given)
