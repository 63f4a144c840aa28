"""The way to ClickHouse, and the one table that Banso makes there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from django.utils.translation import gettext as _

from banso_web.warehouse.port import StoreUnavailable

TABLE = "banso_events"
COLUMNS = {
    "source": "Int32",
    "message_id": "String",
    "kind": "String",
    "user_id": "String",
    "anonymous_id": "String",
    "group_id": "String",
    "previous_id": "String",
    "name": "String",
    "happened_at": "DateTime64(6, 'UTC')",
    "local_day": "Date32",
    "day": "Date32",
    "timed": "Bool",
    "received_at": "DateTime64(6, 'UTC')",
    "product": "String",
    "department": "String",
    "feature": "String",
    "properties": "String",
    "context": "String",
    "batch": "UInt64",
}
# No id of a person stands in the key: ClickHouse updates no column of it, and an erasure must.
# An insert is synced before it is answered, as a file of the embedded store is.
MAKE = f"""CREATE TABLE IF NOT EXISTS {TABLE} (
  {", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())},
  INDEX by_batch batch TYPE minmax,
  INDEX by_day day TYPE minmax,
  INDEX by_message message_id TYPE bloom_filter
) ENGINE = MergeTree PARTITION BY toYYYYMM(local_day) ORDER BY (group_id, local_day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 1000"""
#: So that the same SELECT means what it means to DuckDB, and one insert is one answer.
SETTINGS = {
    "join_use_nulls": 1,
    "group_by_use_nulls": 1,
    "aggregate_functions_null_for_empty": 1,
    "prefer_column_name_to_alias": 1,
    "joined_subquery_requires_alias": 0,
    "enable_extended_results_for_datetime_functions": 1,
    "date_time_64_output_format_cut_trailing_zeros_align_to_groups_of_thousands": 1,
    "max_query_size": 1 << 30,  # lists of customers and of message ids stand in the text
    "async_insert": 0,
    "max_partitions_per_insert_block": 0,
    "mutations_sync": 2,
}


class Server:
    """One database of a ClickHouse server. Raises StoreUnavailable where it does not answer."""

    def __init__(self, url: str) -> None:
        self.where, given = _read(url)
        with self._told(ClickHouseError):  # a wrong password too
            self._client = clickhouse_connect.get_client(**given)
            self._client.command(MAKE)

    def ask(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a SELECT; `%(name)s` stands for a value, which the driver quotes."""
        with self._told():
            return [tuple(row) for row in self._client.query(sql, parameters=dict(values or {})).result_rows]

    def tell(self, sql: str, values: Mapping[str, Any] | None = None) -> None:
        """A statement that answers once it is done."""
        with self._told():
            self._client.command(sql, parameters=dict(values or {}))

    def insert(self, columns: Sequence[Sequence[Any]], token: str) -> None:
        """Columns in the order of COLUMNS. An insert that the way sends twice is kept once (`token`)."""
        with self._told():
            self._client.insert(
                TABLE,
                columns,
                column_names=list(COLUMNS),
                column_type_names=list(COLUMNS.values()),
                column_oriented=True,
                settings={"insert_deduplication_token": token},
            )

    @contextmanager
    def _told(self, kind: type[Exception] = OperationalError) -> Iterator[None]:
        try:
            yield
        except kind as problem:
            raise StoreUnavailable(
                _(
                    "イベントの保管庫(ClickHouse %(where)s)を使えません: %(why)s。受け取ったイベントは失われず、手元のログで待っています。サーバーと BANSO_EVENTS_URL を確かめてください。"
                )
                % {"where": self.where, "why": str(problem).strip().splitlines()[0][:300]}
            ) from problem


def server(url: str) -> Server:
    """The server of a url; a process keeps its connections."""
    return _kept(url, os.getpid())


@lru_cache(maxsize=4)
def _kept(url: str, process: int) -> Server:
    return Server(url)


def _read(url: str) -> tuple[str, dict[str, Any]]:
    """(host:port/database, how to connect) of clickhouse://user:password@host:port/database?secure=true, or http(s)://…"""
    parts = urlsplit(url)
    if parts.scheme == "chdb":  # the engine in this process, for tests
        return parts.path, {"interface": "chdb", "path": parts.path, "settings": SETTINGS}
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    secure = options.pop("secure", "").lower() in ("1", "true") or parts.scheme == "https"
    port = parts.port or (8443 if secure else 8123)
    database = unquote(parts.path.strip("/")) or "default"
    return f"{parts.hostname}:{port}/{database}", {
        "interface": "https" if secure else "http",
        "host": parts.hostname,
        "port": port,
        "username": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
        "database": database,
        "settings": SETTINGS,
        "autogenerate_session_id": False,  # threads ask at the same time
        "send_receive_timeout": 600,
        **options,
    }
