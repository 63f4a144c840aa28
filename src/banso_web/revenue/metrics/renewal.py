"""更新率, by contracts and by amount."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from banso.money import from_units, to_units
from banso.revenue import Term, year_before
from banso_web.accounts import counting
from banso_web.core.metrics import MetricResult, Question, Row, Rows, Side
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.by_month import wilson_interval
from banso_web.revenue.metrics.frame import Context, answer, not_begun, unrated_items
from banso_web.revenue.metrics.rows import held_json
from banso_web.revenue.reads.months import last_day
from banso_web.revenue.reads.rated import Held
from banso_web.revenue.reads.renewals import Renewals, renewals


def period(question: Question) -> tuple[date, date]:
    """The month asked for, else the twelve months up to the question's day."""
    if question.month is not None:
        return question.month, last_day(question.month)
    return year_before(question.asked.as_of) + timedelta(days=1), question.asked.as_of


def _units(held: Iterable[tuple[str, Decimal]]) -> Held:
    return tuple((currency, to_units(amount)) for currency, amount in held)


def _told(term: Term) -> dict[str, object]:
    """Its currency and what renewed it; of a term in several currencies that is no one amount."""
    currency = " · ".join(currency for currency, _ in term.held)
    after = [amount for _, amount in term.after] or [Decimal(0)]
    return {"currency": currency, "after": after[0] if len(after) == 1 else None}


def _rows(found: Renewals, terms: list[Term], day: date, *, part: str) -> Rows:
    return Rows(len(terms), lambda: _made(found, terms, day, part))


def _made(found: Renewals, terms: list[Term], day: date, part: str) -> list[Row]:
    names = counting.called([found.customer_of[term.contract] for term in terms])
    codes = counting.contract_codes(int(term.contract) for term in terms)
    amounts = {id(term): units for term, units in zip(found.rate.terms, found.amounts, strict=True)}
    out = []
    for term in terms:
        units = amounts[id(term)]
        customer = found.customer_of[term.contract]
        called = names.get(customer)
        state = "untouched" if term.untouched else "automatic" if term.automatic else term.state
        reason = str(words.TERM_STATES[state])
        waited = (day - term.ends_on).days if term.state == "pending" else None
        if waited is not None:
            reason = words.PENDING_DAYS % {"state": reason, "days": waited}
        out.append(
            Row(
                account_id=customer,
                code=called.code if called else str(customer),
                name=called.name if called else "",
                part=part or term.state,
                amount=None if units is None else from_units(units),
                on=term.ends_on,
                reason=reason,
                extra={
                    "contract_id": codes.get(int(term.contract), ""),
                    "state": term.state,
                    "automatic": term.automatic,
                    "untouched": term.untouched,
                    **_told(term),
                    **({"held": held_json(_units(term.held))} if units is None else {}),
                    "days": waited,
                },
            )
        )
    return sorted(out, key=lambda row: (row.on or date.min, row.code))


def renewal(*, by_amount: bool) -> Callable[[Question], MetricResult]:
    """Renewed over decided terms; terms still open (更新手続中) and terms without MRR are listed apart."""

    def compute(question: Question) -> MetricResult:
        if early := not_begun(question):
            return early
        context = Context.of(question)
        first, last = period(question)
        day = question.asked.as_of
        found = renewals(question.asked, context.counted, first, last, question.scope)
        rate = found.rate
        decided = [term for term in rate.terms if term.state != "pending"]
        renewed = [term for term in decided if term.state == "renewed"]
        open_terms = [term for term in rate.terms if term.state == "pending"]
        flagged = [term for term in renewed if term.automatic and term.untouched is not False]
        unrated = [term for term in found.unrated if term.state != "pending"]
        whole = found.kept + found.lost
        value = (Fraction(found.kept) / Fraction(whole) if whole else None) if by_amount else rate.count
        top, bottom = (found.kept, whole) if by_amount else (Decimal(rate.renewed), Decimal(len(decided)))
        return answer(
            question,
            value,
            reason=None
            if value is not None
            else str(words.NO_RATE if by_amount and unrated else words.NO_TERMS),
            numerator=Side(top, _rows(found, renewed, day, part="renewed")),
            denominator=Side(bottom, _rows(found, decided, day, part="")),
            excluded=_rows(found, open_terms, day, part="pending"),
            parts={
                "from": first,
                "to": last,
                "ended": Decimal(rate.ended),
                "renewed": Decimal(rate.renewed),
                "lost": Decimal(rate.lost),
                "pending": Decimal(rate.pending),
                "automatic": Decimal(rate.automatic),
                "untouched": None if rate.untouched is None else Decimal(rate.untouched),
                "renewed_mrr": found.kept,
                "lost_mrr": found.lost,
            },
            n=len(decided),
            notes=unrated_items([_units(term.held) for term in unrated]) if by_amount else (),
            interval=None if by_amount else wilson_interval(rate.renewed, len(decided)),
            part_rows={
                "untouched": _rows(found, flagged, day, part="untouched"),
                "pending": _rows(found, open_terms, day, part="pending"),
                "lost": _rows(found, [term for term in decided if term.state == "lost"], day, part="lost"),
            },
        )

    return compute
