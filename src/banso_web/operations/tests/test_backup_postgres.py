"""A backup of PostgreSQL comes back into an empty database, with columns named like words of SQL and with its counters."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

URL = os.environ.get("BANSO_DATABASE_URL", "")
pytestmark = pytest.mark.skipif(not URL.startswith("postgresql"), reason="needs PostgreSQL")
NAMES = ("banso_copied", "banso_restored")


def address(name: str) -> str:
    return URL.replace("/banso?", f"/{name}?")


@pytest.fixture
def databases() -> Iterator[None]:
    with psycopg.connect(URL, autocommit=True) as server:
        for name in NAMES:
            server.execute(f"CREATE DATABASE {name}")
        yield
        for name in NAMES:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def banso(home: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "BANSO_HOME": str(home),
        "BANSO_LANG": "ja",
        "BANSO_DATABASE_URL": address(name),
    }
    environment.pop("BANSO_CLOCK", None)
    command = [sys.executable, "-m", "banso_web.cli", *arguments]
    return subprocess.run(
        command, env=environment, cwd=home, capture_output=True, text=True, timeout=240, check=False
    )


def test_a_backup_restores_into_an_empty_database(databases: None, tmp_path: Path) -> None:
    folder, first, second = (tmp_path / name for name in ("in", "first", "second"))
    for one in (folder, first, second):
        one.mkdir()
    (folder / "accounts.csv").write_text("account_id,name\nA1,青葉商事\nA2,\n", "utf-8")
    (folder / "closures.csv").write_text("on,name\n2026-12-29,年末\n", "utf-8")
    archive = tmp_path / "copy.tar.gz"
    for done in (
        banso(first, NAMES[0], "import", str(folder), "--accept-rejects"),
        banso(first, NAMES[0], "backup", str(archive)),
        banso(second, NAMES[1], "restore", str(archive)),
    ):
        assert done.returncode == 0, done.stderr
    with psycopg.connect(address(NAMES[1])) as database:
        assert database.execute('SELECT "on"::text, name FROM core_closure').fetchall() == [
            ("2026-12-29", "年末")
        ]
        assert database.execute('SELECT "column", code FROM ingest_rejectedrow').fetchall() == [
            ("name", "required")
        ]
    (folder / "accounts.csv").write_text("account_id,name\nA1,青葉商事\nA3,白浜商店\n", "utf-8")
    again = banso(second, NAMES[1], "import", str(folder))  # new rows do not meet the numbers of old ones
    assert again.returncode == 0, again.stderr
    with psycopg.connect(address(NAMES[1])) as database:
        assert database.execute("SELECT code FROM accounts_account ORDER BY id").fetchall() == [
            ("A1",),
            ("A3",),
        ]
