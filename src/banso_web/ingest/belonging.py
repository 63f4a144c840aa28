"""Whose people and contracts a fact names: those of its own customer, of parties to its contracts, of its group.

One written by hand is refused otherwise (`ingest.single`), and so is each row that a program sends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from banso_web.accounts.reads.around import homes_of, strangers_to
from banso_web.core.facts import FactKind, counted
from banso_web.core.imports import Problem, Row
from banso_web.ingest.columns import columns_of
from banso_web.ingest.readers.canonical import FILES

OTHER = "other_customer"


def people_column(kind: FactKind) -> str:
    """The column that names people of customers, "" where the kind has none."""
    return next((one.key for one in FILES[kind.key].columns if one.reference == "contacts"), "")


def people_in(value: Any) -> set[str]:
    """Ids (and names, where a file gave names) in a cell that names people."""
    listed = value if isinstance(value, list | tuple) else str(value or "").split(";")
    return {str(code) for code in listed if code}


def foreign_rows(
    kind: FactKind, rows: Sequence[Row], code_of: Callable[[Row], str], watermark: int
) -> dict[int, Problem]:
    """Rows (by number) that name people or a contract of a customer who has nothing to do with theirs.

    People who stand in the stored row already may stay. At most a handful of queries where every row is in order.
    """
    if kind.account != "account":
        return {}
    column = people_column(kind)
    named = {row.number: people_in(row.get(column)) if column else set() for row in rows}
    homes = homes_of("contacts", set().union(*named.values()), watermark)
    owners = homes_of("contracts", {row.get("contract_id") for row in rows} - {None, ""}, watermark)
    own = homes_of("accounts", {row.get("account_id") for row in rows} - {None, ""}, watermark)
    found: dict[int, Problem] = {}
    for row in rows:
        account = own.get(str(row.get("account_id") or ""))
        owner = owners.get(str(row.get("contract_id") or ""))
        if owner is not None and owner != account:
            found[row.number] = Problem(row.number, "contract_id", OTHER)
            continue
        others = {code for code in named[row.number] if code in homes and homes[code] != account}
        if others and account is not None:
            others = strangers_to(account, others, watermark)
        if others - (_standing(kind, code_of(row), column, watermark) if others else set()):
            found[row.number] = Problem(row.number, column, OTHER)
    return found


def _standing(kind: FactKind, code: str, column: str, watermark: int) -> set[str]:
    """Who stands in the row that counts under this id."""
    row = counted(kind.model, watermark).filter(code=code).order_by("-entry__seq", "-pk").first()
    if row is None:
        return set()
    return people_in(columns_of(kind, row)[column])
