"""What a path holds: which files of it are canonical ones, in the order in which they are taken."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from banso_web.ingest.readers.canonical import FILES, IMPORT_ORDER, file_of_name

SUFFIXES = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")


class UnknownFile(Exception):
    """A file whose name says nothing about what it holds; nothing was read."""

    def __init__(self, name: str, code: str = "unknown_file") -> None:
        super().__init__(name)
        self.name, self.code = name, code


@dataclass(frozen=True)
class Input:
    """One file of a run: which canonical file it is, where it lies, and how its table is opened."""

    kind: str
    path: Path
    name: str
    sheet: str = ""
    header_row: int | None = None
    columns: dict[str, str] = field(default_factory=dict)
    shaping: dict[str, Any] | None = None  # a mapping of the page (ingest.shaping)

    @property
    def place(self) -> str:
        """The file's name as the run's counts and refused rows keep it, at most 60 signs."""
        if len(self.name) <= 60:
            return self.name
        return f"{self.name[:51]}~{hashlib.sha256(self.name.encode()).hexdigest()[:8]}"

    def as_json(self, base: Path) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "path": str(self.path.relative_to(base)),
            "name": self.name,
            "sheet": self.sheet,
            "header_row": self.header_row,
            "columns": self.columns,
            **({"shaping": self.shaping} if self.shaping else {}),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], base: Path) -> Input:
        return cls(
            data["kind"],
            base / data["path"],
            data["name"],
            data["sheet"],
            data["header_row"],
            data.get("columns", {}),
            data.get("shaping"),
        )


def kind_of(name: str) -> str:
    """The canonical key a file name says, or ""."""
    schema = file_of_name(name)
    return schema.key if schema else ""


def inputs_of(path: Path, *, kind: str = "") -> tuple[list[Input], list[str]]:
    """(files to take in import order, names of files that were left aside).

    A folder is not searched below its first level. Raises UnknownFile where nothing can be taken, or a single file's
    kind is not known (`kind` says it then), FileNotFoundError where there is nothing at all.
    """
    if not path.exists():
        raise FileNotFoundError(str(path))
    if path.is_file():
        found = kind or kind_of(path.name)
        if found not in FILES:
            raise UnknownFile(path.name)
        return [Input(found, path, path.name)], []
    taken, aside = [], []
    for file in sorted(
        one for one in path.iterdir() if one.is_file() and not one.name.startswith((".", "~"))
    ):
        found = kind_of(file.name) if file.suffix.lower() in SUFFIXES else ""
        if found:
            taken.append(Input(found, file, file.name))
        else:
            aside.append(file.name)
    if not taken:
        raise UnknownFile(path.name, "empty_folder")
    return in_order(taken), aside


def in_order(files: Sequence[Input]) -> list[Input]:
    """References first, so that a folder never makes incomplete what it describes itself."""
    return sorted(files, key=lambda one: (IMPORT_ORDER.index(one.kind), one.name))
