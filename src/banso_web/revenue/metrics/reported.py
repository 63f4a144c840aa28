"""`reported=True`: the answer that was signed, at the watermark it was signed at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from banso_web.core.metrics import MetricResult, Question
from banso_web.core.ui.formats import month_text
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.frame import answer


def through_closing(compute: Callable[[Question], MetricResult]) -> Callable[[Question], MetricResult]:
    """Wrap a metric so that a reported question is answered by the month's standing closing.

    The company's figures are the frozen ones; a segment's or team's are computed at the closing's watermark, which
    gives the same for ever. Without a closing the value is None and the reason says so.
    """

    def ask(question: Question) -> MetricResult:
        if not question.reported:
            return compute(question)
        return _reported(question, compute)

    return ask


def _open_since(month: date, as_of: date) -> tuple[str, ...]:
    """That the latest closed month is not the latest complete one."""
    from banso_web.revenue.reads.chain import chain_of, months_text
    from banso_web.revenue.reads.months import last_day, next_month

    behind = as_of.replace(day=1) if last_day(as_of) > as_of else next_month(as_of)
    missing = tuple(open_month for open_month in chain_of(behind).missing if open_month > month)
    return (str(words.OPEN_SINCE) % {"months": months_text(missing)},) if missing else ()


def _reported(question: Question, compute: Callable[[Question], MetricResult]) -> MetricResult:
    from banso_web.revenue.reads import closing as reads

    closed = reads.standing(question.month) if question.month else reads.latest(question.asked.as_of)
    if closed is None:
        last = reads.latest(question.asked.as_of)
        notes: tuple[str, ...] = (str(words.LAST_CLOSED) % {"month": month_text(last.month)},) if last else ()
        return replace(answer(question, None, reason=str(words.NOT_CLOSED), notes=notes), reported=True)
    at_end = question.key in reads.OF_LAST_DAY
    asked = reads.month_questions(closed.asked(), closed.month).get(
        question.key, (closed.asked(), closed.month)
    )[0]
    month: date | None = None if at_end else closed.month
    result = compute(replace(question, asked=asked, month=month, reported=False))
    stamp = str(words.SIGNED_FINAL if closed.kind == "final" else words.SIGNED_FLASH)
    said = (
        stamp % {"month": month_text(closed.month), "by": closed.closed_by},
        *(_open_since(closed.month, question.asked.as_of) if question.month is None else ()),
        *result.notes,
    )
    result = replace(result, reported=True, month=closed.month, notes=said)
    frozen = closed.values.get(question.key)
    if frozen is None or not question.scope.is_company or question.overrides:
        return result
    value = None if frozen["value"] is None else Decimal(frozen["value"])
    reason = (
        result.reason or frozen["reason"] if value is None else None
    )  # the reader's language before the signer's
    return replace(result, value=value, reason=reason, version=frozen["version"])
