"""Rows that were not taken, as a file a person can mend: 行番号・列名・理由・直し方, and what was typed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from banso_web.ingest.models import ImportRun
from banso_web.ingest.withheld import is_withheld, withheld_files
from banso_web.ingest.words import fix_text, reason_text

if TYPE_CHECKING:
    from banso_web.members.models import Member

HEADERS = (_("ファイル"), _("行番号"), _("列名"), _("理由"), _("直し方"), _("理由コード"), _("元の値"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe(cell: object) -> str:
    """A cell that no spreadsheet runs as a formula: an apostrophe stands before =, +, - and @ (numbers stay numbers)."""
    text = str(cell)
    if text.startswith(_FORMULA) and not _is_number(text):
        return "'" + text
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def rejected_line(
    file: str, number: int, column: str, code: str, detail: dict[str, Any], raw: Any
) -> list[str]:
    """One line of the list, in the reader's language."""
    typed = json.dumps(raw, ensure_ascii=False)
    return [file, str(number), column, reason_text(code, detail), fix_text(code, detail), code, typed]


def rejected_csv(run: ImportRun, reader: Member) -> Iterator[str]:
    """The list as CSV text, streamed; the first piece carries the byte order mark Excel wants. Cells that the reader may not
    see are left out with the words that quote them."""
    kept_back = withheld_files(run, reader)
    yield "\ufeff" + _line([str(header) for header in HEADERS])
    for row in run.rejected.order_by("file", "row_number").iterator(chunk_size=2_000):
        withheld = is_withheld(row.file, run, kept_back)
        detail, raw = ({}, {}) if withheld else (row.detail, row.raw)
        line = rejected_line(row.file, row.row_number, row.column, row.code, detail, raw)
        yield _line([safe(cell) for cell in line])


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
