"""A SELECT in DuckDB's SQL as ClickHouse understands it.

sqlglot translates; here stands what it leaves out, each found by a wrong answer and not by an error (`tests/test_shapes.py`):
lists that are unnested side by side, days beyond 2149, letters outside ASCII, lists in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

from banso_web.warehouse.clickhouse.server import COLUMNS, TABLE

#: The days that ClickHouse knows; what lies beyond is as far as these.
FIRST, LAST = date(1900, 1, 1), date(2299, 12, 31)
_EVENTS, _PARAMETER = "__events__", re.compile(r"__p(\d+)__")
#: A property as text, whatever its type; NULL where there is none. A JSON pointer of one name is that name there.
_KEY = "if(startsWith(b, '/'), replaceAll(replaceAll(substring(b, 2), '~1', '/'), '~0', '~'), b)"
_JSON = """multiIf(JSONType(a, b) = 'String', JSONExtractString(a, b), JSONType(a, b) = 'Null', NULL, JSONExtractRaw(a, b))""".replace(
    "b)", f"{_KEY})"
)
_NAMES = ", ".join(name for name in COLUMNS if name != "batch")


def events_of(sql: str, condition: str) -> str:
    """A translated SELECT over the rows of the table that meet a condition of ours."""
    return sql.replace(_EVENTS, f"(SELECT {_NAMES} FROM {TABLE} WHERE {condition})")


def translated(sql: str, parameters: Sequence[Any] = ()) -> tuple[str, dict[str, Any]]:
    """(SQL with `%(p1)s` … for the values, the values as the driver quotes them); for `events_of`."""
    text = _translated(sql, tuple(_kind(value) for value in parameters))
    values = {f"p{number}": _plain(value) for number, value in enumerate(parameters, 1) if value is not None}
    return (
        text if values else text.replace("%%", "%")
    ), values  # the driver leaves a text without values as it is


def _kind(value: Any) -> str:
    """The type of a parameter in ClickHouse; "" of None."""
    if isinstance(value, (list, tuple)):
        return f"Array({_kind(value[0]) if value else 'String'})"
    kinds = ((bool, "Bool"), (int, "Int64"), (float, "Float64"), (str, "String"), (datetime, "DateTime64(6, 'UTC')"), (date, "Date32"))  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "")


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return min(max(value, datetime.combine(FIRST, time())), datetime.combine(LAST, time())).isoformat(" ")
    return min(max(value, FIRST), LAST).isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=256)
def _translated(sql: str, kinds: tuple[str, ...]) -> str:
    # `$10` begins a string of another kind to sqlglot: a parameter goes through it as a name
    named = re.sub(r"\$(\d+)", r"__p\1__", sql)
    tree = sqlglot.parse_one(named, dialect="duckdb").transform(_given, kinds)
    for rule in (_events, _side_by_side, _meaning):
        for node in reversed(
            list(tree.walk())
        ):  # children first: what takes their place is not walked through
            made = rule(node)
            tree = made if node is tree else tree
            node.replace(made)
    return _PARAMETER.sub(r"%(p\1)s", tree.sql(dialect="clickhouse").replace("%", "%%"))


def _number(node: exp.Expr) -> int:
    """Which parameter this is, alone or cast; 0 where it is none."""
    found = _PARAMETER.fullmatch((node.this if isinstance(node, exp.Cast) else node).name)
    return int(found[1]) if found else 0


def _given(node: exp.Expr, kinds: Sequence[str]) -> exp.Expr:
    """A parameter with its type. Whether it is None is settled here: a list that is none has no type there."""
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null) and (number := _number(node.this)):
        return exp.Boolean(this=not kinds[number - 1])
    if isinstance(node, exp.Cast) and (number := _number(node)) and not kinds[number - 1]:
        return exp.cast(exp.Array() if node.to.is_type("array") else exp.Null(), node.to)
    if isinstance(node, exp.Column) and (number := _number(node)):
        kind = kinds[number - 1]
        return exp.cast(node.copy(), kind, dialect="clickhouse") if kind else exp.Null()
    return node


def _events(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Table) and node.name == "events":
        return exp.alias_(exp.to_table(_EVENTS), node.alias or "events", table=True)
    return node


def _side_by_side(node: exp.Expr) -> exp.Expr:
    """`SELECT unnest(a) AS x, unnest(b) AS y` goes through both at once: two arrayJoins would give every pair."""
    if not isinstance(node, exp.Select) or len(node.expressions) < 2:
        return node
    lists = [one.unalias().this for one in node.expressions if isinstance(one.unalias(), exp.Explode)]
    if not lists:
        return node
    if len(lists) != len(node.expressions) or node.args.get("from_"):
        raise ValueError(f"lists are unnested in a SELECT of nothing else: {node.sql()}")
    rows = exp.select(exp.alias_(exp.func("arrayJoin", exp.func("arrayZip", *lists)), "together"))
    parts = [
        exp.alias_(exp.func("tupleElement", exp.column("together"), exp.Literal.number(place)), one.alias)
        for place, one in enumerate(node.expressions, 1)
    ]
    return exp.select(*parts).from_(rows.subquery())


def _meaning(node: exp.Expr) -> exp.Expr:
    """What goes by the same name there and is something else."""
    if isinstance(node, (exp.Lower, exp.Upper)):  # ASCII alone
        return exp.func("lowerUTF8" if isinstance(node, exp.Lower) else "upperUTF8", node.this)
    if isinstance(node, (exp.Lag, exp.Lead)):  # "" or 0 beyond the first row of a column that has no NULL
        node.set("this", exp.func("toNullable", node.this))
    if isinstance(node, exp.JSONExtractScalar):  # of text alone
        return sqlglot.parse_one(_JSON, dialect="clickhouse").transform(_put, node.this, node.expression)
    if isinstance(node, exp.ArrayAgg) and isinstance(node.this, exp.Order):
        (by,), inner = node.this.expressions, node.this.this
        is_set = isinstance(inner, exp.Distinct)
        if by.this != (inner.expressions[0] if is_set else inner):
            raise ValueError(f"a list is in the order of itself: {node.sql()}")
        collected = exp.func("groupUniqArray" if is_set else "groupArray", by.this)
        return exp.func("arrayReverseSort" if by.args.get("desc") else "arraySort", collected)
    if isinstance(node, exp.DataType) and node.is_type("date"):  # to 2149
        return exp.DataType.build("Nullable(Date32)", dialect="clickhouse")
    if isinstance(node, exp.DataType) and node.is_type("timestamp", "timestampntz"):  # whole seconds
        return exp.DataType.build("Nullable(DateTime64(6, 'UTC'))", dialect="clickhouse")
    return node


def _put(node: exp.Expr, first: exp.Expr, second: exp.Expr) -> exp.Expr:
    return {"a": first, "b": second}[node.name].copy() if isinstance(node, exp.Column) else node
