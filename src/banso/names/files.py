"""Text on its way into a CSV file: what CP932 cannot hold, and cells a spreadsheet would run as a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

# Python's cp932 lacks these, while Windows writes the character on the right for the same key: not a loss.
_TWINS = str.maketrans(
    {
        "\N{WAVE DASH}": "\N{FULLWIDTH TILDE}",
        "\N{MINUS SIGN}": "\N{FULLWIDTH HYPHEN-MINUS}",
        "\N{EM DASH}": "\N{HORIZONTAL BAR}",
        "\N{DOUBLE VERTICAL LINE}": "\N{PARALLEL TO}",
        "\N{NO-BREAK SPACE}": " ",
    }
)


@dataclass(frozen=True, slots=True)
class LostCharacter:
    """A character that CP932 cannot hold and where it stands (index in code points)."""

    index: int
    char: str


def cp932_unrepresentable(text: str) -> tuple[LostCharacter, ...]:
    """Every character that a CP932 export would lose: 𠮷 is, 髙 and ① are not."""
    return tuple(LostCharacter(index, char) for index, char in enumerate(text) if not _fits(char))


def cp932_bytes(text: str) -> bytes:
    """The text in CP932 with 〓 for each character `cp932_unrepresentable` names; 〜 and − become their CP932 twins."""
    return "".join(char if _fits(char) else "〓" for char in text).translate(_TWINS).encode("cp932")


def _fits(char: str) -> bool:
    try:
        char.translate(_TWINS).encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_BEFORE_FORMULA = " '\u3000"

Cell = TypeVar("Cell")


def csv_safe(value: Cell) -> Cell | str:
    """A cell that no spreadsheet runs: texts that begin like a formula get an apostrophe in front.

    Numbers and other non-texts pass unchanged, so write amounts as numbers. `csv_plain` takes the apostrophe off again.
    """
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def csv_plain(text: str) -> str:
    """What `csv_safe` was given: exporting and importing again changes nothing."""
    return text[1:] if text.startswith("'") and _is_formula(text[1:]) else text


def _is_formula(text: str) -> bool:
    return text.lstrip(_BEFORE_FORMULA).startswith(_FORMULA_STARTS)
