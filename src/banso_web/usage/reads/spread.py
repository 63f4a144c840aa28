"""利用の広がり across the portfolio: one line for each customer, how the rates are spread, who uses which feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from banso.names import search_key
from banso_web.accounts.access import visible_accounts
from banso_web.core.facts import Asked
from banso_web.core.metrics import Scope
from banso_web.members.reads import member_names
from banso_web.revenue.reads.customers import account_states
from banso_web.usage.metrics.rates import inside
from banso_web.usage.reads.adoption import AccountUse, Adoption, adoption
from banso_web.usage.reads.definitions import FeatureLine
from banso_web.usage.reads.one import FEW
from banso_web.usage.words import USE_REASONS

if TYPE_CHECKING:
    from banso_web.members.models import Member

#: Upper ends of the spread's bins; 0 and what lies above 1 stand alone, and so do customers without a number.
EDGES = tuple(Fraction(n, 5) for n in range(1, 6))
ZERO, OVER, NONE = "0", "over", "none"
BINS = (ZERO, *(str(n * 20) for n in range(1, 6)), OVER, NONE)
STATES = ("stopped", "unknown")


def bin_of(value: Fraction | None) -> str:
    """The bin of a rate, by its upper end in percent."""
    if value is None:
        return NONE
    if not value:
        return ZERO
    return next((str(int(edge * 100)) for edge in EDGES if value <= edge), OVER)


@dataclass(frozen=True)
class Filters:
    """What the page is asked for beside the scope. Everything is in the address; what cannot be read counts as not given."""

    scope: Scope
    owner: str = ""  # "me" or a member's id, as it stands in the address
    text: str = ""
    rate: str = ""  # a bin
    breadth: str = ""
    feature: str = ""  # a feature's code, with `use`
    use: str = ""  # "yes", "no", "held"
    state: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], me: int) -> Filters:
        def one_of(name: str, known: Sequence[str]) -> str:
            return query.get(name, "") if query.get(name) in known else ""

        owner = query.get("owner", "")
        number = int(owner) if owner.isascii() and owner.isdigit() and len(owner) < 16 else None
        segment = query.get("segment", "").replace("\x00", "")[:100]
        return cls(
            scope=Scope(segment=segment or None, owner=me if owner == "me" else number),
            owner=owner if owner == "me" or number is not None else "",
            text=query.get("q", "").replace("\x00", "")[:100],
            rate=one_of("rate", BINS),
            breadth=one_of("breadth", BINS),
            feature=query.get("feature", "").replace("\x00", "")[:200],
            use=one_of("use", ("yes", "no", "held")),
            state=one_of("state", STATES),
        )


@dataclass(frozen=True)
class Line:
    """One customer. `owner` and `segment` are those of the asked day."""

    id: int
    code: str
    name: str
    sort_key: str
    segment: str
    owner: str
    use: AccountUse

    @property
    def rate(self) -> Fraction | None:
        return self.use.rate.value if self.use.rate else None

    @property
    def breadth(self) -> Fraction | None:
        return self.use.breadth.value if self.use.breadth else None

    @property
    def reason_word(self) -> Any:
        return USE_REASONS.get(self.use.reason, "")

    @property
    def rate_reason_word(self) -> Any:
        return USE_REASONS.get(self.use.rate_reason, "")

    @property
    def breadth_reason_word(self) -> Any:
        return USE_REASONS.get(self.use.breadth_reason, "")

    @property
    def users_digits(self) -> int:
        """A mean has one digit, a number of people none."""
        return 0 if self.users is None or self.users == int(self.users) else 1

    @property
    def people_reason_word(self) -> Any:
        return USE_REASONS.get(self.use.people_reason, "")

    @property
    def few_seats(self) -> bool:
        """少人数: a rate of so few seats is 参考."""
        return (self.use.seats or FEW) < FEW

    @property
    def users(self) -> Fraction | None:
        return None if self.use.reason else self.use.month


@dataclass(frozen=True)
class FeatureCount:
    """Customers whose plan holds a feature, of those whose use is known; `users` and `events` of the month."""

    feature: FeatureLine
    held: int
    using: int
    users: int
    events: int

    @property
    def not_using(self) -> int:
        return self.held - self.using

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.using, self.held) if self.held else None


@dataclass(frozen=True)
class Spread:
    """`lines`: what the filters leave; `inside`: how many the scope holds. The bins and features are of the scope."""

    lines: Sequence[Line]
    inside: int
    rates: Mapping[str, int]
    breadths: Mapping[str, int]
    features: Sequence[FeatureCount]
    stopped: int
    found: Adoption


#: How each column is sorted; a missing value stands last either way.
SORTS: dict[str, Callable[[Line], Any]] = {
    "name": lambda one: one.sort_key,
    "segment": lambda one: one.segment or None,
    "users": lambda one: one.users,
    "seats": lambda one: one.use.seats,
    "rate": lambda one: one.rate,
    "breadth": lambda one: one.breadth,
    "depth": lambda one: one.use.depth,
    "stickiness": lambda one: one.use.stickiness,
    "last": lambda one: one.use.last,
}


def spread(member: Member, asked: Asked, filters: Filters) -> Spread:
    """The same number of queries however many customers there are. Customers left out of the figures (除外区分) are not here."""
    found, whose = adoption(asked), inside(asked, filters.scope)
    wanted = [key for key in found.rows if whose.get(key) == ""]
    lines = _lines(member, asked, found, wanted)
    features = [_counted(feature, lines) for feature in found.features]
    features.sort(key=lambda one: (not one.feature.core, one.feature.name))
    chosen = [one for one in lines if _fits(one, filters, found)]
    return Spread(
        lines=chosen,
        inside=len(lines),
        rates=Counter(bin_of(one.rate) for one in lines),
        breadths=Counter(bin_of(one.breadth) for one in lines),
        features=features,
        stopped=sum(one.use.stopped for one in lines),
        found=found,
    )


def _lines(member: Member, asked: Asked, found: Adoption, wanted: Iterable[int]) -> list[Line]:
    states, day, names = account_states(asked), asked.as_of.toordinal(), member_names()
    rows = {row[0]: row for row in visible_accounts(member).order_by().values_list("pk", "code", "name", "sort_key").iterator(chunk_size=20_000)}  # fmt: skip
    return [
        Line(
            *rows[key],
            segment=states["segment"].at(key, day) or "",
            owner=names.get(states["owner_id"].at(key, day), ""),
            use=found.rows[key],
        )
        for key in wanted
        if key in rows
    ]


def holds(line: Line, feature: FeatureLine) -> bool:
    """Whether the customer counts for a feature: its use is known, and its plan holds the feature."""
    if line.use.reason:
        return False
    return feature.code in (line.use.held or ()) or feature.code in line.use.features


def _counted(feature: FeatureLine, lines: Iterable[Line]) -> FeatureCount:
    held = [line for line in lines if holds(line, feature)]
    told = [line.use.features[feature.code] for line in held if feature.code in line.use.features]
    return FeatureCount(feature, len(held), len(told), sum(one.users or 0 for one in told), sum(one.events or 0 for one in told))  # fmt: skip


def _fits(line: Line, filters: Filters, found: Adoption) -> bool:
    if filters.text and not _has(line, filters.text):
        return False
    if filters.rate and bin_of(line.rate) != filters.rate:
        return False
    if filters.breadth and bin_of(line.breadth) != filters.breadth:
        return False
    if filters.state == "stopped" and not line.use.stopped:
        return False
    if filters.state == "unknown" and line.rate is not None:
        return False
    feature = next((one for one in found.features if one.code == filters.feature), None)
    if feature is None or not filters.use:
        return True
    used = feature.code in line.use.features
    return holds(line, feature) and (filters.use == "held" or used == (filters.use == "yes"))


def _has(line: Line, text: str) -> bool:
    whole = search_key(f"{line.name} {line.code} {line.sort_key}")
    return all(search_key(word) in whole for word in text.split())


def ordered(lines: Iterable[Line], terms: Sequence[tuple[str, bool]]) -> list[Line]:
    """By (column, descending) terms, then by name and code; what has no value stands last."""
    found = sorted(lines, key=lambda one: (one.sort_key, one.code))
    for name, down in reversed(terms):
        value = SORTS[name]
        known = [one for one in found if value(one) is not None]
        known.sort(key=value, reverse=down)
        found = known + [one for one in found if value(one) is None]
    return found
