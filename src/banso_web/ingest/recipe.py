"""Recipe runs: from a company's own files to movements, contracts and customers, with the preview before anything is written.

`derive` reads the files and calls a recipe of `banso.revenue.recipes`; `derived_files` puts the rows beside the uploads as
canonical files, which then go through the engine as an ordinary run: checked, published, undone like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from banso.revenue.recipes import (
    Derived,
    Stored,
    from_contracts,
    from_invoice_lines,
    from_snapshots,
    from_wide,
    from_won_deals,
)
from banso_web.ingest.readers import RawTable
from banso_web.ingest.readers.aliases import match_header
from banso_web.ingest.readers.amounts import parse_amount
from banso_web.ingest.readers.cells import Amount, parse_cell, parse_key, parse_text
from banso_web.ingest.readers.convert import (
    ConvertedRow,
    FieldMap,
    WideRow,
    convert_rows,
    totals_of,
    wide_rows,
)
from banso_web.ingest.readers.months import month_of
from banso_web.ingest.shaping import Shaping

FILE_STEP = 1 << 40  # rows of the second file are numbered from here on
MOST_ROWS = 200_000  # a recipe holds its rows in memory; a company's ledger is far below this


class TooManyRows(Exception):
    """The file has more rows than a recipe takes; nothing was read further."""


@dataclass(frozen=True)
class Source:
    """One file of a recipe, opened."""

    name: str
    table: RawTable
    shaping: Shaping


@dataclass
class Derivation:
    """What a recipe makes of the files. `refused`: source rows that gave nothing, with codes for `ingest.words`."""

    kind: str
    derived: Derived
    accounts: dict[str, str] = field(default_factory=dict)  # account_id → name, where the files tell names
    owners: dict[str, str] = field(default_factory=dict)  # account_id → 主担当 as the newest row says
    called_by_name: bool = False  # account_id comes from a column of names: the id is the name
    owners_differ: set[str] = field(default_factory=set)  # customers whose rows name several
    refused: list[dict[str, Any]] = field(default_factory=list)
    soft: list[dict[str, Any]] = field(default_factory=list)
    marks: list[tuple[str, Any]] = field(default_factory=list)  # (file, Mark)
    read: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    first: date | None = (
        None  # the months that the files speak of, where they do not tell everything (wide, snapshots)
    )
    last: date | None = None


def parse_totals(text: str) -> tuple[dict[date, Decimal], list[str]]:
    """Month totals a person typed or pasted, one a line (「2025/04 450,000」), and the lines that say nothing."""
    found: dict[date, Decimal] = {}
    bad = []
    for line in text.splitlines():
        parts = re.split(r"[\t,:; ]+", line.strip(), maxsplit=1)
        month = month_of(parts[0]) if parts[0] else None
        amount = parse_amount(parts[1]) if len(parts) > 1 else None
        if month and isinstance(amount, Amount):
            found[month] = amount.value
        elif line.strip():
            bad.append(line.strip()[:60])
    return found, bad


def derive(sources: Sequence[Source], *, until: date, stored: Stored | None = None) -> Derivation:
    """Read the files of one recipe and derive. `until`: months after it are not previewed. Raises ReadProblem, TooManyRows.

    `stored`: what earlier month tables or snapshots brought (`ingest.joining`).
    """
    kind = sources[0].shaping.kind
    work = _Work(kind, sources, stored)
    fields, options = sources[0].shaping.fields, dict(sources[0].shaping.options)
    header = match_header(fields["account_id"].source, "accounts") if "account_id" in fields else None
    work.out.called_by_name = header is not None and header.column == "name"
    totals, _bad = parse_totals(str(options.get("totals", "")))
    match kind:
        case "wide":
            derived = work.wide(options, totals)
        case "snapshots":
            derived = work.snapshots(options, totals)
        case "ledger":
            derived = from_contracts(
                work.rows(), end_reading=options.get("end_reading", "last_day"),
                cancel_reading=options.get("cancel_reading", "last_day"), undecided=options.get("undecided", "end"),
                overlap=options.get("overlap", "sum"), sheet_totals=totals or None, until=until,
            )  # fmt: skip
        case "deals":
            derived = from_won_deals(
                work.rows(), change_amounts=options.get("change_amounts", "delta"),
                cancel_reading=options.get("cancel_reading", "last_day"), sheet_totals=totals or None,
            )  # fmt: skip
        case _:
            derived = from_invoice_lines(work.rows(), sheet_totals=totals or None)
    return work.finished(derived)


class _Work:
    """Reads the files of a recipe row by row; keeps what is refused, customers' names, and the rows as typed."""

    def __init__(self, kind: str, sources: Sequence[Source], stored: Stored | None) -> None:
        self.stored = stored
        self.out = Derivation(kind, from_contracts([]))
        self.sources = sources
        self.owned: dict[str, date] = {}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Good rows of all files, `row` numbered across files."""
        for at, source in enumerate(self.sources):
            yield from self._of(at, source)

    def _of(self, at: int, source: Source) -> Iterator[dict[str, Any]]:
        shaping = source.shaping
        left = set(shaping.left_out)
        found = convert_rows(
            source.table, shaping.schema, shaping.fields, tax_rate=shaping.tax_rate, required=shaping.required
        )
        for row in found:
            self._count(source, row)
            if row.rejected:
                continue
            name = row.values.pop("account_name", None)
            if name:
                self.out.accounts.setdefault(row.values["account_id"], name)
            self._owned(row.values["account_id"], row.values.pop("owner", None), _begins(row.values, shaping))
            custom = (
                {key: text for key, text in row.custom.items() if key not in left}
                if shaping.kind == "ledger"
                else {}
            )
            if "amount_per" in shaping.fields:
                row.values.setdefault("amount_per", "")  # a row that does not say it is refused, not guessed
            yield {**custom, **row.values, "row": at * FILE_STEP + row.number}
        for one in source.table.skipped:
            self.out.skipped[one.kind] = self.out.skipped.get(one.kind, 0) + 1

    def _owned(self, account: str, owner: Any, day: date) -> None:
        """The owner of the row that begins last; of several that begin together, the last one."""
        if not isinstance(owner, str):
            return
        if self.out.owners.setdefault(account, owner) != owner:
            self.out.owners_differ.add(account)
        if day >= self.owned.get(account, date.min):
            self.owned[account], self.out.owners[account] = day, owner

    def _count(self, source: Source, row: ConvertedRow | WideRow) -> None:
        self.out.read += 1
        if self.out.read > MOST_ROWS:
            raise TooManyRows
        for one in row.problems:
            detail = {**({"text": one.problem.text[:200]} if one.problem.text else {}), **one.problem.detail}
            told = {
                "file": source.name, "row": row.number, "column": one.column, "code": one.problem.code,
                "detail": {key: str(value) for key, value in detail.items()},
                "raw": {key: "" if cell is None else str(cell) for key, cell in getattr(row, "raw", {}).items()},
            }  # fmt: skip
            if one.problem.soft:
                self.out.soft.append(told)
            elif isinstance(row, WideRow) or row.rejected:
                self.out.refused.append(told)
                break

    def wide(self, options: Mapping[str, Any], totals: dict[date, Decimal]) -> Derived:
        source = self.sources[0]
        shaping = source.shaping
        rule = FieldMap(unit=int(options.get("unit") or 1), tax_included=bool(options.get("tax_included")))
        year = int(options["year"]) if options.get("year") else None
        rows = []
        keys = {key: one for key, one in shaping.fields.items() if key not in ("account_name", "owner")}
        for row in wide_rows(source.table, keys, amounts=rule, year=year, tax_rate=shaping.tax_rate):
            self._count(source, row)
            if any(not one.problem.soft for one in row.problems):
                continue
            rows.append(row.as_recipe_row())
        self._names(source)
        for one in source.table.skipped:
            self.out.skipped[one.kind] = self.out.skipped.get(one.kind, 0) + 1
        sheet = totals or totals_of(source.table, amounts=rule, year=year, tax_rate=shaping.tax_rate)
        return from_wide(
            rows, opening=options.get("opening", "first_day"), sheet_totals=sheet or None,
            stored=self.stored, joined=options.get("joined", "change"),
        )  # fmt: skip

    def _names(self, source: Source) -> None:
        """Customers' names as typed (the keys of a month table are normalised in width, names never are) and owners."""
        fields = source.shaping.fields
        if not {"account_name", "owner"} & fields.keys():
            return
        name_in, owner_in = fields.get("account_name", FieldMap()), fields.get("owner", FieldMap())
        column = source.shaping.schema.column("owner")
        for _number, cells in source.table.records():
            code = parse_key(cells.get(fields["account_id"].source))
            if not isinstance(code, str) or not code:
                continue
            name = parse_text(cells.get(name_in.source))
            if isinstance(name, str) and name:
                self.out.accounts.setdefault(code, name)
            self._owned(
                code, parse_cell(cells.get(owner_in.source), column, values=owner_in.values), date.min
            )

    def snapshots(self, options: Mapping[str, Any], totals: dict[date, Decimal]) -> Derived:
        lists = []
        for at, source in enumerate(self.sources):
            day = date.fromisoformat(str(source.shaping.options["day"]))
            lists.append((day, list(self._of(at, source))))
        return from_snapshots(
            lists, opening=options.get("opening", "first_day"), sheet_totals=totals or None,
            stored=self.stored, joined=options.get("joined", "change"),
        )  # fmt: skip

    def finished(self, derived: Derived) -> Derivation:
        self.out.derived = derived
        if derived.spoke_of:
            first, last = derived.spoke_of
            self.out.first, self.out.last = first.first, last.first
        for problem in derived.problems:
            at, number = divmod(problem.row, FILE_STEP)
            source = self.sources[at]
            fields = source.shaping.fields
            column = fields[problem.column].source if problem.column in fields else problem.column
            self.out.refused.append(
                {
                    "file": source.name, "row": number, "column": column, "code": f"recipe_{problem.code}",
                    "detail": {"text": problem.detail}, "raw": {},
                }
            )  # fmt: skip
        self._fill_raw()
        for mark in derived.marks:
            self.out.marks.append((self.sources[mark.row // FILE_STEP].name if mark.row else "", mark))
        self.out.refused.sort(key=lambda one: (one["file"], one["row"]))
        return self.out

    def _fill_raw(self) -> None:
        """The cells of the rows that the recipe refused, as they were typed: the file is read once more for them."""
        for source in self.sources:
            bare = {
                one["row"]: one for one in self.out.refused if one["file"] == source.name and not one["raw"]
            }
            if not bare:
                continue
            for row in source.table.rows():
                if row.number in bare:
                    cells = zip(source.table.headers, row.values, strict=True)
                    bare[row.number]["raw"] = {
                        header: "" if cell is None else str(cell) for header, cell in cells
                    }


def _begins(values: Mapping[str, Any], shaping: Shaping) -> date:
    """The day that a row of a recipe begins, by which the newest of a customer's rows is told."""
    if shaping.kind == "snapshots":
        return date.fromisoformat(str(shaping.options["day"]))
    days = ("starts_on", "service_from", "effective_on", "closed_on")
    return next((values[key] for key in days if values.get(key)), date.min)


def day_of_name(name: str) -> date | None:
    """The day a snapshot's file name tells: 契約一覧_20261031.csv, 2026-10, 2026年10月. The month alone is its first day."""
    stem = Path(name).stem
    if (found := re.search(r"(20\d{2})[-_.年]?(0[1-9]|1[0-2])[-_.月]?([0-2]\d|3[01])?(?!\d)", stem)) or (
        found := re.search(r"(20\d{2})年(\d{1,2})月(?:(\d{1,2})日)?", stem)
    ):
        year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
