"""Signals: named, versioned definitions over facts. These modules are the only ones of health that read facts.

`SIGNALS` holds every shipped one by its key; `signals_at` asks them of everybody, or of some, for any day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from banso_web.core.facts import Asked
from banso_web.health.signals import money, people, relationship, satisfaction, support, usage
from banso_web.health.signals.features import PREFIX, feature_signal, line_of
from banso_web.health.signals.told import Everybody, Signal, Told


class Catalogue(dict[str, Signal]):
    """Signals by their keys: the shipped ones, which it lists, and one for every feature, which it makes when it is asked for."""

    def __missing__(self, key: str) -> Signal:
        if not key.startswith(PREFIX):
            raise KeyError(key)
        return feature_signal(key)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (isinstance(key, str) and line_of(key) is not None)


SIGNALS = Catalogue(
    (one.key, one)
    for module in (usage, satisfaction, relationship, support, money, people)
    for one in module.SIGNALS
)


@dataclass(frozen=True, eq=False)
class Signals:
    """What the signals say: `everybody` knows the accounts in their order, `told` holds a column for each signal."""

    everybody: Everybody
    told: Mapping[str, Told]


def signals_at(asked: Asked, keys: Iterable[str], accounts: Collection[int] | None = None) -> Signals:
    """These signals of all customers, or of some. The same number of queries for one as for all."""
    return told_of(Everybody(asked, accounts), keys)


def told_of(everybody: Everybody, keys: Iterable[str], known: Mapping[str, Told] | None = None) -> Signals:
    """These signals; those that are `known` already are not asked again."""
    known = known or {}
    return Signals(
        everybody, {key: known[key] if key in known else SIGNALS[key].tell(everybody) for key in keys}
    )
