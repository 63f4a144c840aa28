"""PostgreSQL through psycopg: a read-only transaction with a server-side cursor, at the address that was checked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlglot import exp

from banso_web.connectors import query
from banso_web.connectors.engines import FETCHED, SECONDS, Place, port_of
from banso_web.connectors.hosts import address_of
from banso_web.connectors.problems import ReadFailed

PORT = 5432


class PostgresReader:
    mark = "$1"

    def __init__(self, connection: Any, table: exp.Table) -> None:
        self._connection, self.table = connection, table

    def columns(self) -> list[str]:
        cursor = self._connection.execute(query.columns(self.table).sql("postgres"))
        return [column.name for column in cursor.description]

    def fetch(self, query: exp.Select, parameters: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
        from psycopg import RawServerCursor

        with RawServerCursor(self._connection, "banso") as cursor:
            cursor.execute(query.sql("postgres"), parameters)
            while rows := cursor.fetchmany(FETCHED):
                yield from rows


@contextmanager
def opened(place: Place) -> Iterator[PostgresReader]:
    try:
        import psycopg
    except ImportError:
        raise ReadFailed("no_driver", package="psycopg[binary]") from None
    port = port_of(place.options, PORT)
    host = place.options.get("host", "")
    try:
        connection = psycopg.connect(
            host=host,
            hostaddr=address_of(host, port),
            port=port,
            dbname=place.options.get("database", ""),
            user=place.options.get("user", ""),
            password=place.secret,
            sslmode=place.options.get("sslmode") or "prefer",
            passfile=os.devnull,
            connect_timeout=10,
            application_name="banso",
        )
    except psycopg.Error as problem:
        raise ReadFailed("cannot_connect", text=_first(problem)) from None
    try:
        connection.read_only = True
        connection.execute(f"SET statement_timeout = {SECONDS * 1000}")
        connection.execute("SET TimeZone = 'UTC'")
        yield PostgresReader(connection, query.table_of(place.table))
    except psycopg.errors.UndefinedTable as problem:
        raise ReadFailed("no_table", table=place.table, text=_first(problem)) from None
    except psycopg.errors.UndefinedColumn as problem:
        raise ReadFailed("no_column", columns=_first(problem)) from None
    except psycopg.errors.InsufficientPrivilege as problem:
        raise ReadFailed("no_right", text=_first(problem)) from None
    except psycopg.errors.QueryCanceled:
        raise ReadFailed("too_long", seconds=SECONDS) from None
    except psycopg.OperationalError as problem:
        raise ReadFailed("cut_off", text=_first(problem)) from None
    except psycopg.Error as problem:
        raise ReadFailed("refused", text=_first(problem)) from None
    finally:
        connection.close()


def _first(problem: Exception) -> str:
    return next(iter(str(problem).splitlines()), "")
