"""Advice out of usage: a feature nobody uses beside the work it would save (VOC-09, CUS-04)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class AdviceRule:
    """Advise `feature` where it is not used; with `instead`, only where that was done at least `at_least` times.

    「一括取込 未使用・手入力 420件/月」: feature 一括取込, instead 手入力. link: where the reader may learn it.
    """

    key: str
    feature: str
    instead: str | None = None
    at_least: int = 1
    link: str = ""

    def __post_init__(self) -> None:
        if self.at_least < 1:
            raise ValueError(f"at_least is 1 or more, not {self.at_least}")


@dataclass(frozen=True, slots=True)
class Advice:
    """A card: which feature, the number it stands on (None without `instead`), and the days it was counted over."""

    rule: AdviceRule
    feature: str
    instead: str | None
    count: int | None
    first: date
    last: date


def advise(
    events: Mapping[str, int],
    rules: Iterable[AdviceRule],
    as_of: date,
    *,
    days: int = 30,
    plan_features: Iterable[str] | None = None,
) -> tuple[Advice, ...]:
    """events: how often each feature was used in the `days` that end with `as_of`. Cards with the most work first, then by name.

    plan_features: features the customer's plan holds; advice on any other is left out (it would be a sales pitch).
    The caller asks only where the source was alive: without data nothing is advised.
    """
    held = None if plan_features is None else set(plan_features)
    first = as_of - timedelta(days=days - 1)
    cards = []
    for rule in rules:
        if events.get(rule.feature, 0) or (held is not None and rule.feature not in held):
            continue
        count = None if rule.instead is None else events.get(rule.instead, 0)
        if count is None or count >= rule.at_least:
            cards.append(Advice(rule, rule.feature, rule.instead, count, first, as_of))
    return tuple(sorted(cards, key=lambda card: (-(card.count or 0), card.feature, card.rule.key)))
