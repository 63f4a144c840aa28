"""Features: named sets of events. Which event belongs to which, and which of them a customer's plan holds."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

Plan = tuple[str, str]  # product, plan; an empty plan is every plan of the product


@dataclass(frozen=True, slots=True)
class EventRule:
    """An event called `name` (`starts`: whose name begins with it), and only where `property` has one of `values`, if it is given."""

    name: str
    starts: bool = False
    property: str = ""
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a rule names an event")
        if bool(self.property) != bool(self.values):
            raise ValueError(
                f"{self.name}: a property needs the values that count, and values need a property"
            )

    def catches(self, event: str) -> bool:
        """Whether it speaks of events of this name, whatever their properties are."""
        return event.startswith(self.name) if self.starts else event == self.name


@dataclass(frozen=True, slots=True)
class Feature:
    """`core`: it counts for the breadth of use. `plans` that hold it; none: every plan does. Of the rules that speak of an event
    the first decides."""

    key: str
    rules: tuple[EventRule, ...] = ()
    core: bool = False
    plans: tuple[Plan, ...] = ()

    def rule_of(self, event: str) -> EventRule | None:
        """The rule that decides for events of this name."""
        return next((rule for rule in self.rules if rule.catches(event)), None)

    def counts(self, event: str, properties: Mapping[str, str]) -> bool:
        """Whether one event (or a row of daily use) belongs to it."""
        rule = self.rule_of(event)
        return rule is not None and (not rule.property or properties.get(rule.property) in rule.values)

    def is_in(self, held: Collection[Plan]) -> bool:
        """Whether one of the plans a customer holds holds it."""
        return not self.plans or any(
            product == own and plan in ("", its) for product, plan in self.plans for own, its in held
        )


@dataclass(frozen=True, slots=True)
class Named:
    """Events called `event` belong to the feature `key`, where `property` (if any) is `value`."""

    event: str
    key: str
    property: str = ""
    value: str = ""

    @builtins.property
    def path(self) -> str:
        """The property as a JSON pointer (RFC 6901): `$browser`, `*` and `a/b` are names like others; "" for none."""
        return self.property and "/" + self.property.replace("~", "~0").replace("/", "~1")


def named(features: Iterable[Feature], events: Iterable[str]) -> tuple[Named, ...]:
    """Every (event name, feature), one for each value of a property: joined with events, none is counted twice for a feature."""
    names = sorted(set(events))
    found = []
    for feature in features:
        for name in names:
            rule = feature.rule_of(name)
            if rule is not None:
                values = dict.fromkeys(rule.values) if rule.property else ("",)
                found += [Named(name, feature.key, rule.property, value) for value in values]
    return tuple(found)


def unnamed(features: Iterable[Feature], events: Iterable[str]) -> tuple[str, ...]:
    """Event names no feature speaks of, in order."""
    listed = list(features)
    return tuple(sorted({name for name in events if not any(one.rule_of(name) for one in listed)}))


def overlaps(features: Iterable[Feature], events: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """{event name: the features that speak of it} where more than one does. That is allowed: it counts for each of them."""
    listed = list(features)
    found = {name: tuple(one.key for one in listed if one.rule_of(name)) for name in sorted(set(events))}
    return {name: keys for name, keys in found.items() if len(keys) > 1}


def core_of(features: Iterable[Feature], held: Collection[Plan] | None) -> tuple[str, ...] | None:
    """Keys of the core features of the plans a customer holds. `held` None: nobody knows the plans; then the answer is None where
    a core feature belongs to some plans only."""
    core = [one for one in features if one.core]
    if held is None:
        return None if any(one.plans for one in core) else tuple(one.key for one in core)
    return tuple(one.key for one in core if one.is_in(held))
