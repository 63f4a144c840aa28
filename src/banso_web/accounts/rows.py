"""Rows of a number by customer: names are read only when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from banso_web.accounts.counting import called
from banso_web.core.rows import Row, Rows


def customer_rows(
    amounts: Mapping[int, Decimal | None],
    part: str,
    reasons: Callable[[int], str] = lambda _key: "",
    extra: Callable[[int], Mapping[str, Any]] = lambda _key: {},
) -> Rows:
    """One row for each customer with its amount, by name; `reasons` and `extra` are asked when somebody looks."""

    def make() -> list[Row]:
        names = called(list(amounts))
        ordered = sorted(
            (names[key] for key in amounts if key in names), key=lambda one: (one.sort_key, one.code)
        )
        return [
            Row(
                one.id, one.code, one.name, part, amounts[one.id], reason=reasons(one.id), extra=extra(one.id)
            )
            for one in ordered
        ]

    return Rows(len(amounts), make)
