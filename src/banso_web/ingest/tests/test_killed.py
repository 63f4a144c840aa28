"""An import whose process is killed for real while it writes: nothing shows, and it goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("BANSO_DATABASE_URL")), reason="this home uses SQLite of its own"
)
ROWS = 30_000


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "BANSO_HOME": str(home), "BANSO_LANG": "ja"}
    environment.pop("BANSO_CLOCK", None)  # for test homes alone; this one is as a company has it
    command = [sys.executable, "-m", "banso_web.cli", *words]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(home: Path, *words: str) -> str:
    process = start(home, *words)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, out + err
    return out


def one(home: Path, question: str) -> Any:
    with closing(sqlite3.connect(f"file:{home}/banso.sqlite3?mode=ro", timeout=30, uri=True)) as database:
        return database.execute(question).fetchone()[0]


def begun(home: Path) -> bool:
    """Some rows are written; a home that is not even made has none."""
    try:
        return bool(one(home, "select count(*) from revenue_movement"))
    except sqlite3.OperationalError:
        return False


def test_a_killed_import_shows_nothing_and_goes_on_where_it_was(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "movements.csv"
    lines = (f"M{at},A{at % 300},C{at % 900},2026-04-01,100\n" for at in range(ROWS))
    file.write_text("movement_id,account_id,contract_id,effective_on,mrr_delta\n" + "".join(lines), "utf-8")
    process = start(home, "import", str(file))
    while process.poll() is None and not begun(home):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, "it was done before it could be killed"
    assert one(home, "select count(*) from revenue_movement") < ROWS
    assert one(home, "select count(*) from core_entry where seq is not null") == 0
    assert one(home, "select count(*) from accounts_account where live") == 0
    assert one(home, "pragma integrity_check") == "ok"

    finished(home, "import", "--resume", str(one(home, "select max(id) from ingest_importrun")))
    assert one(home, "select count(*) from revenue_movement") == ROWS
    assert one(home, "select count(distinct code) from revenue_movement") == ROWS
    asked = finished(home, "metric", "mrr", "--as-of", "2026-04-30", "--json")
    assert json.loads(asked)["value"] == str(ROWS * 100)
