"""A YAML mapping: one SELECT per canonical file over the input tables, run in an in-memory DuckDB that reaches nothing.

    name: telco
    known: effective          # optional: now (default) or effective
    inputs:                   # optional: only where a file needs a sheet or a header row
      ledger: {file: 契約台帳.xlsx, sheet: 2026年度, header_row: 3}
    files:
      accounts: SELECT customerID AS account_id, ... FROM telco
      movements: SELECT ...

Input tables bear the file's stem (letters, digits, underscores; everything else becomes `_`), and all their columns are
text as typed, so that leading zeros live and nothing is guessed: casts stand in the SELECT. The results go through the
same checks as any canonical file.
"""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import yaml

from banso_web.core import plain_yaml
from banso_web.ingest.inputs import SUFFIXES, Input, in_order
from banso_web.ingest.readers import open_table
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.cells import parse_text
from banso_web.ingest.readers.problems import Limits
from banso_web.ingest.readers.table import RawTable

MEMORY = "2GB"
SECONDS = 600
CHUNK = 20_000
FETCHED = 2_000  # rows of a result held at once
MAX_ROWS = Limits().rows  # of one SELECT: a join without its condition makes billions
MAX_BYTES = Limits().file_bytes  # of one SELECT
MAX_YAML = 1_000_000


class MappingWrong(Exception):
    """The mapping cannot be used; nothing was imported. `code`: mapping_wrong, mapping_sql, mapping_time,
    mapping_rows or mapping_size; `limit` is the bound that the last three met.
    """

    def __init__(self, text: str, *, file: str = "", code: str = "mapping_wrong", limit: int = 0) -> None:
        super().__init__(text)
        self.text, self.file, self.code, self.limit = text, file, code, limit


@dataclass(frozen=True)
class SqlMapping:
    """A parsed YAML mapping."""

    name: str
    files: dict[str, str]
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    known: str = ""


def parse(text: str) -> SqlMapping:
    """Read a mapping. Raises MappingWrong for anything but the documented keys and canonical file names."""
    if len(text) > MAX_YAML:
        raise MappingWrong("the file is larger than 1 MB")
    try:
        data = plain_yaml.load(text)
    except (yaml.YAMLError, ValueError) as problem:  # ValueError: a day or a number that is none
        raise MappingWrong(str(problem)) from problem
    except RecursionError as problem:
        raise MappingWrong("nested too deep") from problem
    if not isinstance(data, dict) or not isinstance(data.get("files"), dict) or not data["files"]:
        raise MappingWrong("`files` with one SELECT per canonical file is missing")
    if unknown := set(data) - {"name", "known", "inputs", "files", "description"}:
        raise MappingWrong(f"unknown keys: {', '.join(sorted(map(str, unknown)))}")
    if unknown := set(data["files"]) - set(FILES):
        raise MappingWrong(f"no canonical files: {', '.join(sorted(map(str, unknown)))}")
    known = str(data.get("known", ""))
    if known not in ("", "now", "effective"):
        raise MappingWrong("known: now or effective")
    inputs = data.get("inputs") or {}
    if not isinstance(inputs, dict) or not all(_is_input(*one) for one in inputs.items()):
        raise MappingWrong("inputs: a table name with file, sheet, header_row (a number)")
    queries = {str(key): str(query) for key, query in data["files"].items()}
    return SqlMapping(str(data.get("name", "")), queries, inputs, known)


def _is_input(name: Any, one: Any) -> bool:
    if not isinstance(name, str) or not isinstance(one, dict):
        return False
    sheet, header = one.get("sheet"), one.get("header_row")
    return isinstance(sheet, str | None) and isinstance(header, int | None)


def table_name(stem: str) -> str:
    """The SQL name of an input: 「契約台帳 2026-04」 is 契約台帳_2026_04."""
    return re.sub(r"\W+", "_", stem).strip("_").lower() or "input"


def input_tables(mapping: SqlMapping, path: Path) -> dict[str, RawTable]:
    """Every table of a file or folder under its SQL name. Raises MappingWrong when two files would bear one name."""
    files = (
        [path] if path.is_file() else sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
    )
    declared = {str(one.get("file", "")): (name, one) for name, one in mapping.inputs.items()}
    tables: dict[str, RawTable] = {}
    for file in files:
        name, options = declared.get(file.name, (table_name(file.stem), {}))
        if name in tables:
            raise MappingWrong(f"two inputs are called {name}", file=file.name)
        sheet, header = options.get("sheet"), options.get("header_row")
        tables[name] = open_table(file, file.name, sheet=sheet, header_row=header)
    if missing := [
        name for name in mapping.inputs if name not in tables and mapping.inputs[name].get("file")
    ]:
        raise MappingWrong(f"inputs not found: {', '.join(missing)}", file=path.name)
    return tables


def run(mapping: SqlMapping, tables: dict[str, RawTable], folder: Path) -> list[Input]:
    """Write the result of every SELECT as `<canonical>.csv` into `folder` and give them as inputs of a run."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"SET memory_limit='{MEMORY}'; SET threads=2; SET temp_directory=''")
        for name, table in tables.items():
            _load(connection, name, table)
        # From here on only the loaded tables are within reach, and no statement can turn that off again.
        connection.execute(
            "SET autoinstall_known_extensions=false; SET autoload_known_extensions=false; "
            "SET python_enable_replacements=false; SET enable_external_access=false; SET lock_configuration=true"
        )
        made = []
        with _limited(connection):
            for kind, query in mapping.files.items():
                made.append(Input(kind, _select(connection, kind, query, folder), f"{kind}.csv"))
        return in_order(made)
    finally:
        connection.close()


def _load(connection: duckdb.DuckDBPyConnection, name: str, table: RawTable) -> None:
    columns = ", ".join(f"{_quoted(header)} VARCHAR" for header in table.headers)
    connection.execute(f"CREATE TABLE {_quoted(name)} ({columns})")
    rows = table.rows()
    while part := list(islice(rows, CHUNK)):
        # Plain arrays: no file is read and no other library is needed.
        columnar = {
            f"c{at}": np.array([_text(row.values[at]) for row in part], dtype=object)
            for at in range(len(table.headers))
        }
        connection.register("incoming", columnar)
        connection.execute(f"INSERT INTO {_quoted(name)} SELECT * FROM incoming")
        connection.unregister("incoming")


def _text(value: Any) -> str | None:
    text = parse_text(value)
    return text if isinstance(text, str) else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _limited(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what runs longer than SECONDS."""
    timer = threading.Timer(SECONDS, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _select(connection: duckdb.DuckDBPyConnection, kind: str, query: str, folder: Path) -> Path:
    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise MappingWrong("exactly one SELECT is allowed", file=kind, code="mapping_sql")
        result = connection.execute(statements[0])
        headers = [column[0] for column in result.description or []]
        target = folder / f"{kind}.csv"
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(headers)
            count = 0
            while rows := result.fetchmany(FETCHED):
                count += len(rows)
                if count > MAX_ROWS:
                    raise MappingWrong("too many rows", file=kind, code="mapping_rows", limit=MAX_ROWS)
                writer.writerows([_cell(value) for value in row] for row in rows)
                if stream.tell() > MAX_BYTES:
                    raise MappingWrong("too large", file=kind, code="mapping_size", limit=MAX_BYTES)
    except duckdb.InterruptException as problem:
        raise MappingWrong(str(problem)[:1000], file=kind, code="mapping_time", limit=SECONDS) from problem
    except duckdb.Error as problem:
        raise MappingWrong(str(problem)[:1000], file=kind, code="mapping_sql") from problem
    return target


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
