"""A backup of one engine restores into the other with every row and value, there and back again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from banso_web.operations.backup.portable import Summed, copy_rows, from_sqlite, to_sqlite

URL = os.environ.get("BANSO_DATABASE_URL", "")
NAME = "banso_moved"


@pytest.mark.parametrize(
    ("kind", "stored", "text"),
    [
        ("boolean", 1, "t"),
        ("boolean", 0, "f"),
        ("bigint", "7", "7"),
        ("timestamp with time zone", "2026-11-24 00:00:00.500000", "2026-11-24 00:00:00.500000+00:00"),
        ("timestamp with time zone", "2026-11-24 00:00:00", "2026-11-24 00:00:00+00:00"),
        ("bytea", b"\x00\xff", "\\x00ff"),
        ("character varying", "", ""),
        ("date", None, None),
    ],
)
def test_a_value_goes_to_postgresql_and_comes_back(kind: str, stored: object, text: str | None) -> None:
    assert from_sqlite(stored, kind) == text
    assert to_sqlite(text, kind) == stored


def test_copy_text_tells_null_from_empty_and_unescapes() -> None:
    (row,) = copy_rows([b"\\N\t\ta\\tb\\nc\\\\N\t\xe4\xbc\xb4\n"])
    assert row == (None, "", "a\tb\nc\\N", "伴")


def test_the_sum_knows_no_order_and_no_engines_writing_but_every_value() -> None:
    kinds = {"n": "numeric", "j": "jsonb", "at": "timestamp with time zone"}
    here = [
        ("1000.1", '{"a": 1.50, "b": 2}', "2026-11-24 00:00:00+00"),
        ("0", "{}", "2026-01-01 00:00:00+00"),
    ]
    there = [
        ("0.0000", "{}", "2026-01-01 09:00:00+09:00"),
        ("1000.1000", '{"b":2,"a":1.5}', "2026-11-24T00:00:00"),
    ]
    same = Summed(kinds).drained(here).result
    assert Summed(kinds).drained(there).result == same
    assert Summed(kinds).drained([here[0], ("1", *here[1][1:])]).result != same
    assert Summed(kinds).drained(here[:1]).result != same


def banso(home: Path, url: str, *arguments: str) -> None:
    environment = {**os.environ, "BANSO_HOME": str(home), "BANSO_LANG": "ja", "BANSO_DATABASE_URL": url}
    environment.pop("BANSO_CLOCK", None)
    command = [sys.executable, "-m", "banso_web.cli", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def database() -> Iterator[str]:
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {NAME}")
        yield URL.replace("/banso?", f"/{NAME}?")
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def contents(archive: Path) -> tuple[dict[str, int], sqlite3.Connection]:
    with tarfile.open(archive) as tar:
        manifest = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
        tar.extract("data/database.sqlite3", archive.parent / archive.stem, filter="data")
    return manifest["tables"], sqlite3.connect(archive.parent / archive.stem / "data" / "database.sqlite3")


@pytest.mark.skipif(not URL.startswith("postgresql"), reason="needs PostgreSQL")
def test_there_and_back_every_row_is_equal(database: str, tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    one, two, three = (tmp_path / f"{n}.tar.gz" for n in (1, 2, 3))
    banso(first, "", "demo", "--no-serve")  # the sample company: rows in nearly every table
    banso(first, "", "backup", str(one))
    banso(second, database, "restore", str(one))
    banso(second, database, "backup", str(two))
    banso(third, "", "restore", str(two))
    banso(third, "", "backup", str(three))
    (before, old), (after, new) = contents(one), contents(three)
    assert before == after
    assert sum(before.values()) > 1_000
    for table in before:
        if table == "warehouse_lease":  # every backup holds it while it copies
            continue
        rows = sorted(map(repr, old.execute(f'SELECT * FROM "{table}"')))
        names = [row[1] for row in old.execute(f'PRAGMA table_info("{table}")')]
        assert names == [row[1] for row in new.execute(f'PRAGMA table_info("{table}")')]
        again = sorted(map(repr, new.execute(f'SELECT * FROM "{table}"')))
        if rows != again:  # JSON texts differ in their keys' order; nothing else may
            plain = [[_plain(value) for value in row] for row in old.execute(f'SELECT * FROM "{table}"')]
            other = [[_plain(value) for value in row] for row in new.execute(f'SELECT * FROM "{table}"')]
            assert sorted(map(repr, plain)) == sorted(map(repr, other)), table


def _plain(value: object) -> object:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.dumps(json.loads(value), sort_keys=True)
        except ValueError:
            return value
    return value
