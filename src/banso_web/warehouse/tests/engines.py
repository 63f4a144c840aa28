"""The engines that keep events, for tests that each of them must pass: `engine` is a fixture of every one in turn.

ClickHouse is the real one (chdb), within this process through its client, and in another process behind HTTP.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas
import pytest

from banso_web.warehouse.embedded import COLUMNS, connection
from tests.environment import SECOND, WHOLE

EMBEDDED, IN_PROCESS, OVER_HTTP = "embedded", "clickhouse in the process", "clickhouse over http"
SHIM = Path(__file__).with_name("http_clickhouse.py")
needs_clickhouse = pytest.mark.skipif(
    not (find_spec("chdb") and find_spec("clickhouse_connect") and find_spec("sqlglot")),
    reason="ClickHouse's engine is not installed (requirements/test.txt has it)",
)
HTTP = pytest.param(OVER_HTTP, marks=needs_clickhouse)
# What is asked of events does not hang on the relational engine: beside the second one the contract alone meets ClickHouse.
BOTH = [EMBEDDED] if SECOND else [EMBEDDED, HTTP]
# Every question of use meets every engine in usage/tests/test_shapes.py; what is made of the answers meets ClickHouse in `make soak`.
LONG = [EMBEDDED, HTTP] if WHOLE else [EMBEDDED]
#: Marks of tests that hold for either store, and of those for every way to the engine as well.
both = pytest.mark.parametrize("engine", BOTH, indirect=True)
engines = pytest.mark.parametrize(
    "engine",
    [EMBEDDED, HTTP, *([] if SECOND else [pytest.param(IN_PROCESS, marks=needs_clickhouse)])],
    indirect=True,
)


@cache
def clickhouse_url(which: str) -> str:
    """Starts it, once in this process: the engine opens one folder and no second one for as long as the process lives."""
    folder = tempfile.mkdtemp(prefix="banso-clickhouse-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if which == IN_PROCESS:
        return f"chdb://{folder}/data"
    command = [sys.executable, str(SHIM), f"{folder}/data"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(child.communicate)  # its input ends, and it with it
    assert child.stdout is not None
    return f"http://127.0.0.1:{int(child.stdout.readline())}/default?compress=false"


@pytest.fixture
def engine(
    request: Any,
    settings: Any,
    events_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The event store of the test, empty; its name. Whatever is asked of ClickHouse, DuckDB answers too, from the same rows."""
    which: str = getattr(request, "param", EMBEDDED)
    if which == EMBEDDED:
        return which
    from banso_web.warehouse.clickhouse import ClickHouseStore
    from banso_web.warehouse.clickhouse.server import TABLE, server

    settings.BANSO_EVENTS_URL = clickhouse_url(which)
    server(settings.BANSO_EVENTS_URL).tell(f"TRUNCATE TABLE {TABLE}")
    ask = ClickHouseStore.query

    def asked(store: Any, sql: str, parameters: Any = (), **days: Any) -> list[tuple[Any, ...]]:
        rows = ask(store, sql, parameters, **days)
        assert alike(rows, from_duckdb(ask(store, "SELECT * FROM events", **days), sql, parameters)), sql
        return rows

    monkeypatch.setattr(ClickHouseStore, "query", asked)
    return which


def from_duckdb(events: list[tuple[Any, ...]], sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    """What DuckDB answers to a SELECT over these events."""
    told = pandas.DataFrame(events, columns=[name for name, _kind in COLUMNS], dtype=object)
    with connection() as opened:
        opened.register("told", told)
        typed = ", ".join(f"{name}::{kind} AS {name}" for name, kind in COLUMNS)
        opened.execute(f"CREATE TEMP TABLE events AS SELECT {typed} FROM told")
        return opened.execute(sql, list(parameters)).fetchall()


def alike(some: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> bool:
    """The same rows, in whatever order."""
    return sorted(map(repr, map(tuple, some))) == sorted(map(repr, map(tuple, others)))
