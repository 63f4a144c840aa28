"""A CSV file in CP932 (Shift_JIS), for software that reads nothing else: what it cannot hold is told, never lost silently."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

GETA = "〓"  # the mark of Japanese printers for a missing letter
# The same signs at other code points: CP932 holds the right-hand ones. Nothing is lost by them.
TWINS = str.maketrans("〜−‖—¢£¬", "～－∥―￠￡￢")


@dataclass(frozen=True)
class Unwritable:
    """A cell with letters that CP932 lacks."""

    code: str  # customer id
    name: str
    column: str
    text: str
    letters: str  # each once, in the order of the text


def fits(text: str) -> bool:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True


def lacking(text: str) -> str:
    """The letters of `text` that CP932 cannot hold, each once."""
    return "" if fits(text) else "".join(dict.fromkeys(letter for letter in text if not fits(letter)))


def written(
    head: Sequence[str], rows: Iterable[tuple[str, str, Sequence[str]]]
) -> tuple[bytes, list[Unwritable]]:
    """(the file with 〓 for every letter that it cannot hold, the cells where that happened).

    A row is (customer id, customer's name, cells in the order of `head`). Lines end with CR LF.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_held(word) for word in head])
    lost: list[Unwritable] = []
    for code, name, cells in rows:
        turned = [cell.translate(TWINS) for cell in cells]
        for column, cell in zip(head, turned, strict=True):
            if letters := lacking(cell):
                lost.append(Unwritable(code, name, column, cell, letters))
        writer.writerow([_held(cell) for cell in turned])
    return buffer.getvalue().encode("cp932"), lost


def _held(text: str) -> str:
    return text if fits(text) else "".join(letter if fits(letter) else GETA for letter in text)
