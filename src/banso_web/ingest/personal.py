"""A person in what imports keep: rejected rows, notes of runs, and the stored files themselves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core.bulk import update_rows
from banso_web.core.personal import ERASED, Whom
from banso_web.core.personal_rows import in_every_row
from banso_web.core.registry import PersonalField
from banso_web.ingest import parquet
from banso_web.ingest.actions import imports_home
from banso_web.ingest.models import ImportRun, Mapping, RejectedRow

State = ImportRun.State
ENCODINGS = ("utf-8-sig", "cp932", "utf-16")
TEXTS = (".csv", ".tsv", ".txt")
ENDED = (State.DONE, State.DROPPED, State.FAILED, State.UNDONE)


# --- rejected rows ------------------------------------------------------------------------------------------------
def _rejected(whom: Whom) -> Iterator[RejectedRow]:
    for row in RejectedRow.objects.order_by("pk").iterator(chunk_size=2_000):
        if whom.scrub_json([row.raw, row.detail]) != [row.raw, row.detail]:
            yield row


def find_rejected(whom: Whom) -> Sequence[dict[str, Any]]:
    """Rows that were not taken and name the person."""
    return [
        {"file": row.file, "row": row.row_number, "run": row.run_id, "values": row.raw} for row in _rejected(whom)
    ]  # fmt: skip


def erase_rejected(whom: Whom) -> int:
    """The place and the reason stay; what was typed there about the person does not."""
    rows = list(_rejected(whom))
    for row in rows:
        row.raw, row.detail = whom.scrub_json(row.raw), whom.scrub_json(row.detail)
    return update_rows(RejectedRow, ["raw", "detail"], rows)


# --- stored files -------------------------------------------------------------------------------------------------
def _files() -> Iterator[Path]:
    yield from (path for path in sorted(imports_home().rglob("*")) if path.is_file())


def _decoded(path: Path) -> tuple[str, str] | None:
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return None


def _scrubbed_table(text: str, whom: Whom) -> str:
    first = text.split("\n", 1)[0]
    mark = "\t" if first.count("\t") > first.count(",") else ","
    made = io.StringIO()
    writer = csv.writer(made, delimiter=mark, lineterminator="\r\n" if "\r\n" in text else "\n")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
        writer.writerow(whom.scrub_json(row))
    return made.getvalue()


def _scrubbed_lines(text: str, whom: Whom) -> str:
    lines = (json.dumps(whom.scrub_json(json.loads(line)), ensure_ascii=False) if line.strip() else line
             for line in text.splitlines())  # fmt: skip
    return "\n".join(lines) + "\n"


def _new_text(path: Path, whom: Whom) -> tuple[str, str] | None:
    """(the file's new text, its encoding) where it names the person, else None. A file that is no table is blanked."""
    read = _decoded(path)
    if read is None or not _names(read[0], whom):
        return None
    text, encoding = read
    try:
        new = _scrubbed_lines(text, whom) if path.suffix.lower() == ".jsonl" else _scrubbed_table(text, whom)
    except (ValueError, csv.Error):
        new = ERASED + "\n"
    return (new, encoding) if new != text else None


def _names(text: str, whom: Whom) -> bool:
    """Quick look before a file is taken apart."""
    folded = text.casefold()
    marks = {*whom.codes, *whom.emails, *whom.phones, *(family for family, _given in whom.names)}
    return any(mark.casefold() in folded for mark in marks)


def _workbook(path: Path, whom: Whom) -> Any:
    """The workbook without the person, or None where it does not name them."""
    book = openpyxl.load_workbook(path)
    found = False
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            old = [cell.value if isinstance(cell.value, str) else "" for cell in row]
            new = whom.scrub_json(old)
            for cell, before, after in zip(row, old, new, strict=True):
                if before != after:
                    cell.value, found = after, True
    return book if found else None


def _changed(path: Path, whom: Whom) -> bool:
    ending = path.suffix.lower()
    if ending in (*TEXTS, ".jsonl"):
        return _new_text(path, whom) is not None
    try:
        if ending in (".xlsx", ".xlsm"):
            return _workbook(path, whom) is not None
        if ending == ".parquet":
            return parquet.names(path, whom)
    except Exception:  # a file that its reader cannot open was refused when it was brought
        return True
    return _names(path.read_bytes().decode("utf-8", "ignore"), whom)


def find_files(whom: Whom) -> Sequence[dict[str, Any]]:
    """Stored import files that name the person."""
    return [{"run_folder": path.parent.name, "file": path.name} for path in _files() if _changed(path, whom)]


def erase_files(whom: Whom) -> int:
    """Rewrite CSV, TSV, text, JSONL, XLSX and Parquet files. What its reader cannot open, or a file of any other kind that
    names the person, is deleted."""
    changed = 0
    for path in _files():
        if not _changed(path, whom):
            continue
        changed += 1
        _rewrite(path, whom)
    return changed


def _rewrite(path: Path, whom: Whom) -> None:
    ending = path.suffix.lower()
    partial = path.with_name(path.name + ".partial")
    try:
        if ending in (".xlsx", ".xlsm"):
            book = _workbook(path, whom)
            book.save(partial)
        elif ending == ".parquet":
            parquet.rewrite(path, partial, whom)
        elif new := _new_text(path, whom) if ending in (*TEXTS, ".jsonl") else None:
            partial.write_bytes(new[0].encode(new[1], errors="replace"))
        else:
            path.unlink()
            return
    except Exception:  # whatever made it unreadable, it may hold the person
        partial.unlink(missing_ok=True)
        path.unlink()
        return
    partial.replace(path)


def waits(whom: Whom) -> str:
    """An import that is not at its end would write the person again, so an erasure waits for it."""
    at_work = ~Q(state__in=ENDED) | Q(options__queued__deed="undo")
    run = ImportRun.objects.filter(at_work).order_by("pk").first()
    if run is None:
        return ""
    return _(
        "取込「%(name)s」が終わっていません。書き込むか取りやめてから消去してください。何も消していません。"
    ) % {"name": run.file_name}


FIELDS = (
    in_every_row(
        "runs", gettext_lazy("取込の設定と覚え書き"), ImportRun, ("file_name", "options", "notes", "failure")
    ),
    in_every_row("mappings", gettext_lazy("取込の対応表"), Mapping, ("body",)),
    PersonalField("rejected", gettext_lazy("取り込まなかった行"), find_rejected, erase_rejected),
    PersonalField("files", gettext_lazy("保存された取込ファイル"), find_files, erase_files, in_files=True),
)
