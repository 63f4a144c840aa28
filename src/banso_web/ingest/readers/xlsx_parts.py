"""What openpyxl's streaming mode does not tell about a sheet, read from its XML: merges, hidden parts, notes, formulas.

Nothing here trusts the file: sizes are checked before anything is unpacked, and XML with a document type is refused
(no entity, hence no entity bomb, is ever defined).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, iterparse
from xml.parsers.expat import ExpatError, ParserCreate

from openpyxl.utils.cell import column_index_from_string, coordinate_from_string, range_boundaries

from banso_web.ingest.readers.problems import Limits, ReadProblem

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_DOCREL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_HELD = ("sharedStrings.xml", "styles.xml")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass
class SheetParts:
    """Rows are numbered from 1 and columns from 0. `merges`: (top row, left, bottom row, right), all inclusive."""

    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    hidden_rows: list[int] = field(default_factory=list)
    notes: list[tuple[int, int, str]] = field(default_factory=list)
    formulas: int = 0
    without_value: set[tuple[int, int]] = field(default_factory=set)


def check_package(stream: BinaryIO, limits: Limits) -> None:
    """Raises ReadProblem unless `stream` is an xlsx that unpacks within the limits."""
    head = stream.read(8)
    stream.seek(0)
    if head.startswith(_OLE):  # an old .xls, or an xlsx with a password (both are OLE containers)
        raise ReadProblem("old_workbook")
    try:
        package = zipfile.ZipFile(stream)
    except zipfile.BadZipFile:
        raise ReadProblem("broken_workbook") from None
    with package:
        infos = package.infolist()
        expanded = sum(info.file_size for info in infos)
        packed = max(1, sum(info.compress_size for info in infos))
        if expanded > limits.expanded_bytes or (expanded > 64 * 1024**2 and expanded / packed > limits.ratio):
            raise ReadProblem("expands_too_much", size=expanded, limit=limits.expanded_bytes)
        held = sum(info.file_size for info in infos if info.filename.endswith(_HELD))
        if held > limits.held_bytes:
            raise ReadProblem("expands_too_much", size=held, limit=limits.held_bytes)
        if any(info.flag_bits & 1 for info in infos):
            raise ReadProblem("encrypted_workbook")
        if "xl/workbook.xml" not in package.namelist():
            raise ReadProblem("broken_workbook")
        for info in infos:
            if info.filename.endswith((".xml", ".rels")):
                _refuse_doctype(package, info)


def _refuse_doctype(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """A document type stands before the root element, however far down and in whatever encoding: the parser finds it."""
    seen: list[str] = []
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: seen.append("doctype")
    parser.StartElementHandler = lambda *_: seen.append("root")
    try:
        with package.open(info) as part:
            while not seen and (piece := part.read(4096)):
                parser.Parse(piece)
    except ExpatError:
        pass  # no XML: whoever needs the part tells
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise ReadProblem("broken_workbook") from None
    if "doctype" in seen:
        raise ReadProblem("unsafe_workbook", part=info.filename)


def read_parts(stream: BinaryIO, sheet: str) -> SheetParts:
    """The parts of the sheet of that name; empty for a sheet that has none."""
    with zipfile.ZipFile(stream) as package:
        path = _sheet_path(package, sheet)
        parts = SheetParts()
        if path is None:
            return parts
        _scan_sheet(package, path, parts)
        comments = _related(package, path, "comments")
        if comments:
            _scan_comments(package, comments, parts)
        return parts


def _elements(package: zipfile.ZipFile, path: str) -> Iterator[Element]:
    try:
        with package.open(path) as part:
            for _event, element in iterparse(part, ("end",)):
                yield element
    except (ParseError, KeyError, zipfile.BadZipFile):
        raise ReadProblem("broken_workbook", part=path) from None


def _sheet_path(package: zipfile.ZipFile, sheet: str) -> str | None:
    wanted = next(
        (e.get(f"{_DOCREL}id") for e in _elements(package, "xl/workbook.xml")
         if e.tag == f"{_MAIN}sheet" and e.get("name") == sheet), None)  # fmt: skip
    if wanted is None:
        return None
    for element in _elements(package, "xl/_rels/workbook.xml.rels"):
        if element.tag == f"{_REL}Relationship" and element.get("Id") == wanted:
            return posixpath.normpath(posixpath.join("xl", element.get("Target", ""))).lstrip("/")
    return None


def _related(package: zipfile.ZipFile, path: str, kind: str) -> str | None:
    rels = posixpath.join(posixpath.dirname(path), "_rels", posixpath.basename(path) + ".rels")
    if rels not in package.namelist():
        return None
    for element in _elements(package, rels):
        if element.tag == f"{_REL}Relationship" and element.get("Type", "").endswith("/" + kind):
            target = posixpath.normpath(
                posixpath.join(posixpath.dirname(path), element.get("Target", ""))
            ).lstrip("/")
            return target if target in package.namelist() else None
    return None


def _scan_sheet(package: zipfile.ZipFile, path: str, parts: SheetParts) -> None:
    for element in _elements(package, path):
        tag = element.tag.removeprefix(_MAIN)
        if tag == "c":
            if element.find(f"{_MAIN}f") is not None:
                parts.formulas += 1
                value = element.find(f"{_MAIN}v")
                if (value is None or value.text is None) and element.get("r"):
                    parts.without_value.add(_place(element.get("r", "")))
        elif tag == "row":
            if element.get("hidden") in {"1", "true"} and element.get("r", "").isdecimal():
                parts.hidden_rows.append(int(element.get("r", "")))
            element.clear()
        elif tag == "col" and element.get("hidden") in {"1", "true"}:
            first, last = int(element.get("min", "1")), int(element.get("max", "1"))
            parts.hidden_columns.update(range(first - 1, min(last, first + 16_384)))
        elif tag == "mergeCell" and element.get("ref"):
            left, top, right, bottom = range_boundaries(element.get("ref", ""))
            if left and top and right and bottom:
                parts.merges.append((top, left - 1, bottom, right - 1))


def _place(reference: str) -> tuple[int, int]:
    letters, row = coordinate_from_string(reference)
    return row, column_index_from_string(letters) - 1


def _scan_comments(package: zipfile.ZipFile, path: str, parts: SheetParts) -> None:
    for element in _elements(package, path):
        if element.tag == f"{_MAIN}comment" and re.fullmatch(r"[A-Z]+\d+", element.get("ref", "")):
            row, column = _place(element.get("ref", ""))
            text = "".join(piece.text or "" for piece in element.iter(f"{_MAIN}t"))
            parts.notes.append((row, column, text.strip()[:500]))
