"""Signals: named, versioned definitions over facts. These modules are the only ones of health that read facts.

`SIGNALS` holds every shipped one by its key; `signals_at` asks them of everybody, or of some, for any day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from banso_web.core.facts import Asked
from banso_web.health.signals import money, people, relationship, satisfaction, support, usage
from banso_web.health.signals.told import Everybody, Signal, Told

SIGNALS: Mapping[str, Signal] = {
    one.key: one
    for module in (usage, satisfaction, relationship, support, money, people)
    for one in module.SIGNALS
}


@dataclass(frozen=True, eq=False)
class Signals:
    """What the signals say: `everybody` knows the accounts in their order, `told` holds a column for each signal."""

    everybody: Everybody
    told: Mapping[str, Told]


def signals_at(asked: Asked, keys: Iterable[str], accounts: Collection[int] | None = None) -> Signals:
    """These signals of all customers, or of some. The same number of queries for one as for all."""
    everybody = Everybody(asked, accounts)
    return Signals(everybody, {key: SIGNALS[key].tell(everybody) for key in keys})
