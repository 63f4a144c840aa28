"""The mapping page's form: what it shows of a shaping, and the shaping that a person's answers make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from banso.revenue.recipes.deals import _WORDS as deal_words
from banso_web.ingest.owners import NOBODY, guessed
from banso_web.ingest.readers import RawTable
from banso_web.ingest.readers.aliases import Suggestion
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.cells import parse_cell, parse_text
from banso_web.ingest.readers.convert import FieldMap, converter, month_columns
from banso_web.ingest.readers.problems import Problem as CellProblem
from banso_web.ingest.readers.schema import Column
from banso_web.ingest.shaping import Shaping, column_label, suggestions, with_id
from banso_web.ingest.words import reason_text
from banso_web.members.reads import assignable_codes

UNITS = ((1, gettext_lazy("そのまま")), (1_000, gettext_lazy("千円")), (10_000, gettext_lazy("万円")), (1_000_000, gettext_lazy("百万円")))  # fmt: skip
LEFT_OUT = "-"
SHOWN, LOOKED_AT, WORDS, PEOPLE = 8, 2_000, 12, 60
DEAL_KINDS = (
    ("new", gettext_lazy("新規")), ("renewal", gettext_lazy("更新")), ("increase", gettext_lazy("増額")),
    ("decrease", gettext_lazy("減額")), ("end", gettext_lazy("解約")),
)  # fmt: skip
CONSTANTS = ("product", "currency")  # asked even where they are not required
REASONS: dict[str, Any] = {
    "key": gettext_lazy("見出しが列のキーと同じ"),
    "label": gettext_lazy("見出しが列の名前と同じ"),
    "alias": gettext_lazy("よく使われる言い方"),
    "part": gettext_lazy("2段の見出しの一部が一致"),
    "contains": gettext_lazy("見出しに似た言葉を含む"),
}


@dataclass(frozen=True)
class Line:
    """A header of the file with what is chosen for it."""

    at: int
    header: str
    examples: str
    to: str
    why: str
    month: bool
    amount: bool
    unit: int
    tax: bool
    yearly: bool


@dataclass(frozen=True)
class Unread:
    """Words of one column that mean nothing yet, with the values they may stand for and what leaving them open does."""

    column: Column
    label: str
    words: list[tuple[str, str]]  # (word as typed, value chosen)
    values: list[tuple[str, Any]]
    undecided: str


@dataclass(frozen=True)
class Constant:
    key: str
    label: str
    value: str
    required: bool


def _why(one: Suggestion | None) -> str:
    if one is None:
        return ""
    word = str(REASONS[one.reason])
    if one.values == "values_differ":
        return _("%(reason)s(ただし値の形が合いません)") % {"reason": word}
    return word


def lines_of(table: RawTable, shaping: Shaping) -> list[Line]:
    """One line a header; month columns of a month table are shown as such."""
    found = {one.header: one for one in suggestions(table, shaping.kind)}
    by_header = {one.source: (key, one) for key, one in shaping.fields.items() if one.source}
    year = shaping.options.get("year")
    months = month_columns(table, year=int(year) if year else None) if shaping.kind == "wide" else {}
    sample = table.sample(30)
    lines = []
    for column in table.columns:
        key, one = by_header.get(column.header, ("", FieldMap()))
        values = dict.fromkeys(
            str(row[column.index])[:24] for row in sample if row[column.index] not in (None, "")
        )
        amount = bool(key) and shaping.schema.column(key).type == "amount"
        to = key or (LEFT_OUT if column.header in shaping.left_out else "")
        lines.append(
            Line(
                column.index, column.header, "、".join(list(values)[:3]), to,
                _why(found.get(column.header)) if key and found.get(column.header) and found[column.header].column == key else "",
                column.index in months, amount, one.unit, one.tax_included, one.divisor == 12,
            )
        )  # fmt: skip
    return lines


def constants_of(shaping: Shaping) -> list[Constant]:
    """Columns that no header fills and that may be the same for every row."""
    found = []
    for column in shaping.schema.columns:
        one = shaping.fields.get(column.key)
        identity = column.type == "key" and not column.reference
        filled = bool(one and one.constant)  # what was suggested is shown, so that it can be seen and changed
        if (one and one.source) or identity or not (column.required or filled or column.key in CONSTANTS):
            continue
        found.append(Constant(column.key, column_label(column), one.constant if one else "", column.required))
    return found


def _values_of(column: Column, kind: str) -> list[tuple[str, Any]]:
    if kind == "deals" and column.key == "kind":
        return list(DEAL_KINDS)
    if column.type == "boolean":
        return [("1", _("はい・有")), ("0", _("いいえ・無"))]
    japanese = (get_language() or "ja").startswith("ja")
    return [(one.key, one.ja if japanese else one.en) for one in column.values]


def unread_of(table: RawTable, shaping: Shaping) -> list[Unread]:
    """Words in columns of fixed values that no value is known for (first rows only), and those already answered."""
    found = []
    rows = table.sample(LOOKED_AT)
    for key, one in shaping.fields.items():
        column = shaping.schema.column(key)
        deal = shaping.kind == "deals" and key == "kind"
        place = next((each.index for each in table.columns if each.header == one.source), None)
        if place is not None and column.reference == "members":
            if people := _people(one, column, [row[place] for row in rows]):
                values = [(NOBODY, _("主担当を入れない")), *assignable_codes()]
                open_words = _("この名前のメンバーを作る(ログインはできません)")
                found.append(Unread(column, column_label(column), people, values, open_words))
            continue
        if place is None or not (deal or column.type in ("enum", "enums", "boolean")):
            continue
        words = dict(one.values)
        for row in rows:
            text = parse_text(row[place])
            if not isinstance(text, str) or text in words or len(words) >= WORDS:
                continue
            value = parse_cell(row[place], column)
            if (
                (text.casefold() not in deal_words)
                if deal
                else (isinstance(value, CellProblem) and not value.soft)
            ):
                words[text] = ""
        if words:
            values = _values_of(column, shaping.kind)
            open_words = _("決めない(取り込めない行にする)")
            found.append(Unread(column, column_label(column), list(words.items()), values, open_words))
    return found


def _people(one: FieldMap, column: Column, cells: Iterable[Any]) -> list[tuple[str, str]]:
    """Words of a column of members that name no one member, each with who is meant where one can be guessed."""
    texts = dict.fromkeys(text for cell in cells if isinstance(text := parse_cell(cell, column), str))
    fresh = guessed([text for text in texts if text not in one.values])
    return [*one.values.items(), *fresh.items()][:PEOPLE]


def read_answers(table: RawTable, before: Shaping, data: Mapping[str, Any]) -> Shaping:
    """The shaping that the posted form says. A column chosen twice goes to its first header."""
    fields: dict[str, FieldMap] = {}
    left = []
    known = {column.key: column for column in before.schema.columns}
    for column in table.columns:
        to = str(data.get(f"to_{column.index}", ""))
        if to == LEFT_OUT:
            left.append(column.header)
        if to not in known or to in fields:
            continue
        amount = known[to].type == "amount"
        unit = str(data.get(f"unit_{column.index}", "1"))
        fields[to] = FieldMap(
            column.header,
            unit=int(unit) if amount and unit in {str(size) for size, _word in UNITS} else 1,
            divisor=12 if amount and data.get(f"per_{column.index}") == "12" else 1,
            tax_included=amount and bool(data.get(f"tax_{column.index}")),
            values=dict(_answered(data, to)),
        )
    if "amount_per" in fields:  # each row says it: no column is divided on top
        fields |= {key: replace(fields[key], divisor=1) for key in ("mrr", "amount") if key in fields}
    for key in known:
        constant = str(data.get(f"const_{key}", "")).strip()[:300]
        if constant and key not in fields:
            fields[key] = FieldMap(constant=constant)
    fields = with_id(before.kind, fields)
    tax = str(data.get("tax_percent", before.tax_percent)).strip()
    percent = tax if tax.replace(".", "", 1).isdecimal() and float(tax) < 100 else before.tax_percent
    return replace(before, fields=fields, left_out=tuple(left), tax_percent=percent)


def _answered(data: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    for number in range(PEOPLE):
        word, value = data.get(f"word_{key}_{number}"), data.get(f"value_{key}_{number}")
        if word and value:
            yield str(word), str(value)


@dataclass(frozen=True)
class Preview:
    """Converted rows as they would arrive, and what would be refused among the first rows."""

    columns: list[str]
    rows: list[tuple[int, list[str], bool]]
    looked_at: int
    bad: int
    problems: list[tuple[str, str, int, int]]  # (header, reason, how many, first row)


def preview_of(table: RawTable, shaping: Shaping) -> Preview:
    """The first rows through the mapping; problems of the first `LOOKED_AT` rows with an example each."""
    convert = converter(
        table, shaping.schema, shaping.fields, tax_rate=shaping.tax_rate, required=shaping.required
    )
    keys = [column.key for column in shaping.schema.columns if column.key in shaping.fields]
    rows: list[tuple[int, list[str], bool]] = []
    problems: dict[tuple[str, str], list[Any]] = {}
    looked = bad = 0
    for raw in islice(table.rows(), LOOKED_AT):
        row = convert(raw)
        looked += 1
        bad += row.rejected
        if len(rows) < SHOWN:
            rows.append((row.number, [_cell(row.values.get(key)) for key in keys], row.rejected))
        for one in row.problems:
            if not one.problem.soft:
                detail = {"text": one.problem.text, **one.problem.detail}
                kept = problems.setdefault(
                    (one.column, one.problem.code), [0, row.number, reason_text(one.problem.code, detail)]
                )
                kept[0] += 1
    called = {column.key: column_label(column) for column in shaping.schema.columns}
    listed = [
        (column if column in table.headers else called.get(column, column), kept[2], kept[0], kept[1])
        for (column, _code), kept in problems.items()
    ]
    labels = [column_label(shaping.schema.column(key)) for key in keys]
    return Preview(labels, rows, looked, bad, sorted(listed, key=lambda one: -one[2])[:20])


def with_words_of(before: Shaping, after: Shaping) -> Shaping:
    """The shaping with the value words that stood before: for answers of a form that did not show them."""
    kept = {
        key: replace(one, values=before.fields[key].values)
        for key, one in after.fields.items()
        if one.source and key in before.fields and before.fields[key].source == one.source
    }
    return replace(after, fields={**after.fields, **kept})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "○" if value else "×"
    text = f"{value:,f}" if hasattr(value, "as_tuple") else str(value)
    return text[:40]


def choices_of(shaping: Shaping) -> list[tuple[str, Any]]:
    """What a header may be."""
    rest = _("追加項目として残す") if shaping.kind in FILES or shaping.kind == "ledger" else _("使わない")
    named = [
        (column.key, f"{column_label(column)}{' *' if column.required else ''}")
        for column in shaping.schema.columns
    ]
    left = [(LEFT_OUT, _("取り込まない"))] if shaping.kind in FILES or shaping.kind == "ledger" else []
    return [("", rest), *left, *named]
