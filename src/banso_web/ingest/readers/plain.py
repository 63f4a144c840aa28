"""The ground of all cell parsers: width, emptiness, words for "not known yet", and cells without an honest value."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from banso_web.ingest.readers.problems import Problem, Unreadable

# Words that stand for "nothing here" in a ledger; the second group says "not known yet" and is told to the person.
EMPTY = frozenset(
    {"", "-", "--", "—", "―", "‐", "−", "–", "ー", "n/a", "na", "null", "none", "該当なし", "(空白)"}
)
UNDECIDED = frozenset({"未定", "不明", "確認中", "調整中", "tbd", "未確認", "?", "??"})
_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})


def nfkc(text: str) -> str:
    """Width-blind form of a text, trimmed: 「１２０万　」 is 「120万」."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def blank(value: object) -> bool:
    """True for None, spaces and the dashes people write for nothing."""
    return value is None or (isinstance(value, str) and nfkc(value).casefold() in EMPTY)


def refusal(value: object) -> Problem | None:
    if isinstance(value, Unreadable):
        return Problem(value.code, f"fix_{value.code}", value.text)
    if isinstance(value, str) and value[:1] in "# " and value.strip().upper() in _ERRORS:
        return Problem("excel_error", "fix_excel_error", value.strip())
    return None


def plain_number(value: object) -> str:
    """A number without exponent and without the `.0` that Excel's floats carry."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (float, Decimal)):
        return format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
    return str(value)
