"""From the plain dict that a scorecard's text holds to a scorecard, or to everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from banso.health.curves import Curve, Line, Table
from banso.health.scorecard import FIELDS, LIFE, Bands, Group, Part, Scorecard, StandIn

KEY = re.compile(r"[a-z][a-z0-9_.-]{0,59}\Z")
LANGUAGES = ("ja", "en")
MOST_PARTS, MOST_KNOTS, MOST_DAYS = 60, 50, 3650
_LIMIT = Decimal(10) ** 12
_HUNDRED = Decimal(100)
#: Letters that an escape makes and no page or database can hold.
_UNWRITTEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a scorecard. `path`: where, as `parts[2].curve`; `code` and `values`: what, for words in any language."""

    path: str
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.path or '(whole)'}: {self.code}" + (f" {dict(self.values)}" if self.values else "")


class BadScorecard(ValueError):
    """Every mistake of a scorecard's text; nothing was made of it."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("not a scorecard: " + "; ".join(str(mistake) for mistake in mistakes))


def scorecard(
    data: Any,
    *,
    signals: Collection[str] | None = None,
    categories: Mapping[str, Sequence[str]] | None = None,
) -> Scorecard:
    """A scorecard from a plain dict. Raises BadScorecard with every mistake at once.

    signals: the keys that exist; with it, a part over another one is a mistake. categories: what each signal of words may say; with it,
    such a signal needs a table that names every word and no other, and any other one a curve, so that no value to come is without points. Codes: missing, unknown_key, not_a_mapping,
    not_a_list, empty, not_a_key, not_a_text, not_a_day, not_a_number, not_whole, out_of_range (low, high), twice (of), one_of (names),
    unknown_signal, unknown_group, too_many (most), too_few (least), not_a_pair, not_ascending (before, value), bands_crossed
    (good, watch), needs_table (named), needs_curve.
    """
    reader = _Reader(signals, categories)
    card = reader.whole(data)
    if reader.mistakes or card is None:
        raise BadScorecard(tuple(reader.mistakes))
    return card


class _Reader:
    """Every method answers something usable or a stand-in for it, and notes what was wrong: so all mistakes come at once."""

    def __init__(
        self, signals: Collection[str] | None, categories: Mapping[str, Sequence[str]] | None
    ) -> None:
        self.signals = signals
        self.categories = categories
        self.mistakes: list[Mistake] = []

    def wrong(self, path: str, code: str, **values: Any) -> None:
        self.mistakes.append(Mistake(path, code, values))

    def whole(self, data: Any) -> Scorecard | None:
        allowed = ("key", "names", "effective_on", "precedence", "for", "bands", "groups", "parts")
        data = self.mapping("", data, allowed, needed=("key", "names", "effective_on", "parts"))
        if data is None:
            return None
        groups = self.groups(data.get("groups"))
        return Scorecard(
            key=self.key("key", data.get("key")),
            names=self.names("names", data.get("names")),
            effective_on=self.day("effective_on", data.get("effective_on")),
            precedence=self.whole_number("precedence", data.get("precedence", 100), 0, 10_000),
            whom=self.whom(data.get("for")),
            bands=self.bands(data.get("bands")),
            groups=groups,
            parts=self.parts(data.get("parts"), {group.key for group in groups}),
        )

    def mapping(
        self, path: str, data: Any, allowed: tuple[str, ...], needed: tuple[str, ...] = ()
    ) -> dict[str, Any] | None:
        if not isinstance(data, Mapping):
            self.wrong(path, "not_a_mapping")
            return None
        for name in data:
            if name not in allowed:
                self.wrong(_join(path, _told(name)), "unknown_key", allowed=list(allowed))
        for name in needed:
            if data.get(name) is None:
                self.wrong(_join(path, name), "missing")
        return {_told(name): value for name, value in data.items()}

    def items(self, path: str, data: Any, most: int) -> list[Any]:
        if not isinstance(data, (list, tuple)):
            self.wrong(path, "not_a_list")
            return []
        if len(data) > most:
            self.wrong(path, "too_many", most=most)
        return list(data)[:most]

    def key(self, path: str, value: Any) -> str:
        if value is not None and not (isinstance(value, str) and KEY.match(value)):
            self.wrong(path, "not_a_key", value=_told(value))
        return _told(value)

    def text(self, path: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > 100 or _UNWRITTEN.search(value):
            self.wrong(path, "not_a_text", value=_told(value))
        return value.strip() if isinstance(value, str) else ""

    def names(self, path: str, data: Any) -> dict[str, str]:
        if data is None:
            return {}
        found = self.mapping(path, data, LANGUAGES) or {}
        if not found and isinstance(data, Mapping):
            self.wrong(path, "empty")
        return {
            name: self.text(_join(path, name), value) for name, value in found.items() if name in LANGUAGES
        }

    def day(self, path: str, value: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if value is not None:
            self.wrong(path, "not_a_day", value=_told(value))
        return date.min

    def number(self, path: str, value: Any, low: Decimal, high: Decimal) -> Decimal:
        """A decimal of at most nine places: what a reader can add up by hand, and what cannot be made to fill memory."""
        if value is None:
            self.wrong(path, "missing")
            return low
        try:
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, float, str, Decimal))
                or len(str(value)) > 40
            ):
                raise ValueError
            number = Decimal(str(value))
            if not number.is_finite():
                raise ValueError
        except (ValueError, InvalidOperation):
            self.wrong(path, "not_a_number", value=_told(value))
            return low
        if not low <= number <= high or number != round(number, 9):
            self.wrong(path, "out_of_range", value=_told(value), low=str(low), high=str(high))
            return low
        return number

    def whole_number(self, path: str, value: Any, low: int, high: int) -> int:
        number = self.number(path, value, Decimal(low), Decimal(high))
        if number != number.to_integral_value():
            self.wrong(path, "not_whole", value=_told(value))
        return int(number)

    def whom(self, data: Any) -> dict[str, tuple[str, ...]] | None:
        if data is None:
            return None
        out = {}
        for name, values in (self.mapping("for", data, FIELDS) or {}).items():
            path = f"for.{name}"
            found = self.items(path, [values] if isinstance(values, str) else values, 100)
            if found and name in FIELDS:
                out[name] = tuple(self.text(f"{path}[{at}]", value) for at, value in enumerate(found))
        return out or None

    def bands(self, data: Any) -> Bands:
        if data is None:
            return Bands()
        found = self.mapping("bands", data, ("good", "watch", "unknown_under")) or {}
        usual, count = Bands(), len(self.mistakes)
        good = self.number("bands.good", found.get("good", usual.good), Decimal(0), _HUNDRED)
        watch = self.number("bands.watch", found.get("watch", usual.watch), Decimal(0), _HUNDRED)
        if good <= watch and len(self.mistakes) == count:
            self.wrong("bands", "bands_crossed", good=str(good), watch=str(watch))
        return Bands(
            good,
            watch,
            self.number(
                "bands.unknown_under", found.get("unknown_under", usual.unknown_under), Decimal(0), _HUNDRED
            ),
        )

    def groups(self, data: Any) -> tuple[Group, ...]:
        out: list[Group] = []
        for at, one in enumerate(self.items("groups", data, MOST_PARTS) if data is not None else ()):
            path = f"groups[{at}]"
            found = self.mapping(path, one, ("key", "names"), needed=("key", "names"))
            if found is None:
                continue
            key = self.key(f"{path}.key", found.get("key"))
            if any(key == group.key for group in out):
                self.wrong(f"{path}.key", "twice", of=key)
            out.append(Group(key, self.names(f"{path}.names", found.get("names"))))
        return tuple(out)

    def parts(self, data: Any, groups: set[str]) -> tuple[Part, ...]:
        if data is None:
            return ()
        out: list[Part] = []
        taken: set[str] = set()
        listed = self.items("parts", data, MOST_PARTS)
        if not listed and isinstance(data, (list, tuple)):
            self.wrong("parts", "empty")
        for at, one in enumerate(listed):
            path = f"parts[{at}]"
            allowed = ("signal", "weight", "group", "curve", "table", "life", "stand_in")
            found = self.mapping(path, one, allowed, needed=("signal",))
            if found is None:
                continue
            signal = self.signal(path, found, taken)
            weight = self.number(f"{path}.weight", found.get("weight"), Decimal("0.001"), Decimal(1000))
            group = found.get("group")
            if group is not None and not (isinstance(group, str) and group in groups):
                self.wrong(f"{path}.group", "unknown_group", value=_told(group), groups=sorted(groups))
            stand_in = None
            if found.get("stand_in") is not None:
                stand_in = self.stand_in(f"{path}.stand_in", found["stand_in"], taken)
            out.append(Part(signal, weight, self.curve(path, found), self.life(path, found), group, stand_in))
        return tuple(out)

    def stand_in(self, path: str, data: Any, taken: set[str]) -> StandIn | None:
        found = self.mapping(path, data, ("signal", "curve", "table", "life"), needed=("signal",))
        if found is None:
            return None
        return StandIn(self.signal(path, found, taken), self.curve(path, found), self.life(path, found))

    def signal(self, path: str, found: dict[str, Any], taken: set[str]) -> str:
        """A signal's key. One signal stands in one place of a scorecard, or losing it would be told twice."""
        path, value = f"{path}.signal", found.get("signal")
        key = self.key(path, value)
        if value is None:
            return key
        if key in taken:
            self.wrong(path, "twice", of=key)
        taken.add(key)
        if self.signals is not None and key not in self.signals:
            self.wrong(path, "unknown_signal", value=key, signals=sorted(self.signals))
        return key

    def life(self, path: str, found: dict[str, Any]) -> int:
        return self.whole_number(f"{path}.life", found.get("life", LIFE), 1, MOST_DAYS)

    def curve(self, path: str, found: dict[str, Any]) -> Curve:
        line, table = found.get("curve"), found.get("table")
        if (line is None) == (table is None):
            self.wrong(path, "one_of", names=["curve", "table"])
            return Line(())
        if self.categories is not None:
            named = self.categories.get(_told(found.get("signal")))
            if named is not None and not (isinstance(table, Mapping) and set(named) == set(table)):
                self.wrong(path, "needs_table", named=list(named))
            elif named is None and table is not None:
                self.wrong(path, "needs_curve")
        if table is not None:
            return self.table(f"{path}.table", table)
        path = f"{path}.curve"
        knots: list[tuple[Decimal, Decimal]] = []
        listed = self.items(path, line, MOST_KNOTS)
        if len(listed) < 2:
            self.wrong(path, "too_few", least=2)
        for at, pair in enumerate(listed):
            here = f"{path}[{at}]"
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                self.wrong(here, "not_a_pair")
                continue
            count = len(self.mistakes)
            value = self.number(f"{here}[0]", pair[0], -_LIMIT, _LIMIT)
            points = self.number(f"{here}[1]", pair[1], Decimal(0), _HUNDRED)
            if len(self.mistakes) > count:
                continue
            if knots and value <= knots[-1][0]:
                self.wrong(f"{here}[0]", "not_ascending", before=str(knots[-1][0]), value=_told(value))
                continue
            knots.append((value, points))
        return Line(tuple(knots))

    def table(self, path: str, data: Any) -> Curve:
        if not isinstance(data, Mapping):
            self.wrong(path, "not_a_mapping")
            return Table(())
        if not data:
            self.wrong(path, "empty")
        if len(data) > MOST_KNOTS:
            self.wrong(path, "too_many", most=MOST_KNOTS)
        rows = list(data.items())[:MOST_KNOTS]
        return Table(
            tuple(
                (_told(name), self.number(f"{path}.{_told(name)}", value, Decimal(0), _HUNDRED))
                for name, value in rows
            )
        )


def _told(value: Any) -> str:
    """What was written, short, for the words of a mistake: never all of something nested or endless."""
    if isinstance(value, int) and value.bit_length() > 200:  # Python refuses to write out the longest
        return "…"
    if isinstance(value, (Mapping, list, tuple, set)):
        return "…"
    return _UNWRITTEN.sub("?", str(value)[:100])


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
