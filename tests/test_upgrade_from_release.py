"""An instance of every release comes up to date with every row, every value and the same numbers, on either engine.

`tests/releases/<version>.sql` is the database that the release itself made, as text; `.json` beside it names its
migrations, its rows by table and what its numbers answered (written by `tools/release_record.py`).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

RECORDS = sorted((Path(__file__).parent / "releases").glob("*.json"))
URL = os.environ.get("BANSO_DATABASE_URL", "")
NAME = "banso_upgraded"
# Tables and columns that a later release may take away or rewrite by intent: say why beside each.
REWRITTEN: dict[str, set[str]] = {
    "django_migrations": {"*"},  # the upgrade itself adds to it
    "django_content_type": {"*"},  # Django's own list of models
    "auth_permission": {"*"},  # likewise
}

CLI = ("-m", "banso_web.cli")
# `banso metric METRIC --month MONTH --as-of DAY --json` for each question, in one process: a start costs seconds.
METRICS = """
import sys
from banso_web.cli import main
day, *questions = sys.argv[1:]
for question in questions:
    metric, month = question.split()
    sys.argv = ["banso", "metric", metric, "--month", month, "--as-of", day, "--json"]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code, ended.code
    print("\x1e")
"""


@pytest.fixture
def database() -> Iterator[str]:
    """An empty database of the engine that the suite runs on."""
    if not URL:
        yield ""
        return
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {NAME}")
        yield URL.replace("/banso?", f"/{NAME}?")
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def archive_of(record: dict[str, Any], dump: Path, folder: Path) -> Path:
    """The release's database as a backup."""
    file, target = folder / "database.sqlite3", folder / "release.tar.gz"
    with closing(sqlite3.connect(file)) as made:
        made.executescript(dump.read_text("utf-8"))
    content = file.read_bytes()
    manifest = {
        "format": 1, "made_at": "", "engine": "sqlite", "migrations": record["migrations"], "tables": record["tables"],
        "sha256": {"data/database.sqlite3": hashlib.sha256(content).hexdigest()}, "integrity": "ok",
    }  # fmt: skip
    with tarfile.open(target, "w:gz") as tar:
        for name, data in (
            ("data/database.sqlite3", content),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return target


def rows_of(file: Path) -> dict[str, list[dict[str, Any]]]:
    with closing(sqlite3.connect(file)) as opened:
        opened.row_factory = sqlite3.Row
        names = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            n: [dict(row) for row in opened.execute(f'SELECT * FROM "{n}"')]
            for n in names
            if n[:7] != "sqlite_"
        }


def plain(value: Any) -> Any:
    """JSON texts by their content: PostgreSQL keeps no order of keys."""
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.dumps(json.loads(value), sort_keys=True)
        except ValueError:
            return value
    return value


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_release_comes_up_to_date_with_nothing_lost(path: Path, database: str, tmp_path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    home, back = tmp_path / "home", tmp_path / "back"

    def banso(*arguments: str, at: Path = home, url: str = database, program: Sequence[str] = CLI) -> str:
        environment = {**os.environ, "BANSO_HOME": str(at), "BANSO_LANG": "ja", "BANSO_DATABASE_URL": url}
        environment.pop("BANSO_CLOCK", None)
        command = [sys.executable, *program, *arguments]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    banso(
        "restore", str(archive_of(record, path.with_suffix(".sql"), tmp_path))
    )  # as it was, then brought up to date
    told = banso(record["as_of"], *record["numbers"], program=("-c", METRICS)).split("\x1e\n")
    values = [json.loads(answer)["value"] for answer in told if answer]
    assert values == list(record["numbers"].values())
    upgraded = home / "banso.sqlite3"
    if database:
        banso("backup", str(tmp_path / "all.tar.gz"))
        banso("restore", str(tmp_path / "all.tar.gz"), at=back, url="")
        upgraded = back / "banso.sqlite3"
    before, after = rows_of(tmp_path / "database.sqlite3"), rows_of(upgraded)
    assert Counter({name: len(rows) for name, rows in before.items()}) == Counter(record["tables"])
    for table, rows in before.items():
        kept = REWRITTEN.get(table, set())
        if "*" in kept:
            continue
        assert table in after, f"{table} is gone: say in REWRITTEN where its rows went"
        columns = [name for name in (rows[0] if rows else {}) if name not in kept]
        found = Counter(
            repr([plain(row.get(name, "column gone")) for name in columns]) for row in after[table]
        )
        lost = Counter(repr([plain(row[name]) for name in columns]) for row in rows) - found
        assert not lost, (table, list(lost)[:3])
