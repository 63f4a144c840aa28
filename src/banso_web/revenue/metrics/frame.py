"""What every revenue metric shares: the question's context, exclusions, notes, the frame of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from django.db.models import QuerySet

from banso.revenue import Waterfall
from banso_web.accounts import counting
from banso_web.core.facts import counted as counted_rows
from banso_web.core.metrics import MetricResult, Question, Row, Rows, catalogue, exact
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.rows import UNITS, called_row, held_json, written
from banso_web.revenue.models import Charge
from banso_web.revenue.reads.book import loaded
from banso_web.revenue.reads.customers import Counted, in_scope, touches_overlap
from banso_web.revenue.reads.months import counted_for, last_day
from banso_web.revenue.reads.rated import Held, added_up, held_in, held_of, held_text


@dataclass(frozen=True)
class Context:
    """A question with what is counted for it."""

    question: Question
    counted: Counted

    @classmethod
    def of(cls, question: Question) -> Context:
        return cls(question, counted_for(question.asked, question.scope))


def answer(question: Question, value: Fraction | Decimal | int | None, **more: Any) -> MetricResult:
    """A MetricResult with the question's own fields filled in. Money carries the reporting currency as unit."""
    spec = catalogue[question.key]
    unit = more.pop("unit", spec.unit)
    return MetricResult(
        metric=question.key,
        version=spec.version,
        as_of=question.asked.as_of,
        known_at=question.asked.known_at,
        unit=unit,
        value=None if value is None else exact(value),
        watermark=question.asked.watermark,
        month=question.month,
        scope=question.scope,
        **more,
    )


def excluded_rows(context: Context, fall: Waterfall, first: date, last: date) -> Rows:
    """Everything left out in the stretch, each with its reason; read when looked at."""
    return Rows(
        lambda: _count_excluded(context, fall, first, last), lambda: _excluded(context, fall, first, last)
    )


def _charges(context: Context, first: date, last: date) -> QuerySet[Charge]:
    asked = context.question.asked
    rows = counted_rows(Charge, asked.watermark, asked.known_at)
    return rows.filter(on__gte=first, on__lte=min(last, context.counted.as_of))


def _count_excluded(context: Context, fall: Waterfall, first: date, last: date) -> int:
    """How many rows `_excluded` makes, without making them where the whole company is asked about."""
    if not context.question.scope.is_company:
        return len(_excluded(context, fall, first, last))
    late = sum(note.code == "late_renewal" for note in fall.notes)
    flagged = _flagged(context.counted, first, last)
    return len(fall.excluded) + len(flagged) + late + _charges(context, first, last).count()


def _excluded(context: Context, fall: Waterfall, first: date, last: date) -> list[Row]:
    counted = context.counted
    charges = list(_charges(context, first, last).order_by("on", "pk"))
    if not context.question.scope.is_company:
        inside = set(counted.customers[in_scope(counted, context.question.scope, first, last)].tolist())
        charges = [one for one in charges if counted.merged.get(one.account_id, one.account_id) in inside]
    late = [note for note in fall.notes if note.code == "late_renewal"]
    flagged = _flagged(counted, first, last)
    keys = [int(item.customer) for item in fall.excluded] + [key for key, _ in flagged]
    names = counting.called(
        [*keys, *(charge.account_id for charge in charges), *(int(n.customer) for n in late)]
    )
    behind = written((pk for item in fall.excluded for pk in item.rows), counted)
    out = []
    unrated = held_of(
        counted, {int(item.customer) for item in fall.excluded if item.reason == "missing_rate"}, last
    )
    for item in fall.excluded:
        if item.reason == "missing_rate":
            own = held_in(unrated.get(int(item.customer), {}))
            row = called_row(
                names, int(item.customer), part=item.reason, reason=str(words.EXCLUDED[item.reason])
            )
            out.append(replace(row, extra={"held": held_json(own)}))
            continue
        lines = tuple(behind[pk].line for pk in item.rows if pk in behind)
        gained = sum((line.amount for line in lines if line.amount > 0), Decimal(0))
        amount = item.amount if item.reason == "residue" else gained
        text = str(words.EXCLUDED.get(item.reason, item.reason))
        out.append(
            called_row(
                names, int(item.customer), part=item.reason, reason=text, amount=amount, movements=lines
            )
        )
    held = _held(context, [key for key, _ in flagged], last)
    for key, flag in flagged:
        amount = held[key]
        out.append(
            called_row(names, key, part=flag, reason=str(words.EXCLUDED.get(flag, flag)), amount=amount)
        )
    for note in late:
        out.append(
            called_row(
                names,
                int(note.customer),
                part="late_renewal",
                reason=str(words.EXCLUDED["late_renewal"]),
                on=date.fromisoformat(note.until),
            )
        )
    for charge in charges:
        text = str(words.EXCLUDED["one_off"])
        out.append(
            called_row(
                names, charge.account_id, part="one_off", reason=text, amount=charge.amount, on=charge.on
            )
        )
    return out


def _flagged(counted: Counted, first: date, last: date) -> list[tuple[int, str]]:
    """Accounts whose 除外区分 stands on some day of the stretch, of those that have movements."""
    out = []
    for key, _ in counted.left_out:
        for start, end, value in counted.states["excluded"].spans(key):
            if value and start <= last.toordinal() and end > first.toordinal():
                out.append((key, str(value)))
                break
    return out


def _held(context: Context, keys: Sequence[int], day: date) -> dict[int, Decimal]:
    """What excluded accounts held at the close of a day, in their own currencies added up (listed, never counted)."""
    if not keys:
        return {}
    stored = loaded(context.question.asked.watermark, context.question.asked.known_at)
    sums = np.zeros(len(stored.account_ids), dtype=np.int64)
    until = stored.book.on <= min(day, context.counted.as_of).toordinal()
    np.add.at(sums, stored.book.account[until], stored.book.delta[until])
    places = np.searchsorted(stored.account_ids, np.array(keys, dtype=np.int64))
    return {key: Decimal(int(sums[place])) / UNITS for key, place in zip(keys, places.tolist(), strict=True)}


def notes_of(context: Context, fall: Waterfall, day: date) -> tuple[str, ...]:
    """What a reader must know about the month beside the number."""
    asked, out = context.question.asked, []
    if fall.notes:
        names = counting.called([int(note.customer) for note in fall.notes if note.customer][:20])
        for note in fall.notes:
            called = names.get(int(note.customer)) if note.customer else None
            name = called.name if called else ""
            if note.code == "month_running":
                out.append(str(words.RUNNING))
            elif note.code == "late_renewal" and called:
                out.append(str(words.LATE) % {"name": name, "day": note.day})
            elif note.code == "negative_balance" and called:
                out.append(str(words.NEGATIVE) % {"name": name})
    out.extend(unrated_note(context, fall, max(day, last_day(day) if context.question.month else day)))
    if context.question.scope.touch is not None and touches_overlap(context.counted, min(day, asked.as_of)):
        out.append(str(words.OVERLAP))
    return tuple(out)


def unrated_customers(fall: Waterfall) -> set[int]:
    """Customers whose MRR stands in a currency without a rate: in no sum, and never 0."""
    return {int(item.customer) for item in fall.excluded if item.reason == "missing_rate"}


def unrated_note(context: Context, fall: Waterfall, day: date) -> tuple[str, ...]:
    """That the figure is incomplete, for want of a rate, and what it does not hold."""
    missing = unrated_customers(fall)
    if not missing:
        return ()
    held = held_of(context.counted, missing, min(day, context.question.asked.as_of))
    whole = added_up(held_in(of) for of in held.values())
    return (str(words.UNRATED) % {"count": len(missing), "held": held_text(whole)},)


def unrated_items(parts: Sequence[Held]) -> tuple[str, ...]:
    """The same of things that are counted one by one: announced ends, contracts."""
    if not parts:
        return ()
    return (str(words.UNRATED_ITEMS) % {"count": len(parts), "held": held_text(added_up(parts))},)


def reason_without(fall: Waterfall, otherwise: Any) -> str:
    """Why a figure of this month cannot be computed: nothing was there, or nothing of it has a rate."""
    return str(words.NO_RATE if unrated_customers(fall) else otherwise)


def not_begun(question: Question) -> MetricResult | None:
    """The answer for a month that has not begun on the question's day."""
    if question.month is not None and question.month > question.asked.as_of:
        return answer(question, None, reason=str(words.NOT_BEGUN))
    return None


def counts_as_parts(counts: Mapping[str, int], names: Sequence[str]) -> dict[str, Decimal]:
    return {name: Decimal(counts[name]) for name in names}


__all__ = [
    "Context",
    "answer",
    "counts_as_parts",
    "excluded_rows",
    "last_day",
    "not_begun",
    "notes_of",
    "reason_without",
    "unrated_customers",
    "unrated_items",
    "unrated_note",
]
