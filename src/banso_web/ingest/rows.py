"""From a table's raw rows to the typed rows of a canonical file, or the reasons why a row cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from banso.money import EXPONENTS
from banso_web.core.imports import Problem, Row
from banso_web.ingest.readers.aliases import match_header
from banso_web.ingest.readers.cells import Amount, blank, parse_cell, parse_text
from banso_web.ingest.readers.problems import Nested, Unreadable
from banso_web.ingest.readers.problems import Problem as CellProblem
from banso_web.ingest.readers.schema import Column, FileSchema
from banso_web.ingest.readers.table import RawRow, RawTable

_PLAIN_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:./-]*").fullmatch  # nothing to normalise, nothing to refuse
_PLAIN = frozenset({str, date, datetime, Decimal, int, bool})  # values that need no second look
CACHE = 20_000  # parsed values kept a column: dates, amounts and ids repeat
MONTHLY = {"mrr", "mrr_delta"}
EARLIEST, LATEST = 1900, 2199  # years that a company's records can honestly hold
REFUSED = "rejected_because"  # a mapping's own column: a text in it refuses the row, for that reason


class MissingColumns(Exception):
    """The file lacks columns it cannot be read without."""

    def __init__(self, kind: str, columns: Sequence[Column]) -> None:
        super().__init__(f"{kind}: {', '.join(column.key for column in columns)}")
        self.kind, self.columns = kind, tuple(columns)


def sane(value: Any, column: Column) -> Any:
    """Refuse what reads well and cannot be: a day of the year 3026, a currency that does not exist."""
    if column.type == "currency" and isinstance(value, str) and value not in EXPONENTS:
        return CellProblem("unknown_currency", "fix_currency", value)
    if isinstance(value, date) and not EARLIEST <= value.year <= LATEST:
        return CellProblem("date_out_of_range", "fix_date", str(value))
    return value


@dataclass
class _Bound:
    """One canonical column at its place in the file."""

    place: int
    column: Column
    header: str
    cache: dict[Any, Any] = field(default_factory=dict)
    plain_key: bool = field(init=False)

    def __post_init__(self) -> None:
        self.plain_key = self.column.type == "key"

    def read(self, raw: Any) -> Any:
        """The typed value or a `CellProblem`, remembered by what was typed."""
        if raw is None:
            return None
        if self.plain_key and raw.__class__ is str and _PLAIN_KEY(raw):
            return raw  # ids are all different: remembering them would be in vain
        key = raw if raw.__class__ is str else (raw.__class__, raw)
        try:
            return self.cache[key]
        except KeyError:
            pass
        except TypeError:  # cannot be remembered
            return sane(parse_cell(raw, self.column), self.column)
        value = sane(parse_cell(raw, self.column), self.column)
        if len(self.cache) >= CACHE:
            self.cache.clear()
        self.cache[key] = value
        return value


@dataclass
class Binding:
    """Which column of the file is which canonical column; the rest become custom fields."""

    schema: FileSchema
    bound: list[_Bound]
    custom: list[tuple[int, str]]
    soft: dict[str, int] = field(default_factory=dict)  # told, not refused: 未定 and the like
    refused: int | None = None  # the place of REFUSED, where a mapping wrote it

    @property
    def unknown(self) -> list[str]:
        return [header for _, header in self.custom]

    def header_of(self, key: str) -> str:
        """The header under which the person knows a canonical column."""
        return next((one.header for one in self.bound if one.column.key == key), key)

    def typed(self, raw: RawRow) -> Row | Problem:
        """One row, or its first problem."""
        if raw.problem is not None:
            return Problem(raw.number, "", raw.problem.code, _detail(raw.problem))
        if self.refused is not None and not blank(raw.values[self.refused]):
            return Problem(
                raw.number, "", "refused_by_mapping", {"text": str(raw.values[self.refused])[:500]}
            )
        values: dict[str, Any] = {}
        cells = raw.values
        for one in self.bound:
            value = one.read(cells[one.place])
            if value.__class__ in _PLAIN:
                values[one.column.key] = value
                continue
            if isinstance(value, CellProblem):
                if not value.soft:
                    return Problem(raw.number, one.column.key, value.code, _detail(value))
                self.soft[value.code] = self.soft.get(value.code, 0) + 1
                value = None
            elif isinstance(value, Amount):
                problem = _plain_amount(raw.number, one.column.key, value, values)
                if problem is not None:
                    return problem
                continue
            if value is None and one.column.required:
                return Problem(raw.number, one.column.key, "required", {})
            values[one.column.key] = value
        custom = {}
        for place, header in self.custom:
            text = parse_text(raw.values[place])
            custom[header] = "" if text is None or isinstance(text, CellProblem) or blank(text) else text
        return Row(raw.number, values, custom)

    def rows(self, table: RawTable) -> Iterator[tuple[RawRow, Row | Problem]]:
        for raw in table.rows():
            yield raw, self.typed(raw)


def _detail(problem: CellProblem) -> dict[str, Any]:
    detail: dict[str, Any] = {"text": problem.text[:200]} if problem.text else {}
    return {**detail, **{key: str(value) for key, value in problem.detail.items()}}


def _plain_amount(number: int, key: str, amount: Amount, values: dict[str, Any]) -> Problem | None:
    """Amounts of canonical files are 税抜; a monthly one written by the year is divided, anything else is refused."""
    if amount.tax_included:
        return Problem(number, key, "tax_included", {"text": str(amount.value)})
    value: Decimal = amount.value
    if amount.per == "year":
        if key not in MONTHLY:
            return Problem(number, key, "not_an_amount", {"text": str(amount.value)})
        value = value / 12
    values[key] = value
    if amount.currency and not values.get("currency"):
        values["currency"] = amount.currency
    return None


def bind(table: RawTable, schema: FileSchema, chosen: Mapping[str, str] | None = None) -> Binding:
    """Match the headers of a file with a canonical file.

    English keys and Japanese labels always count; other known words only where they need no question and no factor
    (年額 or 更新日 want a mapping). `chosen` (header → key, "" for a custom field) decides before all. A second column for
    the same key becomes a custom field. Raises MissingColumns.
    """
    found: dict[str, tuple[float, int, str]] = {}
    for raw in table.columns:
        key, score = _meaning(raw.header, schema, chosen or {})
        if key and (key not in found or score > found[key][0]):
            found[key] = (score, raw.index, raw.header)
    missing = [column for column in schema.columns if column.required and column.key not in found]
    if missing:
        raise MissingColumns(schema.key, missing)
    # The currency column first: an amount cell may say its own only where the row does not.
    order = sorted(found, key=lambda key: key != "currency")
    bound = [_Bound(found[key][1], schema.column(key), found[key][2]) for key in order]
    refused = next((raw.index for raw in table.columns if raw.header == REFUSED), None)
    taken = {one.place for one in bound} | ({refused} if refused is not None else set())
    custom = [(raw.index, raw.header) for raw in table.columns if raw.index not in taken]
    return Binding(schema, bound, custom, refused=refused)


def bind_keys(schema: FileSchema, keys: Sequence[str], values: Sequence[Any]) -> Row | Problem:
    """One row given by the canonical keys themselves; every required column must be among them."""
    missing = [column for column in schema.columns if column.required and column.key not in keys]
    if missing:
        return Problem(1, missing[0].key, "required", {})
    order = sorted(range(len(keys)), key=lambda place: keys[place] != "currency")
    bound = [_Bound(place, schema.column(keys[place]), keys[place]) for place in order]
    return Binding(schema, bound, []).typed(RawRow(1, tuple(values)))


def _meaning(header: str, schema: FileSchema, chosen: Mapping[str, str]) -> tuple[str, float]:
    if header in chosen:
        return chosen[header], 9.0
    found = match_header(header, schema.key)
    if found is None:
        return "", 0.0
    if found.reason in ("key", "label") and found.unit == 1 and not found.tax_included:
        return found.column, 2.0 if found.reason == "key" else 1.5
    plain = found.divisor == 1 and found.unit == 1 and not found.tax_included and not found.ask
    return (found.column, found.score) if found.reason == "alias" and plain else ("", 0.0)


def raw_cells(table: RawTable, raw: RawRow) -> dict[str, str]:
    """A row as it was typed, for the list of refused rows."""
    return {header: _as_typed(value) for header, value in zip(table.headers, raw.values, strict=True)}


def _as_typed(value: Any) -> str:
    if isinstance(value, Nested):
        return value.whole
    if isinstance(value, Unreadable):
        return value.text
    return "" if value is None else str(value)
