"""Where the header stands, whether it has two rows, and which rows are no records."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from banso_web.ingest.readers.aliases import header_key, header_like
from banso_web.ingest.readers.months import month_of

Grid = Sequence[tuple[int, tuple[Any, ...]]]  # (row number, values)


@dataclass(frozen=True, slots=True)
class Header:
    """The header found: `rows` (one or two row numbers), `names` one a column, `score` for comparing sheets."""

    rows: tuple[int, ...]
    names: tuple[str, ...]
    score: float


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dt.datetime, dt.date)):
        month = month_of(value)
        return f"{month:%Y/%m}" if month and value.day == 1 else value.strftime("%Y/%m/%d")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def _number_like(value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, (int, float)):
        return True
    plain = unicodedata.normalize("NFKC", str(value)).strip()
    return bool(re.fullmatch(r"[¥\\▲△-]?[\d,]+(\.\d+)?[%円]?", plain)) and month_of(plain) is None


def _score(values: Sequence[Any]) -> float:
    """High for a row of distinct words, higher for known ones and months; numbers and long texts speak against it."""
    filled = [value for value in values if _text(value)]
    if not filled:
        return float("-inf")
    score = 0.0
    for value in filled:
        text = _text(value)
        if header_like(value):
            score += 4
        elif _number_like(value) or isinstance(value, dt.date):
            score -= 2
        elif len(text) > 40:
            score -= 1
        else:
            score += 1
    return score - 2 * (len(filled) - len({_text(value) for value in filled}))


def find_header(
    grid: Grid, *, wanted: int | None = None, groups: Mapping[int, set[int]] | None = None
) -> Header | None:
    """The header among the first rows of a sheet, or the one the person chose (`wanted`, a row number).

    `groups`: row number → columns that a sideways merge covers; such a row with a row of words below it is the upper
    half of a two-row header, joined as 「契約期間/開始日」. Ties go to the upper row. None for a sheet without text.
    """
    candidates = [(number, values) for number, values in grid if any(_text(value) for value in values)]
    if wanted is not None:
        candidates = [(number, values) for number, values in candidates if number == wanted]
    if not candidates:
        return None
    best = max(range(len(candidates)), key=lambda place: (_score(candidates[place][1]), -place))
    number, values = candidates[best]
    # The better row may be the lower half of a two-row header whose upper half is the row just above it.
    place = {row: at for at, (row, _values) in enumerate(grid)}
    at = place[number]
    groups = groups or {}
    if (
        wanted is None
        and at > 0
        and grid[at - 1][0] == number - 1
        and _is_upper(grid[at - 1][1], values, groups.get(number - 1))
    ):
        at -= 1
        number, values = grid[at]
    below = grid[at + 1] if at + 1 < len(grid) and grid[at + 1][0] == number + 1 else None
    if below is not None and _is_upper(values, below[1], groups.get(number)):
        names = _joined(values, below[1], groups.get(number, set()))
        return Header((number, below[0]), names, _score(below[1]) + _score(values))
    return Header((number,), tuple(_text(value) for value in values), _score(values))


def _is_upper(upper: Sequence[Any], lower: Sequence[Any], merged: set[int] | None) -> bool:
    """True when `lower` is the second row of a header: words below a sideways group or a gap, and no figures."""
    below = [place for place, value in enumerate(lower) if _text(value)]
    if len(below) < 2 or any(_number_like(lower[place]) for place in below):
        return False
    upper_texts = [place for place, value in enumerate(upper) if _text(value)]
    if len(upper_texts) < 2 and not merged:
        return False
    if not all(header_like(lower[place]) or (merged and place in merged) for place in below):
        return False
    gaps = [place for place in below if place >= len(upper) or not _text(upper[place])]
    return bool(gaps) or bool(merged and any(place in merged for place in below))


def _joined(upper: Sequence[Any], lower: Sequence[Any], merged: set[int]) -> tuple[str, ...]:
    width = max(len(upper), len(lower))
    names: list[str] = []
    group = ""
    for place in range(width):
        top = _text(upper[place]) if place < len(upper) else ""
        low = _text(lower[place]) if place < len(lower) else ""
        if top:
            group = top
        elif not (low and (place in merged or not merged)):
            group = ""
        head = top or (group if low else "")
        names.append(head if not low or head == low else f"{head}/{low}" if head else low)
    return tuple(names)


_TOTALS = frozenset({"合計", "小計", "総計", "総合計", "累計", "計", "月計", "年計", "total", "subtotal", "grandtotal",
                     "合計金額", "総額", "mrr合計", "月額合計"})  # fmt: skip
_DITTO = frozenset({"〃", "同上", "″", "〃〃", "々", "仝"})
_DITTO_SIGNS = ("〃", "同上", "″", "々", "仝")  # none of them in a line: no ditto in it


def skip_kind(
    values: Sequence[Any], headers: Sequence[str]
) -> Literal["total", "empty", "remark", "header"] | None:
    """Why a row holds no record; None for a record. A total is told by the first text of the row alone."""
    first, at, count = None, -1, 0
    for place, value in enumerate(values):
        if value is None or (isinstance(value, str) and (not value or value.isspace())):
            continue
        count += 1
        if first is None and isinstance(value, str):
            first, at = value, place
    if count == 0:
        return "empty"
    if first is None:
        return None
    if ("計" in first or "額" in first or "otal" in first or "OTAL" in first) and _is_total(first):
        return "total"
    if count == 1 and re.match(r"^\s*[※*＊注]", first):
        return "remark"
    return "header" if at < len(headers) and _repeats(first, at, values, headers) else None


def _repeats(first: str, at: int, values: Sequence[Any], headers: Sequence[str]) -> bool:
    """True when the row is the header again, as printed lists have it on every page."""
    if _text(first) != headers[at]:
        return False
    filled = [(place, value) for place, value in enumerate(values) if value is not None and _text(value)]
    return len(filled) >= 2 and all(
        place < len(headers) and header_key(_text(value)) == header_key(headers[place])
        for place, value in filled
    )


def _is_total(text: str) -> bool:
    plain = re.sub(r"[\s【】\[\]()<>:■◆●]", "", unicodedata.normalize("NFKC", text)).casefold()
    if plain in _TOTALS:
        return True
    return bool(re.search(r"[\s　】\])）](小計|合計|総計|計)\s*$", unicodedata.normalize("NFKC", text)))


def plain_record(cells: Sequence[str], headers: Sequence[str]) -> bool:
    """True for most rows, told quickly: an id in the first cell, no total, remark or header, and no ditto anywhere."""
    first = cells[0]
    if (
        not first
        or first == headers[0]
        or not first.isascii()
        or not first[0].isalnum()
        or "otal" in first.lower()
    ):
        return False
    line = "".join(cells)
    return line.isascii() or not any(sign in line for sign in _DITTO_SIGNS)


def is_ditto(value: Any) -> bool:
    """〃, 同上 and their kin: the value of the row above."""
    return isinstance(value, str) and len(value) <= 4 and value.strip() in _DITTO
