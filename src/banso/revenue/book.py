"""The book of movements: one frozen, columnar table that every revenue figure is read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._months import day_number, moment, start_of_day
from ._read import columns_of, days_array, intern, moments_array
from ._units import units_array

_COLUMNS = (
    "account_id",
    "contract_id",
    "product",
    "effective_on",
    "mrr_delta",
    "currency",
    "recorded_at",
)


@dataclass(frozen=True, eq=False)
class Book:
    """Movements as columns of equal length n, in any order.

    account, contract, product, currency: indices into the name tuples (contract, product -1: none);
    on: ``date.toordinal()``; delta: 1/10,000 currency units; known: epoch microseconds UTC
    (``recorded_at``); row: the caller's own row id, given back in every result; served: where a rule has moved
    ends to a later day, each row's own day (the last day of service), None: it is ``on``.
    """

    account: NDArray[np.int32]
    contract: NDArray[np.int32]
    product: NDArray[np.int32]
    on: NDArray[np.int32]
    delta: NDArray[np.int64]
    currency: NDArray[np.int32]
    known: NDArray[np.int64]
    row: NDArray[np.int64]
    accounts: tuple[str, ...]
    contracts: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ("JPY",)
    served: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.on)

    @classmethod
    def from_table(cls, table: Any, *, currency: str = "JPY") -> Self:
        """A book from a table with the column names of ``movements.csv``.

        table: pandas, Polars, PyArrow, a dict of columns or a list of dicts. ``account_id``,
        ``effective_on`` and ``mrr_delta`` are needed; amounts may be Decimal, text, int or float and
        are rounded half up once to 1/10,000. An empty ``currency`` is ``currency``; an empty
        ``recorded_at`` is the start of ``effective_on`` in Japan. ``row`` counts from 0.

        Raises ValueError with row and column for what cannot be read, TypeError for no table.
        """
        columns, size = columns_of(table, _COLUMNS)
        absent = [name for name in ("account_id", "effective_on", "mrr_delta") if name not in columns]
        if absent and size:
            raise ValueError(f"movements lack the columns {', '.join(absent)}")
        none: list[None] = [None] * size
        account, accounts = intern(columns.get("account_id", none))
        if (account < 0).any():
            raise ValueError(f"row {int(np.argmin(account))}: account_id is empty")
        contract, contracts = intern(columns.get("contract_id", none))
        product, products = intern(columns.get("product", none))
        money, currencies = intern(columns.get("currency", none), default=currency)
        on = days_array(columns.get("effective_on", none), "effective_on")
        return cls(
            account=account,
            contract=contract,
            product=product,
            on=on,
            delta=units_array(columns.get("mrr_delta", none)),
            currency=money,
            known=moments_array(columns.get("recorded_at", none), on),
            row=np.arange(size, dtype=np.int64),
            accounts=accounts,
            contracts=contracts,
            products=products,
            currencies=currencies or (currency,),
        )

    @classmethod
    def from_arrays(
        cls,
        *,
        account: ArrayLike,
        on: ArrayLike,
        delta: ArrayLike,
        accounts: Sequence[str],
        contract: ArrayLike | None = None,
        product: ArrayLike | None = None,
        currency: ArrayLike | None = None,
        known: ArrayLike | None = None,
        row: ArrayLike | None = None,
        contracts: Sequence[str] = (),
        products: Sequence[str] = (),
        currencies: Sequence[str] = ("JPY",),
    ) -> Self:
        """A book from ready integer columns (the database's way in); nothing is copied needlessly.

        on: day ordinals; delta: 1/10,000 units; known: epoch microseconds, default the start of the
        effective day in Japan. Raises ValueError where a column's length or an index does not fit.
        """
        days = np.asarray(on, dtype=np.int32)
        size = len(days)

        def column(values: ArrayLike | None, dtype: Any, fill: int) -> NDArray[Any]:
            if values is None:
                # A broadcast view costs no memory; books are read only.
                return np.broadcast_to(np.array(fill, dtype=dtype), (size,))
            array = np.asarray(values, dtype=dtype)
            if array.shape != (size,):
                raise ValueError(f"a column has shape {array.shape}, wanted ({size},)")
            return array

        book = cls(
            account=column(account, np.int32, 0),
            contract=column(contract, np.int32, -1),
            product=column(product, np.int32, -1),
            on=days,
            delta=column(delta, np.int64, 0),
            currency=column(currency, np.int32, 0),
            known=_starts(days) if known is None else column(known, np.int64, 0),
            row=np.arange(size, dtype=np.int64) if row is None else column(row, np.int64, 0),
            accounts=tuple(accounts),
            contracts=tuple(contracts),
            products=tuple(products),
            currencies=tuple(currencies),
        )
        book._check_indices()
        return book

    def _check_indices(self) -> None:
        if not len(self):
            return
        for name, codes, names, least in (
            ("account", self.account, self.accounts, 0),
            ("contract", self.contract, self.contracts, -1),
            ("product", self.product, self.products, -1),
            ("currency", self.currency, self.currencies, 0),
        ):
            if int(codes.min()) < least or int(codes.max()) >= len(names):
                raise ValueError(f"{name} index outside its {len(names)} names")

    def cut(self, as_of: Any = None, known_at: Any = None) -> Book:
        """Only the rows with ``on <= as_of`` and ``known <= known_at`` (None: no limit).

        Figures take ``as_of`` themselves; cut by ``known_at`` here, and leave ``as_of`` to them:
        they still need the later ends and returns that were already known on that day.
        """
        keep: NDArray[np.bool_] | None = None
        if known_at is not None:
            keep = self.known <= moment(known_at)
        if as_of is not None:
            until = self.on <= day_number(as_of)
            keep = until if keep is None else keep & until
        return self if keep is None or bool(keep.all()) else self.take(keep)

    def take(self, which: NDArray[Any]) -> Book:
        """The rows of a mask or of positions; names stay as they are."""
        return replace(
            self,
            account=self.account[which],
            contract=self.contract[which],
            product=self.product[which],
            on=self.on[which],
            delta=self.delta[which],
            currency=self.currency[which],
            known=self.known[which],
            row=self.row[which],
            served=None if self.served is None else self.served[which],
        )


def _starts(days: NDArray[np.int32]) -> NDArray[np.int64]:
    return days.astype(np.int64) * 86_400_000_000 + start_of_day(0)


def as_book(movements: Any) -> Book:
    """The book itself, or one read from a table."""
    return movements if isinstance(movements, Book) else Book.from_table(movements)
