"""What can go wrong while reading, as codes: the page and the command line put them into the reader's language."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds a file must keep. They protect the machine, not the taste: no honest file meets them.

    `expanded_bytes` and `ratio` hold for the parts of an xlsx after unpacking (a zip bomb is small and grows),
    `held_bytes` for its shared texts and styles, which a reader has to hold in memory.
    """

    columns: int = 2_000
    cell_chars: int = 100_000
    rows: int = 10_000_000
    file_bytes: int = 2 * 1024**3
    line_bytes: int = 16 * 1024**2
    expanded_bytes: int = 4 * 1024**3
    ratio: int = 400
    held_bytes: int = 512 * 1024**2
    header_rows_searched: int = 30


class ReadProblem(Exception):
    """The file cannot be read (or cannot be read further). Nothing of it is taken.

    `code` names the reason, `row` is the line or row number in the file as a person sees it (from 1), `column` its
    header or letter, `detail` has what the message needs (limits, encodings, the other line). Codes:

    ``empty_file``, ``unknown_format``, ``file_too_large``, ``too_many_columns``, ``too_many_rows``, ``cell_too_long``,
    ``line_too_long``, ``bad_encoding``, ``mixed_encoding``, ``binary_content``, ``unclosed_quote``, ``no_header``,
    ``no_such_sheet``, ``broken_workbook``, ``encrypted_workbook``, ``old_workbook``, ``expands_too_much``,
    ``unsafe_workbook``, ``broken_parquet``, ``no_parquet_reader``.
    """

    def __init__(self, code: str, *, row: int | None = None, column: str = "", **detail: object) -> None:
        self.code = code
        self.row = row
        self.column = column
        self.detail = detail
        place = f" at row {row}" if row is not None else ""
        super().__init__(f"{code}{place}{' in ' + column if column else ''} {detail or ''}".strip())


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one cell (or one row) cannot be taken as it stands. `fix` is the code of the advice.

    A `soft` problem does not reject the row: the value is empty and the person is told (a date 「未定」).
    """

    code: str
    fix: str
    text: str = ""
    soft: bool = False
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell that has no honest value: a formula never calculated, a number in merged cells. Parsers refuse it.

    Codes: ``formula_no_value``, ``excel_error``, ``merged_amount``, ``nested_value``, ``binary_value``.
    """

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Nested(Unreadable):
    """An object or a list inside a record: `whole` is its JSON, for the columns that take one."""

    whole: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something the person should see that changes nothing by itself.

    Codes: ``hidden_sheet``, ``hidden_column``, ``hidden_row``, ``cell_note``, ``formula_text``, ``formula_values``,
    ``merged_filled``, ``merged_amount``, ``zero_padded``, ``tab_in_csv``, ``cp932``, ``utf16``, ``title_rows``,
    ``two_header_rows``, ``same_header``, ``short_rows``.
    """

    code: str
    row: int | None = None
    column: str = ""
    text: str = ""
