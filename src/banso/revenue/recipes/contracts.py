"""契約台帳, and the canonical `contracts`: terms one after another become movements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from banso.money import MoneyError, from_units
from banso.revenue.recipes.dates import (
    CANCEL_READINGS,
    END_READINGS,
    ONE_DAY,
    OPEN_FROM_YEAR,
    EndReading,
    changes_month,
    last_day,
    months_between,
    rolled_end,
)
from banso.revenue.recipes.preview import preview_of
from banso.revenue.recipes.rows import (
    Cause,
    Collector,
    Derived,
    Mark,
    Row,
    RowProblem,
    day,
    monthly_units,
    number,
    place,
    text,
    ymd,
)

# What one amount column is for, row by row (`amount_per`): its months; "term" is the whole term.
PER_MONTHS: Mapping[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
LATE_DAYS = 30  # a return within 30 days of the last day of service is 更新遅延 (metric dictionary)


@dataclass
class _Term:
    """One row of the ledger, read. `last` is the last day of service, None while it goes on."""

    row: Row
    number: int
    account: str
    product: str
    currency: str
    contract: str
    named: bool  # the row has a contract id of its own
    first: date
    ends_on: date | None
    last: date | None
    units: int
    rolls: bool  # goes on past ends_on until something follows
    written: tuple[Literal["end_reading", "cancel_reading"], date] | None = None
    before: _Term | None = None
    after: _Term | None = None


@dataclass
class _Context:
    end_reading: EndReading
    cancel_reading: EndReading
    undecided: Literal["end", "continue"]
    overlap: Literal["sum", "replace"]
    currency: str
    until: date | None = None
    out: Collector = field(default_factory=Collector)
    shifts: dict[str, Counter[EndReading]] = field(
        default_factory=lambda: {"end_reading": Counter(), "cancel_reading": Counter()}
    )


def from_contracts(
    rows: Iterable[Row],
    *,
    end_reading: EndReading = "last_day",
    cancel_reading: EndReading = "last_day",
    undecided: Literal["end", "continue"] = "end",
    overlap: Literal["sum", "replace"] = "sum",
    sheet_totals: Mapping[date, Decimal] | None = None,
    currency: str = "JPY",
    until: date | None = None,
) -> Derived:
    """Movements from a contract ledger. Pure; the same rows in any order give the same movements.

    Rows: ``account_id``, ``starts_on``, and ``mrr``, or ``amount`` with ``term_months`` (or with ``ends_on``), or either
    of them with ``amount_per`` (month, quarter, half_year, year: divided by its months; term: the whole term); optional
    ``contract_id``, ``product``, ``ends_on``, ``ended_on``, ``notified_on``, ``auto_renew``, ``renewal_months``,
    ``currency``, ``row``; other columns travel into `Derived.contracts`.

    Rules: a start and a change are dated their first day, an end its last day of service. Rows of one customer and
    product are its terms: a term that begins the day after another is its renewal, never an end and a new start. Rows
    with one contract_id replace each other; other overlapping rows add up and are marked (`overlap="replace"`: the
    later takes the place of the earlier). ``auto_renew`` goes on past ``ends_on`` until a term follows (marked);
    ``ended_on`` wins over everything; ``notified_on`` ends an automatic renewal with the running term. A term past its
    end without any decision ends there (`undecided="end"`) or goes on, marked (`"continue"`: 更新手続中); one whose end lies
    ahead of `until` (today) goes on either way, unmarked: nobody announced that end. Dates from 2099 on mean no end.

    `end_reading` says what ``ends_on`` means (更新日 may be the day after), `cancel_reading` what ``ended_on`` means.
    Movement ids are ``derived:<contract_id>:<day>:<start|change|handover|end>``; a renewal that arrives later replaces
    the id of the end it undoes. Rows that cannot be read are in `problems` and give nothing.
    """
    context = _Context(end_reading, cancel_reading, undecided, overlap, currency, until)
    groups: dict[tuple[str, str, str, bool], list[_Term]] = defaultdict(list)
    for at, row in enumerate(rows):
        term = _read(row, place(row, at), context)
        if term is not None:
            groups[term.account, term.product, term.currency, term.units < 0].append(term)
    began: dict[str, date] = {}
    for (account, *_rest), terms in groups.items():
        first = min(term.first for term in terms)
        began[account] = min(first, began.get(account, first))
    contracts: list[dict[str, object]] = []
    for key in sorted(groups):
        terms = groups[key]
        terms.sort(key=_order)
        _chain(terms, context)
        for term in terms:
            _move(term, terms[0], began[term.account], context)
            contracts.append(_contract_row(term))
    movements = context.out.finished()
    preview = preview_of(
        movements, sheet_totals=sheet_totals, currency=currency, until=until,
        end_shifts={name: dict(counts) for name, counts in context.shifts.items()},
    )  # fmt: skip
    return Derived(
        movements, preview, tuple(context.out.problems), tuple(context.out.marks), tuple(contracts)
    )


def _order(term: _Term) -> tuple[date, date, str, int, int]:
    return (term.first, term.last or date.max, term.contract, term.units, term.number)


def _read(row: Row, at: int, context: _Context) -> _Term | None:
    account, first = text(row, "account_id"), day(row, "starts_on")
    problems = context.out.problems
    if not account or first is None:
        problems.append(
            RowProblem("no_start" if account else "no_account", at, "starts_on" if account else "account_id")
        )
        return None
    written_end, written_stop = day(row, "ends_on"), day(row, "ended_on")
    if written_end is not None and written_end.year >= OPEN_FROM_YEAR:
        context.out.marks.append(Mark("open_end", account, text(row, "contract_id"), written_end, at))
        written_end = None
    ends_on = last_day(written_end, context.end_reading) if written_end else None
    ended_on = last_day(written_stop, context.cancel_reading, ends_on) if written_stop else None
    for column, end in (("ends_on", ends_on), ("ended_on", ended_on)):
        if end is not None and end < first:
            problems.append(RowProblem("end_before_start", at, column, f"{end} < {first}"))
            return None
    units = _units(row, first, ends_on, at, context)
    if units is None:
        return None
    contract = text(row, "contract_id")
    term = _Term(
        row, at, account, text(row, "product"), text(row, "currency") or context.currency, contract, bool(contract),
        first, ends_on, ends_on, units, False,
    )  # fmt: skip
    _decide_end(term, ended_on, (written_end, written_stop), context)
    return term


def _decide_end(
    term: _Term, ended_on: date | None, written: tuple[date | None, date | None], context: _Context
) -> None:
    """Set `last`, `rolls` and `written` by what the row says about its end."""
    notified = day(term.row, "notified_on")
    if ended_on is not None and written[1] is not None:
        term.last, term.written = ended_on, ("cancel_reading", written[1])
    elif term.ends_on is None or written[0] is None:
        return
    elif term.row.get("auto_renew") is True:
        if notified is None:
            term.last, term.rolls = None, True
        else:
            step = int(number(term.row, "renewal_months") or 0) or _length(term.first, term.ends_on)
            term.last = rolled_end(term.ends_on, step, notified)
            if term.last == term.ends_on:
                term.written = ("end_reading", written[0])
    elif notified is None and not text(term.row, "end_reason") and _goes_on(term.ends_on, context):
        term.last, term.rolls = None, True
    else:
        term.written = ("end_reading", written[0])


def _goes_on(ends_on: date, context: _Context) -> bool:
    """A term that nobody decided on goes on until its end has come: an end that was not announced is no end yet."""
    return context.undecided == "continue" or (context.until is not None and ends_on >= context.until)


def _length(first: date, last: date) -> int:
    """The whole months of a term, at least one: the step of its automatic renewal."""
    return max(1, round(months_between(first, last)))


def _units(row: Row, first: date, ends_on: date | None, at: int, context: _Context) -> int | None:
    mrr, amount, term = number(row, "mrr"), number(row, "amount"), number(row, "term_months")
    problems, marks = context.out.problems, context.out.marks
    try:
        if "amount_per" in row and (per := text(row, "amount_per")) != "term":
            written = mrr if mrr is not None else amount
            if per not in PER_MONTHS or written is None:
                code, column = ("no_unit", "amount_per") if per not in PER_MONTHS else ("no_amount", "mrr")
                problems.append(RowProblem(code, at, column, per))
                return None
            return monthly_units(written, PER_MONTHS[per])
        if "amount_per" in row and amount is None:
            mrr, amount = None, mrr
        if mrr is not None:
            return monthly_units(mrr, 1)
        if amount is None:
            problems.append(RowProblem("no_amount", at, "mrr"))
            return None
        months = (
            Fraction(term) if term is not None else months_between(first, ends_on) if ends_on else Fraction(0)
        )
        if months <= 0:
            problems.append(RowProblem("no_term", at, "term_months"))
            return None
        if months.denominator != 1:
            marks.append(
                Mark(
                    "partial_months",
                    text(row, "account_id"),
                    text(row, "contract_id"),
                    first,
                    at,
                    str(months),
                )
            )
        return monthly_units(amount, months)
    except MoneyError:
        problems.append(RowProblem("amount_too_large", at, "mrr" if mrr is not None else "amount"))
        return None


def _chain(terms: Sequence[_Term], context: _Context) -> None:
    """Give every term the one it follows. `terms` are of one customer, product and currency, in order of their start."""
    tails: list[_Term] = []
    given: set[str] = set()
    for term in terms:
        before = _predecessor(term, tails, context)
        if before is None:
            if any(tail.last is None or tail.last >= term.first for tail in tails):
                context.out.marks.append(
                    Mark("overlap", term.account, term.contract, term.first, term.number)
                )
        else:
            tails.remove(before)
            before.after, term.before = term, before
            if before.last is None or before.last >= term.first:
                code = "renewed_by" if before.rolls else "replaced"
                context.out.marks.append(
                    Mark(code, term.account, before.contract, term.first, term.number, term.contract)
                )
                before.last, before.written = term.first - ONE_DAY, None
        if not term.named:
            term.contract = _name(term, given)
            given.add(term.contract)
        tails.append(term)


def _name(term: _Term, given: set[str]) -> str:
    """The id of a contract that has none: that of the term it follows, else customer/product/first day."""
    if term.before is not None and not term.before.named:
        return term.before.contract
    stem = f"{term.account}/{term.product}/{ymd(term.first)}"
    copies = (f"{stem}#{copy}" for copy in range(2, len(given) + 3))
    return stem if stem not in given else next(name for name in copies if name not in given)


def _predecessor(term: _Term, tails: Sequence[_Term], context: _Context) -> _Term | None:
    def rank(tail: _Term) -> int | None:
        if tail.first >= term.first:
            return None
        if term.named and tail.named and tail.contract == term.contract:
            return 0
        if tail.last == term.first - ONE_DAY:
            return 1
        if tail.rolls and tail.ends_on is not None and tail.ends_on < term.first:
            return 2
        if context.overlap == "replace" and (tail.last is None or tail.last >= term.first):
            return 3
        if not term.named and not tail.named and tail.last is not None and tail.last < term.first:
            return 4  # the same unnamed contract comes back after a gap
        return None

    ranked = [(found, tail) for tail in tails if (found := rank(tail)) is not None]
    if not ranked:
        return None
    return min(ranked, key=lambda item: (item[0], -(item[1].last or date.max).toordinal(), item[1].contract))[
        1
    ]


def _move(term: _Term, first_of_group: _Term, began: date, context: _Context) -> None:
    """The movements of one term: how it begins (fresh, changed, handed over) and, when nothing follows, how it ends."""
    before = term.before
    joined = before is not None and before.last == term.first - ONE_DAY
    if before is None or not joined:
        _start(term, first_of_group, began, context)
    elif before.contract == term.contract:
        change = term.units - before.units
        _emit(term, "change", term.first, change, "upsell" if change > 0 else "downgrade", context)
    else:
        change = term.units - before.units
        cause: Cause | None = "upsell" if change > 0 else "downgrade" if change < 0 else None
        # The old contract hands over on the new one's first day: the customer's balance moves by the difference only.
        _emit(
            before, "handover", term.first, -before.units, None, context, note=f"renewed as {term.contract}"
        )
        _emit(term, "start", term.first, term.units, cause, context, note=f"renewal of {before.contract}")
    if term.last is not None and (term.after is None or term.after.first > term.last + ONE_DAY):
        _emit(term, "end", term.last, -term.units, "churn", context)
        if term.written is not None:
            _count_shifts(term, context)
    past = context.until is None or term.ends_on is None or term.ends_on < context.until
    if term.rolls and term.after is None and (past or term.row.get("auto_renew") is True):
        code = "auto_renew_continues" if term.row.get("auto_renew") is True else "undecided_end"
        context.out.marks.append(Mark(code, term.account, term.contract, term.ends_on, term.number))


def _start(term: _Term, first_of_group: _Term, began: date, context: _Context) -> None:
    before = term.before
    cause: Cause
    if before is not None and before.last is not None:
        cause = "reactivation"
        if (term.first - before.last).days <= LATE_DAYS:
            context.out.marks.append(
                Mark("renewed_late", term.account, term.contract, term.first, term.number)
            )
    elif term.first == began:
        cause = "new"
    else:
        cause = "cross_sell" if term.first == first_of_group.first else "upsell"
    _emit(term, "start", term.first, term.units, cause, context)


def _emit(
    term: _Term, step: str, on: date, units: int, cause: Cause | None, context: _Context, note: str = ""
) -> None:
    context.out.move(
        f"derived:{term.contract}:{ymd(on)}:{step}", account=term.account, on=on, units=units, currency=term.currency,
        cause=cause, contract=term.contract, product=term.product, note=note,
    )  # fmt: skip


def _count_shifts(term: _Term, context: _Context) -> None:
    if term.written is None or not term.units:
        return
    asked, written = term.written
    used = context.end_reading if asked == "end_reading" else context.cancel_reading
    others = END_READINGS if asked == "end_reading" else CANCEL_READINGS
    for other, moved in changes_month(written, used, others, term.ends_on).items():
        context.shifts[asked][other] += moved


def _contract_row(term: _Term) -> dict[str, object]:
    """The canonical contract of a term; `valid_from` where one contract has several terms."""
    row = {
        key: value
        for key, value in term.row.items()
        if value is not None and key not in {"row", "amount", "term_months", "amount_per"}
    }
    row |= {
        "contract_id": term.contract, "account_id": term.account, "product": term.product, "starts_on": term.first,
        "mrr": from_units(term.units), "currency": term.currency,
    }  # fmt: skip
    for key, value in (("ends_on", term.ends_on), ("ended_on", term.last if "ended_on" in row else None)):
        row.pop(key, None)
        if value is not None:
            row[key] = value
    neighbours = [other for other in (term.before, term.after) if other is not None]
    if any(other.contract == term.contract for other in neighbours):
        row["valid_from"] = term.first
    return row
