"""One open, read-only look at a table, whatever engine keeps it. Every engine passes the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from sqlglot import exp

from banso_web.connectors.problems import ReadFailed

#: A question that takes longer is given up.
SECONDS = 600
FETCHED = 1_000


@dataclass(frozen=True)
class Place:
    """Where a table is and how it is reached."""

    engine: str
    options: Mapping[str, str]
    secret: str
    table: str


class Reader(Protocol):
    """`table`: what the questions name. `mark`: how a question names its one parameter."""

    table: exp.Table
    mark: str

    def columns(self) -> list[str]: ...

    def fetch(self, query: exp.Select, parameters: Sequence[Any] = ()) -> Iterator[Sequence[Any]]: ...


_MODULES = {
    "postgres": "postgres.opened",
    "duckdb": "duck.opened_file",
    "parquet": "duck.opened_folder",
    "bigquery": "clouds.opened_bigquery",
    "snowflake": "clouds.opened_snowflake",
}


def opened(place: Place) -> AbstractContextManager[Reader]:
    """A look at the table, closed with the block. Raises ReadFailed, inside the block too."""
    module, function = _MODULES[place.engine].split(".")
    open_it = getattr(import_module(f"{__name__}.{module}"), function)
    return cast("Callable[[Place], AbstractContextManager[Reader]]", open_it)(place)


def port_of(options: Mapping[str, str], usual: int) -> int:
    text = options.get("port") or str(usual)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65_536):
        raise ReadFailed("bad_port", port=text)
    return int(text)
