"""The catalogue of metrics, one number with its parts, and the rows behind it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import pack, unpack
from banso_web.api.question import Month, PageIn, ScopeIn, TimeIn, asked, overrides_of, scope_of, stamp
from banso_web.api.reads.numbers import part, parts_of, permitted, visible_rows, without_the_hidden
from banso_web.api.words import said
from banso_web.core.facts import Asked
from banso_web.core.metrics import MetricResult, MetricSpec, as_json, catalogue, compute, plain, row_json

router = Router(tags=["metrics"])
READS = {SCOPE: "read|metrics"}
Key = Annotated[str, Field(max_length=60, description="A key of the catalogue.")]


class MetricIn(ScopeIn, TimeIn):
    month: Month | None = Field(None, description="Needed by monthly metrics.")
    reported: bool = Field(False, description="What was signed when the month was closed.")
    set: list[str] = Field(
        [], max_length=20, description="key=value: an input to try instead, e.g. gross_margin=70%."
    )


class RowsIn(ScopeIn, PageIn):
    part: str = Field("numerator", max_length=40)
    month: Month | None = None
    reported: bool = False
    set: list[str] = Field([], max_length=20)


def described(spec: MetricSpec) -> dict[str, Any]:
    """A metric of the catalogue in the caller's language."""
    return {
        "key": spec.key,
        "name": str(spec.name),
        "formula": str(spec.formula),
        "why": str(spec.why),
        "rules": [str(rule) for rule in spec.rules],
        "unit": spec.unit,
        "version": spec.version,
        "monthly": spec.monthly,
        "month_optional": spec.month_optional,
        "inputs": list(spec.inputs),
        "better": spec.better,
        "permission": spec.permission,
    }


@router.get(
    "/metrics",
    response=schemas.Listed[schemas.MetricOut],
    summary=said(gettext_lazy("指標の一覧")),
    openapi_extra=READS,
)
def list_metrics(request: HttpRequest, query: Query[TimeIn]) -> Any:
    """The catalogue: key, name, formula, rules, unit, version. Not paged: it is short."""
    question = asked(request, query)
    items = [described(catalogue[key]) for key in sorted(catalogue)]
    return {**stamp(question), "items": items, "next": None}


def _result(request: HttpRequest, key: str, query: MetricIn | RowsIn, question: Asked) -> MetricResult:
    permitted(who(request), key)
    return compute(
        key,
        question,
        month=query.month,
        scope=scope_of(query),
        overrides=overrides_of(query.set),
        reported=query.reported,
    )


@router.get(
    "/metrics/{key}",
    response=schemas.MetricAnswer,
    summary=said(gettext_lazy("指標を1つ")),
    openapi_extra=READS,
)
def get_metric(request: HttpRequest, query: Query[MetricIn], key: Path[Key]) -> Any:
    """One number with numerator, denominator, exclusions and parts: the object of `banso metric KEY --json`."""
    result = _result(request, key, query, asked(request, query))
    return as_json(without_the_hidden(who(request), result))


@router.get(
    "/metrics/{key}/rows",
    response=schemas.RowsAnswer,
    summary=said(gettext_lazy("指標の内訳の行")),
    openapi_extra=READS,
)
def metric_rows(request: HttpRequest, query: Query[RowsIn], key: Path[Key]) -> Any:
    """The rows of one part (numerator, denominator, excluded, or a bar such as churn). `next` keeps the watermark."""
    question, start = asked(request, query), 0
    if query.cursor:
        mark, start = unpack(query.cursor, [int, int])
        question = replace(question, watermark=min(max(mark, 0), question.watermark), pinned=True)
        request.asked = question  # type: ignore[attr-defined]
    result = _result(request, key, query, question)
    rows, value = part(result, query.part)
    start = min(max(start, 0), len(rows))
    end = start + query.limit
    return {
        **stamp(question),
        "metric": key,
        "part": query.part,
        "parts": parts_of(result),
        "count": len(rows),
        "value": plain(value, 20) if isinstance(value, Decimal) else None if value is None else str(value),
        "items": [row_json(row) for row in visible_rows(who(request), rows[start:end])],
        "next": pack(question.watermark, end) if end < len(rows) else None,
    }
