"""A table of the company in each engine that can be tried here, and the settings that let Banso reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.db import connection
from sqlglot import exp

from banso_web.collect.models import Source
from banso_web.collect.tests.conftest import events_home
from banso_web.connectors.engines import Place, postgres
from banso_web.connectors.models import TableRead
from banso_web.core import clock
from banso_web.desk.tests.conftest import desk

__all__ = ["desk", "events_home"]
COLUMNS = 'id VARCHAR, "at" TIMESTAMPTZ, who VARCHAR, company VARCHAR, did VARCHAR, n DECIMAL(9,2), day DATE, local_at TIMESTAMP'
EVENT = {"message_id": "id", "timestamp": "at", "user_id": "who", "account_id": "company", "event": "did"}


@dataclass
class Company:
    """Its table, which a test fills and spoils."""

    place: Place
    write: Callable[[str], None]

    def add(self, *rows: Sequence[Any]) -> None:
        for row in rows:
            told = ", ".join(exp.convert(value).sql("duckdb") for value in row)
            self.write(f"INSERT INTO used VALUES ({told})")


@pytest.fixture
def read_folder(events_home: Path, settings: Any) -> Iterator[Path]:
    folder = events_home / "company"
    folder.mkdir()
    settings.ENV = replace(settings.ENV, read_folder=str(folder), read_hosts=())
    yield folder


def in_duckdb(folder: Path) -> Company:
    path = folder / "company.duckdb"

    def write(sql: str) -> None:
        with duckdb.connect(str(path)) as opened:
            opened.execute("SET TimeZone = 'UTC'")
            opened.execute(sql)

    write(f"CREATE TABLE used ({COLUMNS})")
    return Company(Place("duckdb", {"path": "company.duckdb"}, "", "used"), write)


def in_parquet(folder: Path) -> Company:
    target = folder / "used"
    target.mkdir()
    memory = duckdb.connect(":memory:")
    memory.execute("SET TimeZone = 'UTC'")

    def write(sql: str) -> None:
        memory.execute(sql)
        memory.execute(f"COPY used TO '{target / 'part-1.parquet'}' (FORMAT parquet)")

    write(f"CREATE TABLE used ({COLUMNS})")
    return Company(Place("parquet", {"path": "used"}, "", ""), write)


def in_postgres(monkeypatch: pytest.MonkeyPatch) -> Company:
    import psycopg

    given = connection.get_connection_params()
    named = {"host": given.get("host", ""), "user": given["user"], "dbname": given["dbname"]}
    monkeypatch.setattr(postgres, "address_of", lambda host, port: "")  # a socket of this machine

    def write(sql: str) -> None:
        with psycopg.connect(**named, autocommit=True) as opened:
            opened.execute("SET TimeZone = 'UTC'")
            opened.execute(sql)

    write("DROP TABLE IF EXISTS used")
    write(f"CREATE TABLE used ({COLUMNS})")
    options = {"host": named["host"], "user": named["user"], "database": named["dbname"]}
    return Company(Place("postgres", options, "", "public.used"), write)


@pytest.fixture(params=["duckdb", "parquet", "postgres"])
def company(
    request: pytest.FixtureRequest, db: None, read_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Company]:
    if request.param == "postgres":
        if connection.vendor != "postgresql":
            pytest.skip("PostgreSQL is tried in the run beside PostgreSQL")
        made = in_postgres(monkeypatch)
        yield made
        made.write("DROP TABLE IF EXISTS used")
        return
    yield {"duckdb": in_duckdb, "parquet": in_parquet}[request.param](read_folder)


@pytest.fixture
def table(company: Company) -> TableRead:
    """The company's table as a source of events, keyed by its id."""
    source = Source.objects.create(name="操作ログ", kind="table", write_key="k", created_at=clock.now())
    return TableRead.objects.create(
        source=source,
        engine=company.place.engine,
        options=dict(company.place.options),
        table=company.place.table,
        target="events",
        found=COLUMNS.split(),
        columns=EVENT,
        further=["n"],
        cursor="at",
    )
