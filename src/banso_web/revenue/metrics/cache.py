"""Computed values: what the nightly fill stored answers at once, and its rows are computed when somebody opens them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import translation

from banso_web.core.facts import Asked, Memo, last_change
from banso_web.core.metrics import (
    ByReason,
    Interval,
    MetricResult,
    Question,
    Row,
    Rows,
    Scope,
    Side,
    catalogue,
)
from banso_web.revenue.models import Charge, LtvInput, MetricValue
from banso_web.revenue.reads.customers import rules_mark
from banso_web.revenue.reads.months import scope_key
from banso_web.revenue.reads.renewals import contact_mark

RENEWALS = ("renewal_rate", "renewal_rate_amount")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_stored: Memo[dict[tuple[str, str], dict[str, Any]]] = Memo(24)


def basis(asked: Asked, key: str = "") -> int:
    """The watermark an answer really stands on: entries about other things leave it, and what is stored under it, alone.

    Renewals also rest on who was in contact with the customer.
    """
    return max(
        rules_mark(asked),
        last_change(Charge.objects.all(), "charge", asked.watermark),
        last_change(LtvInput.objects.all(), "ltv_input", asked.watermark),
        contact_mark(asked.watermark) if key in RENEWALS else 0,
    )


def stored_key(key: str, month: date | None) -> str:
    """`MetricValue.key`: a month's figure carries its month."""
    return f"{key}@{month:%Y-%m}" if month else key


def keepable(question: Question) -> bool:
    """Whether the answer may be stored: no what-if, no "known at" other than now."""
    return not question.overrides and question.asked.known_at is None


def through_cache(compute: Callable[[Question], MetricResult]) -> Callable[[Question], MetricResult]:
    """Wrap a metric so that a stored value answers, with rows that are computed only when opened."""

    def ask(question: Question) -> MetricResult:
        payload = find(question) if keepable(question) else None
        return compute(question) if payload is None else _light(question, payload, compute)

    return ask


def find(question: Question) -> dict[str, Any] | None:
    """The stored payload for a question in the reader's language, if the fill has been here.

    One query for all figures of a scope and day.
    """
    asked, mark = question.asked, basis(question.asked, question.key)
    scope, place = scope_key(question.scope), stored_key(question.key, question.month)
    version = catalogue[question.key].version
    kept = _stored.peek((scope, asked.as_of, mark))
    if kept is None or (place, version) not in kept:
        rows = MetricValue.objects.filter(scope=scope, as_of=asked.as_of, watermark=mark)
        kept = {(key, of): payload for key, of, payload in rows.values_list("key", "version", "payload")}
        if kept:
            _stored.put((scope, asked.as_of, mark), kept)
    texts: dict[str, Any] = kept.get((place, version), {})
    return texts.get(translation.get_language() or "ja")


def _typed(value: Any) -> Any:
    if isinstance(value, str):
        if _NUMBER.match(value):
            return Decimal(value)
        return date.fromisoformat(value) if _DAY.match(value) else value
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    return [_typed(item) for item in value] if isinstance(value, list) else value


class _Full:
    """The whole answer behind a stored value, computed once when its rows are opened."""

    def __init__(self, question: Question, compute: Callable[[Question], MetricResult]) -> None:
        self._question, self._compute = question, compute

    @cached_property
    def result(self) -> MetricResult:
        return self._compute(self._question)


class _PartRows(Mapping[str, Sequence[Row]]):
    def __init__(self, full: _Full) -> None:
        self._full = full

    def __getitem__(self, part: str) -> Sequence[Row]:
        return self._full.result.part_rows[part]

    def __iter__(self) -> Iterator[str]:
        return iter(self._full.result.part_rows)

    def __len__(self) -> int:
        return len(self._full.result.part_rows)


def _light(
    question: Question, payload: Mapping[str, Any], compute: Callable[[Question], MetricResult]
) -> MetricResult:
    full = _Full(question, compute)

    def side(name: str) -> Side | None:
        body = payload[name]
        if body is None:
            return None
        rows = Rows(body["rows"], lambda: getattr(full.result, name).rows)
        return Side(None if body["value"] is None else Decimal(body["value"]), rows)

    interval = payload["interval"]
    return MetricResult(
        metric=question.key,
        version=payload["version"],
        as_of=question.asked.as_of,
        known_at=None,
        unit=payload["unit"],
        value=None if payload["value"] is None else Decimal(payload["value"]),
        reason=payload["reason"],
        numerator=side("numerator"),
        denominator=side("denominator"),
        excluded=Rows(
            payload["excluded"], lambda: full.result.excluded, by_reason=_reasons(payload.get("left_out"))
        ),
        parts=_typed(payload["parts"]),
        n=payload["n"],
        interval=interval and Interval(Decimal(interval["low"]), Decimal(interval["high"])),
        notes=tuple(payload["notes"]),
        watermark=question.asked.watermark,
        month=question.month,
        scope=question.scope,
        part_rows=_PartRows(full),
    )


def _reasons(stored: Sequence[Sequence[Any]] | None) -> tuple[ByReason, ...] | None:
    if stored is None:
        return None
    return tuple(
        (part, reason, count, None if total is None else Decimal(total))
        for part, reason, count, total in stored
    )


def fresh(key: str, asked: Asked, month: date | None, scope: Scope) -> MetricResult:
    """The figure computed anew, whatever is stored."""
    spec = catalogue[key]
    inner = getattr(spec.compute, "without_cache", spec.compute)
    return replace(inner(Question(key, asked, month, scope, {}, False)), scope=scope)
