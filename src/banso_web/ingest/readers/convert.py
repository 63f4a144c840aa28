"""From raw rows to typed canonical rows by a mapping that can be saved as JSON, and from a wide table to long rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from banso_web.ingest.readers.aliases import Suggestion
from banso_web.ingest.readers.cells import Amount, blank, parse_amount, parse_cell, parse_key, parse_text
from banso_web.ingest.readers.months import month_of
from banso_web.ingest.readers.problems import Problem
from banso_web.ingest.readers.schema import Column, FileSchema
from banso_web.ingest.readers.table import RawRow, RawTable


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where one canonical column comes from: a header, or a constant; and what is done to amounts and words.

    Amount = cell x `unit` (1000 for 千円; not where the cell says its own scale: 12万, ¥) / `divisor` (12 for a yearly amount), less tax when `tax_included`;
    one rounding half up to 1/10,000 at the end. `values`: the person's own words → canonical values.
    """

    source: str = ""
    constant: str = ""
    unit: int = 1
    divisor: int = 1
    tax_included: bool = False
    values: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a saved mapping."""
        return {
            "source": self.source, "constant": self.constant, "unit": self.unit, "divisor": self.divisor,
            "tax_included": self.tax_included, "values": dict(self.values),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FieldMap:
        """What `as_json` wrote; missing keys take their defaults."""
        return cls(
            str(data.get("source", "")), str(data.get("constant", "")), int(data.get("unit", 1)),
            int(data.get("divisor", 1)), bool(data.get("tax_included")), dict(data.get("values", {})),
        )  # fmt: skip

    @classmethod
    def of(cls, suggestion: Suggestion) -> FieldMap:
        """The mapping a suggestion stands for."""
        return cls(
            suggestion.header,
            unit=suggestion.unit,
            divisor=suggestion.divisor,
            tax_included=suggestion.tax_included,
        )


@dataclass(frozen=True, slots=True)
class CellProblem:
    """A problem with its place: header of the file (or the canonical key when the file has none) and the cell's text."""

    column: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class ConvertedRow:
    """A row as the import engine takes it. `rejected` when a problem is not soft; `values` then lacks those columns.

    `values`: canonical key → typed value (str, Decimal, int, bool, date, datetime); empty cells are absent.
    `custom`: header → text of the columns that no canonical column takes. `raw`: header → cell as read, for rows with
    problems (empty for the others).
    """

    number: int
    values: dict[str, Any]
    custom: dict[str, str]
    problems: tuple[CellProblem, ...]
    raw: dict[str, Any]

    @property
    def rejected(self) -> bool:
        """True when the row cannot be taken as it stands."""
        return any(not each.problem.soft for each in self.problems)


def net_amount(amount: Amount, fields: FieldMap, tax_rate: Decimal, *, monthly: bool) -> Decimal:
    """The 税抜 amount of a cell, rounded half up once to 1/10,000.

    `monthly`: the column is a monthly amount, so a cell that says 「/年」 is divided by 12 as well.
    """
    taxed = fields.tax_included or amount.tax_included
    yearly = monthly and amount.per == "year"
    exponent = amount.value.as_tuple().exponent
    unit = 1 if amount.absolute else fields.unit
    if (
        unit == fields.divisor == 1
        and not taxed
        and not yearly
        and isinstance(exponent, int)
        and exponent >= -4
    ):
        return amount.value  # the usual case: nothing to round
    exact = Fraction(amount.value) * unit / fields.divisor
    if yearly and fields.divisor == 1:
        exact /= 12
    if taxed:
        exact /= 1 + Fraction(tax_rate)
    scaled = exact * 10_000
    magnitude = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return (Decimal(magnitude if exact >= 0 else -magnitude) / 10_000).normalize() + Decimal(0)


def convert_rows(
    table: RawTable,
    schema: FileSchema,
    fields: Mapping[str, FieldMap],
    *,
    tax_rate: Decimal = Decimal("0.10"),
    required: Sequence[str] | None = None,
) -> Iterator[ConvertedRow]:
    """Every data row typed by the schema. A row's problems name the header the person knows; good cells stay.

    `fields`: canonical key → where it comes from. `required` replaces the schema's (a 契約台帳 has no contract_id).
    Headers no field takes become custom fields. Raises KeyError for a field the schema does not know.
    """
    convert = converter(table, schema, fields, tax_rate=tax_rate, required=required)
    for row in table.rows():
        yield convert(row)


def converter(
    table: RawTable,
    schema: FileSchema,
    fields: Mapping[str, FieldMap],
    *,
    tax_rate: Decimal = Decimal("0.10"),
    required: Sequence[str] | None = None,
) -> Callable[[RawRow], ConvertedRow]:
    """What `convert_rows` does to one row of the table, for a caller who walks the rows."""
    plan = [(schema.column(key), one, _place(table, one)) for key, one in fields.items()]
    used = {place for _column, _one, place in plan if place is not None}
    spare = [(column.index, column.header) for column in table.columns if column.index not in used]
    needed = tuple(schema.required if required is None else required)
    return lambda row: _convert(row, table, plan, spare, needed, fields, tax_rate)


def _place(table: RawTable, one: FieldMap) -> int | None:
    return (
        next((column.index for column in table.columns if column.header == one.source), None)
        if one.source
        else None
    )


def _convert(
    row: RawRow,
    table: RawTable,
    plan: Sequence[tuple[Column, FieldMap, int | None]],
    spare: Sequence[tuple[int, str]],
    needed: Sequence[str],
    fields: Mapping[str, FieldMap],
    tax_rate: Decimal,
) -> ConvertedRow:
    if row.problem is not None:
        return ConvertedRow(row.number, {}, {}, (CellProblem("", row.problem),), _raw(table, row))
    values: dict[str, Any] = {}
    problems: list[CellProblem] = []
    for column, one, place in plan:
        cell = row.values[place] if place is not None else None
        value = parse_cell(one.constant if one.constant and blank(cell) else cell, column, values=one.values)
        if isinstance(value, Amount):
            if value.currency not in {"", "JPY"}:
                values.setdefault(
                    "currency", value.currency
                )  # $1,200: a currency column of its own comes after and wins
            value = net_amount(value, one, tax_rate, monthly=column.key == "mrr")
        if isinstance(value, Problem):
            problems.append(CellProblem(one.source or column.key, value))
        elif value is not None:
            values[column.key] = value
    for key in needed:
        if key not in values:
            source = (fields[key].source if key in fields else "") or key
            if all(each.column != source or each.problem.soft for each in problems):
                problems.append(CellProblem(source, Problem("required", "fix_required")))
    raw = _raw(table, row) if problems else {}
    return ConvertedRow(row.number, values, _custom(row, spare) if spare else {}, tuple(problems), raw)


def _raw(table: RawTable, row: RawRow) -> dict[str, Any]:
    return dict(zip(table.headers, row.values, strict=True))


def _custom(row: RawRow, spare: Sequence[tuple[int, str]]) -> dict[str, str]:
    texts = ((header, parse_text(row.values[place])) for place, header in spare)
    return {header: text for header, text in texts if isinstance(text, str)}


@dataclass(frozen=True, slots=True)
class WideRow:
    """A row of a 横持ち table for `recipes.from_wide`: the keys, and month → amount (None: the cell is empty)."""

    number: int
    values: dict[str, Any]
    amounts: dict[dt.date, Decimal | None]
    problems: tuple[CellProblem, ...]

    def as_recipe_row(self) -> dict[str, Any]:
        """The plain row that `banso.revenue.recipes.from_wide` takes."""
        return {**self.values, "row": self.number, "amounts": self.amounts}


def month_columns(table: RawTable, *, year: int | None = None, fiscal_start: int = 4) -> dict[int, dt.date]:
    """Column place → month, for the headers that name a month. `year` for bare 「4月」 headers (a fiscal year)."""
    found = (
        (column.index, month_of(column.header, year=year, fiscal_start=fiscal_start))
        for column in table.columns
    )
    return {place: month for place, month in found if month is not None}


def wide_rows(
    table: RawTable,
    fields: Mapping[str, FieldMap],
    *,
    amounts: FieldMap | None = None,
    year: int | None = None,
    fiscal_start: int = 4,
    tax_rate: Decimal = Decimal("0.10"),
) -> Iterator[WideRow]:
    """Rows of a month table (wide to long). `fields`: account_id and, where there are, product, contract_id, currency.

    `amounts` gives unit and tax of the month cells. Two columns of one month are a problem of the row (same_month).
    """
    months = month_columns(table, year=year, fiscal_start=fiscal_start)
    rule = amounts or FieldMap()
    plan = [(key, one, _place(table, one)) for key, one in fields.items()]
    for row in table.rows():
        problems = [CellProblem("", row.problem)] if row.problem else []
        values: dict[str, Any] = {}
        for key, one, place in plan:
            value = parse_key(row.values[place] if place is not None else one.constant)
            if isinstance(value, Problem):
                problems.append(CellProblem(one.source or key, value))
            elif value is not None:
                values[key] = value
        if "account_id" not in values and not row.problem:
            source = fields["account_id"].source if "account_id" in fields else "account_id"
            problems.append(CellProblem(source, Problem("required", "fix_required")))
        found, bad = _month_cells(row, table, months, rule, tax_rate)
        yield WideRow(row.number, values, found, (*problems, *bad))


def _month_cells(
    row: RawRow, table: RawTable, months: Mapping[int, dt.date], rule: FieldMap, tax_rate: Decimal
) -> tuple[dict[dt.date, Decimal | None], list[CellProblem]]:
    found: dict[dt.date, Decimal | None] = {}
    bad: list[CellProblem] = []
    for place, month in months.items():
        value = parse_amount(row.values[place])
        header = table.columns[place].header
        if isinstance(value, Problem):
            bad.append(CellProblem(header, value))
        elif month in found:
            bad.append(CellProblem(header, Problem("same_month", "fix_same_month", f"{month:%Y-%m}")))
        else:
            found[month] = None if value is None else net_amount(value, rule, tax_rate, monthly=True)
    return found, bad


def totals_of(
    table: RawTable, *, amounts: FieldMap | None = None, year: int | None = None, fiscal_start: int = 4,
    tax_rate: Decimal = Decimal("0.10"),
) -> dict[dt.date, Decimal]:  # fmt: skip
    """Month → the sheet's own 合計, from its last total row that has the month; empty when the sheet has none.

    Complete after the rows have been read once (total rows are found on the way).
    """
    rule = amounts or FieldMap()
    found: dict[dt.date, Decimal] = {}
    for skipped in table.skipped:
        if skipped.kind != "total":
            continue
        for place, month in month_columns(table, year=year, fiscal_start=fiscal_start).items():
            value = parse_amount(skipped.values[place])
            if isinstance(value, Amount):
                found[month] = net_amount(value, rule, tax_rate, monthly=True)
    return found


def fields_of(suggestions: Sequence[Suggestion], *, at_least: float = 0.6) -> dict[str, FieldMap]:
    """A mapping from suggestions that are good enough; the person may change it."""
    return {one.column: FieldMap.of(one) for one in suggestions if one.score >= at_least}
