"""Movements of contracts that have none of their own: made from the contract's terms, with stable ids.

A start on `starts_on`, a change on the day a version with another price begins, an end on `ended_on` (the last day of
service). A term that ran out without a decision goes on (更新手続中) unless another contract of the same customer and
product begins within 30 days: then it ended on its `ends_on`. Supplied movements of a contract replace these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from banso_web.accounts.imports import ContractTerms, contract_terms, contracts_beside
from banso_web.core.bulk import insert_rows
from banso_web.core.facts.happenings import effective
from banso_web.core.imports import Context, Later, later, start_of
from banso_web.core.models import Known, StateVersion
from banso_web.revenue.models import Movement

BATCH = 500  # customers a transaction
SUCCESSION = timedelta(days=30)


@dataclass(frozen=True)
class Term:
    """One version of a contract as far as its price goes. `day` None: from the beginning."""

    day: date | None
    values: dict[str, Any]
    recorded_at: datetime
    basis: str


@dataclass(frozen=True)
class Derived:
    """A movement to be."""

    code: str
    on: date
    units: int
    recorded_at: datetime
    basis: str
    cause: str


def _day(values: dict[str, Any], key: str) -> date | None:
    text = values.get(key)
    return date.fromisoformat(text) if text else None


def _known(term: Term, when: date, now: datetime) -> tuple[datetime, str]:
    """Assumed versions were known when the thing happened; others when their source says."""
    if term.basis == Known.ASSUMED:
        return min(start_of(when), now), Known.ASSUMED
    return term.recorded_at, term.basis


def derive(code: str, terms: Sequence[Term], successor: date | None, now: datetime) -> list[Derived]:
    """The movements of one contract. `terms` in the order in which they count; `successor`: the start of the contract
    that follows. Without a price or a start there is nothing to derive."""
    merged: dict[str, Any] = {}
    for term in terms:
        merged.update(term.values)
    starts = _day(merged, "starts_on")
    if starts is None:
        return []
    ends = _day(merged, "ended_on")
    ends_on = _day(merged, "ends_on")
    if ends is None and ends_on and successor and ends_on < successor <= ends_on + SUCCESSION:
        ends = ends_on
    made: list[Derived] = []
    price = 0
    for day in sorted({max(term.day or starts, starts) for term in terms}):
        if ends is not None and day > ends:
            break
        current, term = _price_on(terms, day)
        if current != price and term is not None:
            recorded, basis = _known(term, day, now)
            name = "start" if not made else day.isoformat()
            cause = "new" if not made else "price"
            made.append(Derived(f"{code}:{name}", day, current - price, recorded, basis, cause))
            price = current
    if ends is not None and price:
        ending = next((term for term in reversed(terms) if term.values.get("ended_on")), terms[-1])
        recorded, basis = _known(ending, _day(merged, "notified_on") or ends, now)
        made.append(Derived(f"{code}:end", ends, -price, recorded, basis, "churn"))
    return made


def _price_on(terms: Sequence[Term], day: date) -> tuple[int, Term | None]:
    price, source = 0, None
    for term in terms:
        if "stated_units" in term.values and (term.day is None or term.day <= day):
            price, source = term.values["stated_units"] or 0, term
    return price, source


def step(context: Context, after: int) -> tuple[int, int] | None:
    """Bring the derived movements of the next contracts this entry touched in step with their terms."""
    assert context.entry is not None
    ids, last = contracts_beside(context.entry, after, BATCH)
    if not ids:
        return None
    counts = effective(context.watermark) | Q(entry=context.entry)
    movements = Movement.objects.filter(counts, contract__in=ids)
    supplied = set(movements.filter(derived=False, is_void=False).values_list("contract", flat=True))
    terms = _terms(ids, counts)
    facts: list[dict[str, Any]] = []
    contracts = contract_terms([pk for pk in ids if pk not in supplied])
    standing = _standing(movements.filter(derived=True))
    for contract in contracts:
        wanted = derive(contract.code, terms.get(contract.pk, []), contract.successor, context.now)
        facts += _difference(contract, wanted, standing.get(contract.pk, {}), context)
    wrote = insert_rows(Movement, facts)
    Movement.objects.filter(code__in=[fact["code"] for fact in facts if fact["contested"]]).update(contested=True)
    if contracts:
        context.note("derived_movements", count=len({fact["contract_id"] for fact in facts}))
    return last, wrote


def _terms(ids: Sequence[int], counts: Q) -> dict[int, list[Term]]:
    versions = StateVersion.objects.filter(counts, subject="contract", subject_id__in=ids)
    names = ("subject_id", "valid_from", "values", "recorded_at", "known_basis", "entry__seq", "id")
    found: dict[int, list[Term]] = {}
    for row in sorted(versions.values_list(*names), key=lambda row: (row[5] or 2**62, row[6])):
        found.setdefault(row[0], []).append(Term(row[1], row[2], row[3], row[4]))
    return found


def _standing(rows: Iterable[Movement]) -> dict[int, dict[str, Movement]]:
    """The derived rows that count now: of each code the latest, unless it is a void."""
    found: dict[int, dict[str, Movement]] = {}
    for row in sorted(rows.select_related("entry"), key=lambda row: (row.entry.seq or 2**62, row.pk)):  # type: ignore[attr-defined]
        assert row.contract_id is not None
        found.setdefault(row.contract_id, {})[row.code] = row
    return found


def _difference(contract: ContractTerms, wanted: list[Derived], standing: dict[str, Movement], context: Context) -> list[dict[str, Any]]:
    facts = []
    for one in wanted:
        was = standing.pop(one.code, None)
        if was is not None and not was.is_void and (was.effective_on, was.delta_units) == (one.on, one.units):
            continue
        facts.append(_fact(contract, one, was is not None, context))
    for code, was in standing.items():
        if not was.is_void:
            gone = Derived(code, was.effective_on, was.delta_units, context.now, Known.SYSTEM, was.cause)
            facts.append({**_fact(contract, gone, True, context), "is_void": True})
    return facts


def _fact(contract: ContractTerms, one: Derived, contested: bool, context: Context) -> dict[str, Any]:
    return {
        "code": one.code,
        "account_id": contract.account_id,
        "contract_id": contract.pk,
        "product": contract.product,
        "effective_on": one.on,
        "delta_units": one.units,
        "currency": contract.currency,
        "cause": one.cause,
        "derived": True,
        "recorded_at": one.recorded_at,
        "known_basis": one.basis,
        "entry_id": context.entry_id,
        "contested": contested,
    }


later.append(Later("derived_movements", step))
