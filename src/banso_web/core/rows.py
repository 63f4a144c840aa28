"""The rows behind a number: what a line holds, and lists of them that are read only when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, overload


@dataclass(frozen=True)
class MovementLine:
    """One movement under a row: what was written, when it was so and when it was known."""

    code: str
    on: date
    amount: Decimal
    currency: str
    reason: str
    cause: str
    product: str
    recorded_at: datetime
    contract: str = ""
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One line of 分子・分母・除外: a customer (or contract) with its amount, and why it is here.

    `part` is the machine's word (churn, expansion, excluded…); `reason` is for the reader. `account_id` is the internal
    id a page links to; `code` and `name` are the organisation's own.
    """

    account_id: int | None
    code: str
    name: str
    part: str = ""
    amount: Decimal | None = None
    opening: Decimal | None = None
    closing: Decimal | None = None
    on: date | None = None
    reason: str = ""
    movements: tuple[MovementLine, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


ByReason = tuple[str, str, int, Decimal | None]


def _by_reason(rows: Sequence[Row]) -> tuple[ByReason, ...]:
    found: dict[tuple[str, str], list[Decimal]] = {}
    unknown = set()
    for row in rows:
        found.setdefault((row.part, row.reason), []).append(row.amount or Decimal(0))
        if row.extra.get("held"):
            unknown.add((row.part, row.reason))
    return tuple(
        (*key, len(sums), None if key in unknown else sum(sums, Decimal(0)))
        for key, sums in sorted(found.items())
    )


class Rows(Sequence[Row]):
    """Rows that are read only when somebody looks: a board of figures never loads a hundred thousand names.

    `count` spares reading them only to count them (a function where counting costs something); None where nobody knows.
    What `make` gives may be `Rows` itself: then a slice reads no more of it than that slice.
    """

    def __init__(
        self,
        count: int | Callable[[], int] | None,
        make: Callable[[], Sequence[Row]],
        *,
        by_reason: tuple[ByReason, ...] | None = None,
    ) -> None:
        self._count, self._make, self._by_reason = count, make, by_reason
        self._rows: Sequence[Row] | None = None

    def _read(self) -> Sequence[Row]:
        if self._rows is None:
            made = self._make()
            self._rows = made if isinstance(made, Rows) else tuple(made)
        return self._rows

    def __len__(self) -> int:
        if self._rows is None and self._count is not None:
            if callable(self._count):
                self._count = self._count()
            return self._count
        return len(self._read())

    def __iter__(self) -> Iterator[Row]:
        return iter(self._read())

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._read()[index]

    def total(self) -> Decimal:
        """What the amounts add up to (a row without amount adds nothing)."""
        return total_of(self._read())

    def by_reason(self) -> tuple[ByReason, ...]:
        """(part, reason, how many, what they add up to or None where a rate is missing), in order."""
        if self._by_reason is None:
            self._by_reason = _by_reason(self)
        return self._by_reason

    def unrated(self) -> int:
        """How many rows hold an amount in a currency without a rate (`extra["held"]`)."""
        return unrated_of(self._read())

    def with_amount(self) -> int:
        """How many rows carry an amount other than 0."""
        made = self._read()
        return made.with_amount() if isinstance(made, Rows) else sum(1 for row in made if row.amount)


def unrated_of(rows: Sequence[Row]) -> int:
    """How many rows hold an amount in a currency without a rate; `Rows` that know it give it without reading the rows."""
    return rows.unrated() if isinstance(rows, Rows) else sum(1 for row in rows if row.extra.get("held"))


def total_of(rows: Sequence[Row]) -> Decimal:
    """The sum of the rows' amounts, exact; `Rows` that know it give it without reading the rows."""
    if isinstance(rows, Rows):
        return rows.total()
    return sum((row.amount or Decimal(0) for row in rows), Decimal(0))


def rows(made: Sequence[Row]) -> Rows:
    """Rows that are already there."""
    return Rows(len(made), lambda: made)
