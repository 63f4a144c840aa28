"""Movements of contracts that have none of their own: made from the contracts' dated terms by the ledger recipe.

Supplied movements of a contract replace these (`revenue.imports`). A term that ran out without a decision goes on
(更新手続中). Ids are the recipe's, so that the same terms give the same rows in every import.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from banso.money import from_units, to_units
from banso.revenue.recipes import MovementRow, from_contracts
from banso_web.accounts.imports import ContractTerms, contract_terms, contracts_beside
from banso_web.core.bulk import insert_rows
from banso_web.core.facts.states import WITHDRAWN
from banso_web.core.imports import Context, Later, later, start_of
from banso_web.core.models import Known, StateVersion
from banso_web.revenue.models import Movement

BATCH = 500  # customers a transaction
CARRIED = ("product", "currency", "end_reason", "auto_renew", "renewal_months")
DAYS = ("ends_on", "ended_on", "notified_on")


@dataclass(frozen=True)
class Term:
    """One version of a contract. `day` None: from the beginning."""

    day: date | None
    values: dict[str, Any]
    recorded_at: datetime
    basis: str


def _day(values: dict[str, Any], key: str) -> date | None:
    text = values.get(key)
    return date.fromisoformat(text) if text else None


def ledger_rows(contract: ContractTerms, terms: Sequence[Term]) -> list[dict[str, Any]]:
    """A contract's versions as rows of a ledger: one at the start, one at each day from which another price holds.

    What a version says about the end counts for the contract as a whole; `terms` stand in the order in which they count.
    """
    merged: dict[str, Any] = {}
    for term in terms:
        merged.update(term.values)
    starts = _day(merged, "starts_on")
    if starts is None or merged.get(WITHDRAWN):
        return []
    common: dict[str, Any] = {key: merged[key] for key in CARRIED if merged.get(key) is not None}
    common |= {key: _day(merged, key) for key in DAYS}
    common |= {"account_id": str(contract.account_id), "contract_id": contract.code}
    rows: list[dict[str, Any]] = []
    price: int | None = None
    for day in sorted({max(term.day or starts, starts) for term in terms}):
        current, _term = _price_on(terms, day)
        ended = common["ended_on"] or (common["ends_on"] if common.get("auto_renew") is False else None)
        if current is None or current == price or (ended and rows and day > ended):
            continue
        rows.append({**common, "starts_on": day, "mrr": from_units(current), "row": len(rows) + 1})
        price = current
    for row in rows[:-1]:  # only the last price runs into the contract's end
        row.update(dict.fromkeys(DAYS))
    return rows


def _price_on(terms: Sequence[Term], day: date) -> tuple[int | None, Term | None]:
    price, source = None, None
    for term in terms:
        if "stated_units" in term.values and (term.day is None or term.day <= day):
            price, source = term.values["stated_units"], term
    return price, source


def _known(movement: MovementRow, terms: Sequence[Term], now: datetime) -> tuple[datetime, str]:
    """Assumed versions were known when the thing happened (an end: when it was announced); others when they say."""
    on, end = movement["effective_on"], movement["movement_id"].endswith(":end")
    if end:
        source = next((term for term in reversed(terms) if term.values.get("ended_on")), terms[-1])
        on = _day(source.values, "notified_on") or on
    else:
        source = _price_on(terms, on)[1] or terms[-1]
    if source.basis == Known.ASSUMED:
        return min(start_of(on), now), Known.ASSUMED
    return source.recorded_at, source.basis


def step(context: Context, after: int) -> tuple[int, int] | None:
    """Bring the derived movements of the next customers this entry touched in step with their contracts."""
    assert context.entry is not None
    entries = (context.entry, *context.touching)
    also = Movement.objects.filter(entry__in=entries).exclude(contract=None).values("contract")
    ids, last = contracts_beside(entries, after, BATCH, also if context.view else ())
    if not ids:
        return None
    counts = context.counts()
    movements = Movement.objects.filter(counts, contract__in=ids)
    # A contract whose supplied movements were withdrawn has none: nothing is derived in their place.
    supplied = _supplied(movements, context)
    terms = _terms(ids, counts)
    contracts = {one.code: one for one in contract_terms([pk for pk in ids if pk not in supplied])}
    rows = [row for one in contracts.values() for row in ledger_rows(one, terms.get(one.pk, []))]
    wanted: dict[str, list[MovementRow]] = {}
    for movement in from_contracts(rows, undecided="continue").movements:
        wanted.setdefault(movement["contract_id"], []).append(movement)
    standing = _standing(movements.filter(derived=True))
    facts: list[dict[str, Any]] = []
    for code, contract in contracts.items():
        of_contract = terms.get(contract.pk, [])
        facts += _difference(
            contract, wanted.get(code, []), of_contract, standing.get(contract.pk, {}), context
        )
    wrote = insert_rows(Movement, facts)
    Movement.objects.filter(code__in=[fact["code"] for fact in facts if fact["contested"]]).update(
        contested=True
    )
    return last, wrote


def _supplied(movements: QuerySet[Movement], context: Context) -> set[int | None]:
    """The contracts whose movements files supply, or supplied until they were withdrawn."""
    if context.view is None:
        return set(movements.filter(derived=False).values_list("contract", flat=True))
    latest: dict[
        str, Movement
    ] = {}  # an undone import's rows, stated again once, may lie beneath a void that says so
    rows = movements.select_related("entry")
    for row in sorted(rows, key=lambda row: (context.place(row.entry_id, row.entry.seq), row.pk)):
        latest[row.code] = row
    return {row.contract_id for row in latest.values() if not row.derived}


def _terms(ids: Sequence[int], counts: Q) -> dict[int, list[Term]]:
    versions = StateVersion.objects.filter(counts, subject="contract", subject_id__in=ids)
    names = ("subject_id", "valid_from", "values", "recorded_at", "known_basis", "entry__seq", "id")
    found: dict[int, list[Term]] = {}
    for row in sorted(versions.values_list(*names), key=lambda row: (row[5] or 2**62, row[6])):
        found.setdefault(row[0], []).append(Term(row[1], row[2], row[3], row[4]))
    return found


def _standing(rows: Iterable[Movement]) -> dict[int, dict[str, Movement]]:
    """The derived rows that stand now: of each code the latest, void or not."""
    found: dict[int, dict[str, Movement]] = {}
    for row in sorted(rows, key=lambda row: (row.entry.seq or 2**62, row.pk)):
        assert row.contract_id is not None
        found.setdefault(row.contract_id, {})[row.code] = row
    return found


def _difference(
    contract: ContractTerms,
    wanted: Sequence[MovementRow],
    terms: Sequence[Term],
    standing: dict[str, Movement],
    context: Context,
) -> list[dict[str, Any]]:
    """What has to be added so that exactly `wanted` stands: new rows, corrected rows, voids."""
    facts = []
    for one in wanted:
        was = standing.pop(one["movement_id"], None)
        units = to_units(one["mrr_delta"])
        if (
            was is not None
            and not was.is_void
            and (was.effective_on, was.delta_units) == (one["effective_on"], units)
        ):
            continue
        recorded, basis = _known(one, terms, context.now)
        facts.append(
            {
                "code": one["movement_id"],
                "account_id": contract.account_id,
                "contract_id": contract.pk,
                "product": one["product"],
                "effective_on": one["effective_on"],
                "delta_units": units,
                "currency": one["currency"],
                "cause": one["cause"] or "",
                "note": one["note"],
                "derived": True,
                "recorded_at": recorded,
                "known_basis": basis,
                "entry_id": context.entry_id,
                "contested": was is not None,
            }
        )
    return facts + [void_of(was, context) for was in standing.values() if not was.is_void]


def void_of(row: Movement, context: Context) -> dict[str, Any]:
    """The row that takes a movement back under the entry of the context."""
    kept = (
        "code",
        "account_id",
        "contract_id",
        "product",
        "effective_on",
        "delta_units",
        "currency",
        "cause",
        "derived",
    )
    return {
        **{name: getattr(row, name) for name in kept},
        "is_void": True,
        "contested": True,
        "recorded_at": context.now,
        "known_basis": Known.SYSTEM,
        "entry_id": context.entry_id,
    }


later.append(Later("derived_movements", step))
