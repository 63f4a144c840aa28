"""BigQuery and Snowflake through their own drivers. Not tried against the real services: the SQL and the calls are tested."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlglot import exp

from banso_web.connectors import hosts, query
from banso_web.connectors.engines import FETCHED, SECONDS, Place
from banso_web.connectors.problems import ReadFailed

MARK = "BANSO_START"
#: Where a service account asks for its token; a key file that names another address is refused.
TOKENS = "https://oauth2.googleapis.com/token"
#: What BigQuery's driver reaches; the token comes from the second.
GOOGLE = ("bigquery.googleapis.com", "oauth2.googleapis.com")
SNOWFLAKE = "snowflakecomputing.com"
#: What of a key file is used: nothing else in it says where a request goes.
KEY = ("type", "project_id", "private_key_id", "private_key", "client_email", "client_id", "token_uri")
_ACCOUNT = re.compile(r"[A-Za-z0-9._-]{1,200}")


class CloudReader:
    """A connection of the Python database API whose parameters are written `%(start)s`."""

    mark = MARK

    def __init__(self, connection: Any, dialect: str, table: exp.Table) -> None:
        self._cursor, self._dialect, self.table = connection.cursor(), dialect, table

    def columns(self) -> list[str]:
        with _told():
            self._cursor.execute(query.columns(self.table).sql(self._dialect))
            return [str(column[0]) for column in self._cursor.description]

    def fetch(self, query: exp.Select, parameters: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
        sql = query.sql(self._dialect)
        with _told():
            if parameters:
                sql = sql.replace("%", "%%").replace(MARK, "%(start)s")
                self._cursor.execute(sql, {"start": parameters[0]})
            else:
                self._cursor.execute(sql)
        while rows := self._next():
            yield from rows

    def _next(self) -> list[Sequence[Any]]:
        with _told():
            return [tuple(row) for row in self._cursor.fetchmany(FETCHED)]


@contextmanager
def opened_bigquery(place: Place) -> Iterator[CloudReader]:
    try:
        from google.cloud import bigquery
        from google.cloud.bigquery import dbapi
    except ImportError:
        raise ReadFailed("no_driver", package="google-cloud-bigquery") from None
    try:
        key = json.loads(place.secret)
    except ValueError:
        key = None
    if not isinstance(key, dict) or key.get("token_uri") != TOKENS:
        raise ReadFailed("bad_key_file")
    hosts.allow(*GOOGLE)
    key = {name: key[name] for name in KEY if name in key}
    with _told():
        client = bigquery.Client.from_service_account_info(key, project=place.options.get("project") or None)
        connection = dbapi.connect(client)
    try:
        yield CloudReader(connection, "bigquery", query.table_of(place.table))
    finally:
        connection.close()


@contextmanager
def opened_snowflake(place: Place) -> Iterator[CloudReader]:
    try:
        import snowflake.connector
    except ImportError:
        raise ReadFailed("no_driver", package="snowflake-connector-python") from None
    account = place.options.get("account", "")
    if not _ACCOUNT.fullmatch(account):
        raise ReadFailed("host_not_allowed", host=account)
    host = f"{account}.{SNOWFLAKE}"
    hosts.allow(host)
    with _told():
        connection = snowflake.connector.connect(
            account=account,
            host=host,
            user=place.options.get("user", ""),
            password=place.secret,
            warehouse=place.options.get("warehouse", ""),
            database=place.options.get("database", ""),
            schema=place.options.get("schema", ""),
            login_timeout=20,
            session_parameters={"STATEMENT_TIMEOUT_IN_SECONDS": SECONDS, "TIMEZONE": "UTC"},
        )
    try:
        yield CloudReader(connection, "snowflake", query.table_of(place.table))
    finally:
        connection.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Exception as problem:  # the drivers have families of errors of their own
        raise ReadFailed("refused", text=next(iter(str(problem).splitlines()), "")) from None
