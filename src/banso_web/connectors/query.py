"""The questions that a read asks, written once as a tree and put into each engine's own SQL. Nothing but SELECT is built.

Names of tables and columns stand quoted in the tree; the one value, where to go on, is bound as a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

#: More rows without a cursor than these are not counted.
MOST_COUNTED = 1_000


def name(text: str) -> exp.Identifier:
    return exp.to_identifier(text, quoted=True)


def table_of(text: str) -> exp.Table:
    """`table`, `schema.table` or `catalogue.schema.table`. ValueError for anything else."""
    parts = [part.strip() for part in text.split(".")]
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise ValueError(text)
    keys = ("this", "db", "catalog")
    return exp.Table(**dict(zip(keys, map(name, reversed(parts)), strict=False)))


def columns(table: exp.Table) -> exp.Select:
    """No row, for the names of the columns."""
    return exp.select("*").from_(table).limit(0)


def reading(table: exp.Table, wanted: Sequence[str], cursor: str, start: str) -> exp.Select:
    """The wanted columns of rows whose cursor is not empty, in its order; from a value on where `start` is its parameter."""
    at = exp.column(name(cursor))
    found = exp.select(*(exp.column(name(one)) for one in wanted)).from_(table)
    found = found.where(exp.Not(this=exp.Is(this=at.copy(), expression=exp.null())))
    if start:
        found = found.where(exp.GTE(this=at.copy(), expression=exp.var(start)))
    return found.order_by(exp.Ordered(this=at.copy()))


def without_cursor(table: exp.Table, cursor: str) -> exp.Select:
    """How many rows have an empty cursor, counted up to MOST_COUNTED + 1."""
    empty = exp.Is(this=exp.column(name(cursor)), expression=exp.null())
    some = exp.select(exp.Literal.number(1)).from_(table).where(empty).limit(MOST_COUNTED + 1)
    return exp.select(exp.Count(this=exp.Star())).from_(some.subquery("some_rows"))
