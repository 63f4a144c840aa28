"""The movements that count at a watermark, as the library's columnar book."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import BigIntegerField, Case, Expression, F, Func, Q, Value, When
from numpy.typing import NDArray

from banso.revenue import Book
from banso_web.core.facts import Asked, Memo, counted, last_change
from banso_web.revenue.models import Movement

CHUNK = 50_000
KEPT_BYTES = 768 * 1024 * 1024
_COLUMNS = ("pk", "account_id", "contract", "day", "delta_units", "known", "ends", "product", "currency")


class _Day(Func):
    """A date as `date.toordinal()`."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(julianday(%(expressions)s) - 1721424.5 AS INTEGER)", **extra
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="(%(expressions)s - DATE '0001-01-01' + 1)", **extra
        )


class _Moment(Func):
    """A moment as microseconds since 1970 UTC."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # Moments are stored as "YYYY-MM-DD HH:MM:SS[.ffffff]", in UTC.
        seconds = "CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) * 1000000"
        return self.as_sql(
            compiler,
            connection,
            template=f"({seconds} + CAST(substr(%(expressions)s, 21, 6) AS INTEGER))",
            **extra,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="CAST(EXTRACT(EPOCH FROM %(expressions)s) * 1000000 AS BIGINT)",
            **extra,
        )


@dataclass(frozen=True, eq=False)
class Loaded:
    """A book as stored: accounts and contracts are the internal ids of the rows, as text.

    `account_ids` and `contract_ids` are the same as integers; `ends` tells the rows whose source called them an end
    (evidence that the contract is over, never their class). `mark` is the watermark the content stands on.
    """

    book: Book
    account_ids: NDArray[np.int64]
    contract_ids: NDArray[np.int64]
    ends: NDArray[np.bool_]
    mark: int

    @cached_property
    def called_ends(self) -> dict[int, int]:
        """{contract: day} where the contract's last movement was called an end (ordinals)."""
        if not self.ends.any():
            return {}
        contract, day = self.book.contract, self.book.on
        last = np.zeros(
            len(self.contract_ids) + 1, dtype=np.int32
        )  # the further place takes rows without contract
        np.maximum.at(last, contract, day)
        final = self.ends & (contract >= 0) & (day == last[contract])
        return dict(zip(self.contract_ids[contract[final]].tolist(), day[final].tolist(), strict=True))

    def size(self) -> int:
        """Bytes held."""
        book = self.book
        columns = (
            book.account,
            book.contract,
            book.product,
            book.on,
            book.delta,
            book.currency,
            book.known,
            book.row,
        )
        return int(sum(column.nbytes for column in columns) + self.ends.nbytes)


_books: Memo[Loaded] = Memo(4, limit=KEPT_BYTES, size=Loaded.size)


def movement_mark(watermark: int) -> int:
    """The last number up to `watermark` at which movements came to count or ceased to."""
    return last_change(Movement.objects.all(), "movement", watermark)


def loaded(watermark: int, known_at: datetime | None = None) -> Loaded:
    """All movements that count at the watermark; with `known_at` those the company had recorded by then.

    Read once per process and watermark of movements: entries about other things do not make it stale. `known_at` is
    asked of the database, because a correction known only later leaves the older row standing.
    """
    mark = movement_mark(watermark)
    return _books.get((mark, known_at), lambda: _read(mark, known_at))


def book(asked: Asked) -> Book:
    """The book for a question. Figures take `asked.as_of` themselves (later ends already known still matter)."""
    return loaded(asked.watermark, asked.known_at).book


def loaded_for(watermark: int, accounts: Collection[int], known_at: datetime | None = None) -> Loaded:
    """The movements of a few accounts alone, read at once and not kept."""
    return _read(watermark, known_at, accounts)


def _read(mark: int, known_at: datetime | None, accounts: Collection[int] | None = None) -> Loaded:
    ends: Expression = Case(
        When(cause="churn", then=Value(1)), default=Value(0), output_field=BigIntegerField()
    )
    rows = (
        counted(Movement, mark, known_at)
        .order_by()
        .filter(Q() if accounts is None else Q(account__in=list(accounts)))
        .annotate(
            day=_Day(F("effective_on")),
            known=_Moment(F("recorded_at")),
            ends=ends,
            contract_key=F("contract_id"),
        )
    )
    names = [name if name != "contract" else "contract_key" for name in _COLUMNS]
    chunks: list[list[NDArray[Any]]] = []
    products: dict[str, int] = {"": -1}
    currencies: dict[str, int] = {}
    # Every column is a plain number or text, so the driver's rows are taken as they come.
    sql, parameters = rows.values_list(*names).query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while found := cursor.fetchmany(CHUNK):
            chunks.append(_columns(found, products, currencies))
    if not chunks:
        chunks.append(_columns([], products, currencies))
    columns = [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
    return _assemble(columns, [name for name in products if name], list(currencies) or ["JPY"], mark)


def _columns(
    rows: list[tuple[Any, ...]], products: dict[str, int], currencies: dict[str, int]
) -> list[NDArray[Any]]:
    if not rows:
        return [np.zeros(0, dtype=np.int64) for _ in _COLUMNS]
    pk, account, contract, day, delta, known, ends, product, currency = zip(*rows, strict=True)
    for name in product:
        if name not in products:
            products[name] = len(products) - 1
    for name in currency:
        currencies.setdefault(name, len(currencies))
    numbers: list[Any] = [
        pk,
        account,
        [-1 if key is None else key for key in contract],
        day,
        delta,
        known,
        ends,
    ]
    numbers += [[products[name] for name in product], [currencies[name] for name in currency]]
    return [np.array(values, dtype=np.int64) for values in numbers]


def _assemble(columns: list[NDArray[Any]], products: list[str], currencies: list[str], mark: int) -> Loaded:
    pk, account, contract, day, delta, known, ends, product, currency = columns
    account_ids, account_code = np.unique(account, return_inverse=True)
    contract_ids, contract_code = np.unique(contract, return_inverse=True)
    if len(contract_ids) and contract_ids[0] == -1:
        contract_ids, contract_code = contract_ids[1:], contract_code - 1
    made = Book.from_arrays(
        account=account_code,
        on=day,
        delta=delta,
        accounts=[str(key) for key in account_ids.tolist()],
        contract=contract_code,
        product=product,
        currency=currency,
        known=known,
        row=pk,
        contracts=[str(key) for key in contract_ids.tolist()],
        products=products,
        currencies=currencies,
    )
    return Loaded(made, account_ids, contract_ids, ends.astype(bool), mark)
