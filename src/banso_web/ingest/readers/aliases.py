"""Which canonical column a header means: the words companies use, and suggestions with a score and a reason."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from banso_web.ingest.readers.alias_words import ALIASES, Alias
from banso_web.ingest.readers.canonical import FILES, file_of_name
from banso_web.ingest.readers.cells import parse_cell
from banso_web.ingest.readers.months import month_of
from banso_web.ingest.readers.problems import Problem
from banso_web.ingest.readers.schema import FileSchema

Reason = Literal["key", "label", "alias", "part", "contains"]
_SCORES: Mapping[Reason, float] = {"key": 1.0, "label": 1.0, "alias": 0.9, "part": 0.8, "contains": 0.5}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One canonical column suggested for one header.

    `score` 0..1; `reason` says by what (`values` words the sample added: ``values_fit`` or ``values_differ``).
    `divisor` 12 for a yearly amount, `unit` 1000 for 千円, `tax_included` for 税込. `ask` names the question the page
    must put before the import: ``end_reading`` (更新日), ``cancel_reading`` (解約日), ``tax``, ``term``.
    """

    header: str
    column: str
    score: float
    reason: Reason
    values: Literal["", "values_fit", "values_differ"] = ""
    divisor: int = 1
    unit: int = 1
    tax_included: bool = False
    ask: str = ""


@dataclass(frozen=True, slots=True)
class KindSuggestion:
    """What a file may hold: a canonical key, or ``wide``, ``ledger``, ``deals``, ``invoice_lines``; best first."""

    kind: str
    score: float
    reason: Literal["filename", "columns", "months"]
    columns: tuple[str, ...] = ()


def header_key(text: object) -> str:
    """Width-, case- and space-blind form of a header, without decoration (＊必須, ※, line ends, trailing colons)."""
    plain = unicodedata.normalize("NFKC", str(text)).casefold()
    plain = re.sub(r"[\s_\-・]+", "", plain)
    plain = re.sub(r"^[※*■●◆▼#]+|[※*:]+$", "", plain)
    return re.sub(r"[(\[【](必須|任意|required|optional)[)\]】]", "", plain)


@cache
def _labels(kind: str) -> Mapping[str, tuple[str, Reason]]:
    """Header key → canonical column of one file: its keys, its labels, then the aliases that fit the file."""
    schema = FILES[kind]
    found: dict[str, tuple[str, Reason]] = {}
    for column in schema.columns:
        found.setdefault(header_key(column.key), (column.key, "key"))
    for column in schema.columns:
        found.setdefault(header_key(column.ja), (column.key, "label"))
        found.setdefault(header_key(re.sub(r"\(.*?\)", "", column.ja)), (column.key, "label"))
        found.setdefault(header_key(column.en), (column.key, "label"))
    return found


@cache
def _alias_index() -> Mapping[str, tuple[Alias, ...]]:
    index: dict[str, list[Alias]] = {}
    for alias in ALIASES:
        for word in alias.words:
            index.setdefault(header_key(word), []).append(alias)
    return {word: tuple(found) for word, found in index.items()}


_FACTORS = re.compile(
    r"[(\[【]?(税込み?|税抜き?|税別|単位[:]?千円|単位[:]?百万円|単位[:]?万円|千円|百万円|万円|円)[)\]】]?"
)


def _bare(header: str) -> tuple[str, int, bool]:
    """A header without its unit and tax words: (key, unit, tax included). 「月額（税込・千円）」 → (月額, 1000, True)."""
    key = header_key(header)
    unit = 1000 if "千円" in key else 1_000_000 if "百万円" in key else 10_000 if "万円" in key else 1
    tax = "税込" in key
    bare = re.sub(r"[(\[【][)\]】、,/]*$", "", _FACTORS.sub("", key))
    return re.sub(r"[(\[【)\]】、,/]+$", "", bare), unit, tax


def _parts(header: str) -> list[str]:
    """The joined header of a two-row head, then its lower part, then both without the joint."""
    if "/" not in header:
        return [header]
    upper, _, lower = header.rpartition("/")
    return [header, upper.split("/")[-1] + lower, lower]


def match_header(header: str, kind: str) -> Suggestion | None:
    """The best canonical column of `kind` for one header, or None."""
    best: Suggestion | None = None
    for place, text in enumerate(_parts(header)):
        found = _match(text, kind)
        if found is not None and place > 0:
            _key, unit, tax = _bare(header)  # the unit may stand in the upper row: 料金(千円)/月額
            found = replace(
                found, score=min(found.score, _SCORES["part"]), reason="part", unit=unit, tax_included=tax
            )
        if found is not None and (best is None or found.score > best.score):
            best = found
    return replace(best, header=header) if best else None


def _match(text: str, kind: str) -> Suggestion | None:
    bare, unit, tax = _bare(text)
    labels = _labels(kind)
    exact = labels.get(header_key(text)) or labels.get(bare)
    if exact is not None:
        column, reason = exact
        money = FILES[kind].column(column).type == "amount"
        return Suggestion(
            text, column, _SCORES[reason], reason, unit=unit if money else 1, tax_included=tax and money,
            ask=_question(kind, column) if reason != "key" else "",
        )  # fmt: skip
    has = frozenset(column.key for column in FILES[kind].columns)
    for alias in (*_alias_index().get(header_key(text), ()), *_alias_index().get(bare, ())):
        column = alias.column_in(kind, has)
        if column:
            return Suggestion(
                text, column, _SCORES["alias"], "alias", divisor=alias.divisor, unit=unit, tax_included=tax,
                ask=alias.ask,
            )  # fmt: skip
    return _contained(text, kind, unit, tax)


def _question(kind: str, column: str) -> str:
    """The dates whose reading decides the month, and the term of an amount, are asked when a label brought them."""
    if kind != "contracts":
        return ""
    return {"ends_on": "end_reading", "ended_on": "cancel_reading", "amount": "term"}.get(column, "")


def _contained(text: str, kind: str, unit: int, tax: bool) -> Suggestion | None:
    """A longer header that contains a known word of three signs or more (「貴社の法人番号」)."""
    key = header_key(text)
    best: tuple[int, str] | None = None
    for word, (column, _reason) in _labels(kind).items():
        if len(word) >= 3 and not word.isascii() and word in key and (best is None or len(word) > best[0]):
            best = (len(word), column)
    if best is None:
        return None
    return Suggestion(text, best[1], _SCORES["contains"], "contains", unit=unit, tax_included=tax)


def suggest_columns(
    header: Sequence[str], sample_rows: Iterable[Sequence[object]], file_kind: str
) -> list[Suggestion]:
    """For each header that means something in the canonical file `file_kind`, one suggestion, in header order.

    A canonical column is given once, to its best header. `sample_rows` (some 50 rows) raise or lower the score by
    whether their values can be read as the column's type; headers without suggestion become custom fields.
    """
    rows = [list(row) for row in sample_rows]
    found: list[tuple[int, Suggestion]] = []
    for place, name in enumerate(header):
        suggestion = match_header(name, file_kind)
        if suggestion is not None:
            values = [row[place] for row in rows if place < len(row)]
            found.append((place, _weighed(suggestion, values, FILES[file_kind])))
    taken: dict[str, tuple[int, Suggestion]] = {}
    for place, suggestion in sorted(found, key=lambda item: (-item[1].score, item[0])):
        taken.setdefault(suggestion.column, (place, suggestion))
    return [suggestion for _place, suggestion in sorted(taken.values(), key=lambda item: item[0])]


def _weighed(suggestion: Suggestion, values: Sequence[object], schema: FileSchema) -> Suggestion:
    column = schema.column(suggestion.column)
    filled = [value for value in values if value not in (None, "")]
    if not filled or column.type in {"text", "key", "texts", "kana"}:
        return suggestion
    good = sum(1 for value in filled if not isinstance(parse_cell(value, column), Problem))
    if good * 2 >= len(filled):
        return replace(suggestion, values="values_fit")
    return replace(suggestion, values="values_differ", score=suggestion.score * 0.5)


# Shapes that are not canonical files, by the words that give them away.
_LEDGER_SIGNS = frozenset({"starts_on", "ends_on", "mrr", "amount", "auto_renew", "product", "term_months"})
_DEAL_WORDS = frozenset(
    {"商談名", "フェーズ", "完了予定日", "種別", "商談所有者", "受注日", "dealname", "stage", "closedate"}
)
_LINE_WORDS = frozenset(
    {"請求書番号", "明細", "対象期間", "利用期間", "サービス開始日", "品目", "数量", "単価", "lineitem"}
)


def suggest_kind(header: Sequence[str], filename: str = "") -> list[KindSuggestion]:
    """What a table may be, best first; empty when nothing fits.

    A canonical file name with its required columns scores 1. Three month columns or more make a `wide` table
    (横持ち月次MRR表); contract words without contract IDs a `ledger` (契約台帳).
    """
    found: list[KindSuggestion] = []
    named = file_of_name(filename) if filename else None
    months = sum(1 for name in header if month_of(name) is not None)
    for schema in FILES.values():
        columns = tuple(
            s.column for s in suggest_columns(header, (), schema.key) if s.score > _SCORES["contains"]
        )
        have = sum(1 for key in schema.required if key in columns) / len(schema.required)
        score = 0.6 * have + 0.2 * (
            len(columns) / max(1, len([name for name in header if str(name).strip()]))
        )
        if named is schema:
            score = min(1.0, score + 0.4)
        if score >= 0.3:
            found.append(
                KindSuggestion(
                    schema.key, round(score, 3), "filename" if named is schema else "columns", columns
                )
            )
    if months >= 3:
        found.append(KindSuggestion("wide", round(min(1.0, 0.8 + months / 100), 3), "months"))
    found.extend(_recipes(header))
    return sorted(found, key=lambda item: (-item.score, item.kind))


def _recipes(header: Sequence[str]) -> list[KindSuggestion]:
    keys = {header_key(part) for name in header for part in _parts(str(name))}
    contract = tuple(s.column for s in suggest_columns(header, (), "contracts"))
    found: list[KindSuggestion] = []
    signs = len(_LEDGER_SIGNS & set(contract))
    if signs >= 3 and "contract_id" not in contract:
        found.append(KindSuggestion("ledger", round(min(0.95, 0.6 + 0.08 * signs), 3), "columns", contract))
    for kind, words in (("deals", _DEAL_WORDS), ("invoice_lines", _LINE_WORDS)):
        hits = len({header_key(word) for word in words} & keys)
        if hits >= 2:
            found.append(KindSuggestion(kind, round(min(0.95, 0.5 + 0.12 * hits), 3), "columns"))
    return found


@cache
def known_words() -> frozenset[str]:
    """Every normalised word that stands for a canonical column anywhere: what makes a row look like a header."""
    words = set(_alias_index())
    for kind in FILES:
        words.update(_labels(kind))
    return frozenset(words)


def header_like(value: object) -> bool:
    """True for a cell that a header row would hold: a known word, or a month."""
    if isinstance(value, dt.date):
        return month_of(value) is not None
    if not isinstance(value, str) or not value.strip():
        return False
    return (
        header_key(value) in known_words() or _bare(value)[0] in known_words() or month_of(value) is not None
    )
