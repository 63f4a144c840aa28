"""Small facts for tests: accounts with their states, contracts, movements, each in an entry of its own."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from banso_web.accounts.models import Account, Contract
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark, open_entry, publish, write_state
from banso_web.core.models import Entry, Known
from banso_web.revenue.models import Movement

STORIES = Path(__file__).parents[4] / "tests" / "data" / "stories"  # the stories' input files


def asked(
    as_of: str | date | None = None, *, known_at: str | None = None, watermark: int | None = None
) -> Asked:
    """A question: today unless said, at the latest watermark unless said."""
    latest = current_watermark()
    day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of or clock.today()
    known = datetime.fromisoformat(known_at) if known_at else None
    mark = latest if watermark is None else watermark
    return Asked(as_of=day, today=clock.today(), watermark=mark, known_at=known, pinned=mark != latest)


def entry(label: str = "test") -> Entry:
    return open_entry(kind=Entry.Kind.IMPORT, label=label)


def account(
    code: str, name: str = "", *, into: Entry | None = None, start: date | None = None, **values: Any
) -> Account:
    """A live account whose values stand as one dated version (from `start`, else for ever)."""
    own = into or entry(f"account {code}")
    made = Account.objects.create(code=code, name=name or code, live=True, entry=own, sort_key=code, **values)
    stated = {
        "name": made.name,
        "segment": "",
        "owner_id": None,
        "touch": "",
        "excluded": "",
        "parent_id": None,
    }
    write_state(
        "account", made.pk, {**stated, **values}, entry=own, valid_from=start, known_basis=Known.ASSUMED
    )
    if into is None:
        publish(own)
    return made


def state(
    made: Account | Contract, values: dict[str, Any], *, start: str | None = None, end: str | None = None
) -> Entry:
    """A further dated version of an account or contract, published."""
    own = entry(f"state {made.code}")
    write_state(
        made.STATE,
        made.pk,
        values,
        entry=own,
        valid_from=date.fromisoformat(start) if start else None,
        valid_to=date.fromisoformat(end) if end else None,
    )
    return publish(own)


def contract(code: str, of: Account, *, into: Entry | None = None, **values: Any) -> Contract:
    """A contract with its terms as one version for ever. Days are given as ISO text."""
    own = into or entry(f"contract {code}")
    days = ("starts_on", "ends_on", "signed_on", "notified_on", "ended_on", "notice_deadline")
    columns = {
        key: date.fromisoformat(value) if key in days and value else value for key, value in values.items()
    }
    made = Contract.objects.create(code=code, account=of, live=True, entry=own, **columns)
    write_state("contract", made.pk, {"product": "", **values}, entry=own, known_basis=Known.ASSUMED)
    if into is None:
        publish(own)
    return made


def movement(
    code: str,
    of: Account,
    on: str,
    amount: str | int,
    *,
    into: Entry | None = None,
    known: str | None = None,
    **values: Any,
) -> Movement:
    """One movement, known when it happened (18:00 JST) unless said, published at once unless `into` is given."""
    own = into or entry(f"movement {code}")
    made = Movement.objects.create(
        code=code,
        account=of,
        effective_on=date.fromisoformat(on),
        delta_units=int(Decimal(amount) * 10_000),
        recorded_at=datetime.fromisoformat(known or f"{on}T18:00:00+09:00"),
        known_basis=Known.CLAIMED,
        entry=own,
        **values,
    )
    if into is None:
        publish(own)
    return made


def rows_of_file(path: str) -> list[dict[str, str]]:
    """A story's input file."""
    with (STORIES / path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def story(folder: str) -> dict[str, Account]:
    """The accounts and movements of a story, as two published entries (an import's shape without the importer)."""
    own = entry(f"{folder}/accounts")
    made = {}
    for row in rows_of_file(f"{folder}/accounts.csv"):
        start = date.fromisoformat(row["started_on"]) if row["started_on"] else None
        made[row["account_id"]] = account(
            row["account_id"], row["name"], into=own, start=start, touch=row["touch"], segment=row["segment"]
        )
    publish(own)
    load_movements(f"{folder}/movements.csv", made)
    return made


def load_movements(path: str, accounts: dict[str, Account]) -> Entry:
    """The movements of a file in one published entry; contracts known only from them are 未整備."""
    own = entry(path)
    for row in rows_of_file(path):
        of = accounts[row["account_id"]]
        kept = Contract.objects.filter(code=row["contract_id"]).first()
        if kept is None:
            kept = Contract.objects.create(
                code=row["contract_id"], account=of, live=True, entry=own, incomplete=True
            )
            write_state(
                "contract", kept.pk, {"product": row["product"]}, entry=own, known_basis=Known.ASSUMED
            )
        movement(
            row["movement_id"],
            of,
            row["effective_on"],
            row["mrr_delta"],
            into=own,
            known=row["recorded_at"],
            contract=kept,
            product=row["product"],
            currency=row["currency"],
            cause=row["cause"],
            note=row["note"],
        )
    return publish(own)


def supersede(code: str, of: Account, on: str, amount: str | int, **values: Any) -> Movement:
    """A correction: the same code in a later entry, both marked contested."""
    Movement.objects.filter(code=code).update(contested=True)
    return movement(code, of, on, amount, contested=True, **values)


def totals(values: Iterable[Any]) -> Decimal:
    return sum((Decimal(value or 0) for value in values), Decimal(0))
