"""What a recipe takes and gives: plain rows in, canonical movement rows out, with marks and problems beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypedDict

from banso.money import UNITS_PER_ONE, from_units, to_units

if TYPE_CHECKING:
    from banso.periods import Month
    from banso.revenue.recipes.preview import Preview

# A row of already parsed values: str, date, Decimal or int, bool, None. `row` (int) is its number in the file.
Row = Mapping[str, object]

Cause = Literal["new", "upsell", "cross_sell", "downgrade", "churn", "reactivation"]


class MovementRow(TypedDict):
    """A row of the canonical file `movements`. `movement_id` is the same for the same input, in any row order.

    `recorded_at` is None: no recipe knows when the company knew; the importer asks.
    """

    movement_id: str
    account_id: str
    contract_id: str
    product: str
    effective_on: date
    mrr_delta: Decimal
    currency: str
    cause: Cause | None
    note: str
    recorded_at: None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that gives no movement, and why. `code`: ``no_account``, ``no_start``, ``no_amount``, ``no_term``, ``no_unit``,
    ``end_before_start``, ``no_kind``, ``no_date``, ``no_period``, ``end_without_start``, ``below_zero``,
    ``amount_too_large``, ``no_rows_of_day``."""

    code: str
    row: int
    column: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something a person should see before the import; it is no error. `code`: ``auto_renew_continues``,
    ``renewed_by``, ``overlap``, ``replaced``, ``partial_months``, ``open_end``, ``undecided_end``, ``renewed_late``,
    ``rows_added_up``, ``opening_balance``, ``joined_change``, ``empty_months``, ``missing_months``, ``one_snapshot_a_month``,
    ``renewal_without_start``, ``change_without_start``, ``partial_end``, ``one_off``, ``open_at_end_of_data``."""

    code: str
    account_id: str = ""
    contract_id: str = ""
    on: date | None = None
    row: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """The result of a recipe. `movements` are sorted by day and id. `contracts` (contract ledger only): canonical rows of
    `contracts`, one for each term, `ends_on` turned to the last day of service and `mrr` computed. `spoke_of`: first and last month of a month
    table or of snapshots, last months that nobody has filled in left out."""

    movements: tuple[MovementRow, ...]
    preview: Preview
    problems: tuple[RowProblem, ...] = ()
    marks: tuple[Mark, ...] = ()
    contracts: tuple[dict[str, object], ...] = ()
    joined: Joined | None = None
    spoke_of: tuple[Month, Month] | None = None


Key = tuple[str, str, str, str]  # account, contract, product, currency


@dataclass(frozen=True, slots=True)
class Stored:
    """What earlier tables of the same source have brought: key → month of its column → change in that month.

    `first` and `last` are the months those tables spoke of. `own`: the keys that this very series of tables brought; only
    they can end by being missing from the next one (None: all).
    """

    steps: Mapping[Key, Mapping[Month, Decimal]]
    first: Month
    last: Month
    own: frozenset[Key] | None = None

    def at(self, month: Month) -> dict[Key, Decimal]:
        """What each key pays in that month; keys at nothing are left out."""
        levels = {
            key: sum((step for on, step in steps.items() if on <= month), Decimal(0))
            for key, steps in self.steps.items()
        }
        return {key: level for key, level in levels.items() if level}


@dataclass(frozen=True, slots=True)
class Joined:
    """How a table that begins later meets what is stored up to the month before: how many keys, and both sums.

    `ended`: stored keys that the table does not have, or has at nothing.
    """

    month: Month
    stored: Decimal
    table: Decimal
    same: int = 0
    new: int = 0
    up: int = 0
    down: int = 0
    ended: int = 0

    @property
    def differs(self) -> bool:
        return bool(self.new or self.up or self.down or self.ended)


@dataclass
class Collector:
    """Movements in the making; ids are made unique in a stable order at the end."""

    movements: list[MovementRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def move(
        self, stem: str, *, account: str, on: date, units: int, currency: str, cause: Cause | None,
        contract: str = "", product: str = "", note: str = "",
    ) -> None:  # fmt: skip
        """Add a movement of `units` (1/10,000); nothing for 0."""
        if units:
            self.movements.append(
                MovementRow(
                    movement_id=stem, account_id=account, contract_id=contract, product=product, effective_on=on,
                    mrr_delta=from_units(units), currency=currency, cause=cause, note=note, recorded_at=None,
                )
            )  # fmt: skip

    def finished(self) -> tuple[MovementRow, ...]:
        """Sorted by day and id; a second movement of one id gets ``:2`` by product, amount and account."""
        self.movements.sort(
            key=lambda m: (m["effective_on"], m["movement_id"], m["product"], m["mrr_delta"], m["account_id"])
        )
        seen: dict[str, int] = {}
        for movement in self.movements:
            stem = movement["movement_id"]
            seen[stem] = seen.get(stem, 0) + 1
            if seen[stem] > 1:
                movement["movement_id"] = f"{stem}:{seen[stem]}"
        return tuple(self.movements)


def text(row: Row, key: str) -> str:
    """The text of a column; empty when absent."""
    value = row.get(key)
    return "" if value is None else str(value).strip()


def day(row: Row, key: str) -> date | None:
    """The day of a column. Raises TypeError for what is no date: recipes take parsed values."""
    value = row.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, date):
        raise TypeError(f"{key} must be a date, not {type(value).__name__}")
    return value


def number(row: Row, key: str) -> Decimal | None:
    """The number of a column as Decimal. Raises TypeError for float and text."""
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise TypeError(f"{key} must be Decimal or int, not {type(value).__name__}")
    return Decimal(value)


def place(row: Row, at: int) -> int:
    """The row's number in the file, or its place in the list from 1."""
    value = row.get("row")
    return value if isinstance(value, int) else at + 1


def units_of(amount: Decimal) -> int:
    """`to_units`, with a short way for amounts that need no rounding (nearly all of them)."""
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -4 <= exponent <= 0 and amount.adjusted() < 14:
        return int(amount.scaleb(4))
    return to_units(amount)


def monthly_units(amount: Decimal, months: Fraction | Decimal | int) -> int:
    """Units a month of an amount for a term, rounded half up once: ¥1,000,000 for 12 months is 833,333,333."""
    if months == 1:
        return units_of(amount)
    exact = Fraction(amount) * UNITS_PER_ONE / Fraction(months)
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return to_units(from_units(magnitude if exact >= 0 else -magnitude))


def ymd(on: date) -> str:
    """``20260401``: the day in an id."""
    return f"{on.year:04d}{on.month:02d}{on.day:02d}"
