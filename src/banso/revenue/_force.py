"""Contracts in force: what makes an MRR of 0 a pause (休止・無償月) and not an end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._read import columns_of, days_array, missing

_FOREVER = 3_652_059  # 9999-12-31
_YES = {"1", "true", "yes", "True", "はい"}


@dataclass(frozen=True)
class InForce:
    """Begin and end keys (customer << 32 | day), each sorted."""

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, contracts: Any, codes: Mapping[str, int]) -> InForce | None:
        """From a table with account_id, starts_on, ends_on, ended_on, auto_renew.

        codes: account id -> customer index; others are ignored. A contract is in force at the close of
        day d when starts_on <= d < its end: the end is dated its last day of service, whose close no
        longer holds it. Its end is ended_on, else ends_on unless auto_renew is set. A contract with no
        end and no auto_renew proves nothing and is ignored.
        """
        if contracts is None:
            return None
        names = ("account_id", "starts_on", "ends_on", "ended_on", "auto_renew")
        columns, size = columns_of(contracts, names)
        none = [None] * size
        starts = days_array(columns.get("starts_on", none), "starts_on", empty=_FOREVER)
        term = days_array(columns.get("ends_on", none), "ends_on", empty=_FOREVER)
        ended = days_array(columns.get("ended_on", none), "ended_on", empty=_FOREVER)
        renews = np.array([_yes(value) for value in columns.get("auto_renew", none)], dtype=bool)
        customer = np.array(
            [codes.get(str(value), -1) for value in columns.get("account_id", none)], dtype=np.int64
        )
        end = np.where(ended < _FOREVER, ended, np.where(renews, _FOREVER, term))
        known_end = (end < _FOREVER) | renews
        good = (customer >= 0) & known_end & (starts < end)
        base = customer[good] << 32
        return cls(np.sort(base | starts[good]), np.sort(base | end[good]))

    def part(self, low: int, high: int) -> InForce:
        """Only the customers from low to high (exclusive), renumbered from 0."""

        def cut(keys: NDArray[np.int64]) -> NDArray[np.int64]:
            first, last = np.searchsorted(keys, [low << 32, high << 32])
            return keys[first:last] - (low << 32)

        return InForce(cut(self.begins), cut(self.ends))

    def at(self, customer: NDArray[Any], day: NDArray[Any] | int) -> NDArray[np.bool_]:
        """Whether each customer has a contract in force at the close of the day."""
        key = (customer.astype(np.int64) << 32) | np.asarray(day, dtype=np.int64)
        low = customer.astype(np.int64) << 32
        begun = np.searchsorted(self.begins, key, "right") - np.searchsorted(self.begins, low, "left")
        over = np.searchsorted(self.ends, key, "right") - np.searchsorted(self.ends, low, "left")
        return np.asarray(begun > over)


def _yes(value: Any) -> bool:
    return not missing(value) and (value is True or value == 1 or str(value) in _YES)
