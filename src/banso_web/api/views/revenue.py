"""Waterfalls, cohorts, LTV, the KGI・KPI board and the portfolio: what the number pages show, as data."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema
from pydantic import Field

from banso.money import from_units
from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import by_position
from banso_web.api.problems import invalid
from banso_web.api.question import Month, PageIn, ScopeIn, TimeIn, asked, overrides_of, scope_of, stamp
from banso_web.api.reads.numbers import permitted, without_the_hidden
from banso_web.api.views.accounts import AccountsIn, filters, see_accounts
from banso_web.api.words import said
from banso_web.core.errors import Forbidden
from banso_web.core.metrics import as_json, compute, exact, month_start, plain
from banso_web.desk.reads.portfolio import Cell, grid
from banso_web.reports.question import Question
from banso_web.reports.reads.board import Tile, board
from banso_web.reports.reads.cohorts import table
from banso_web.reports.reads.scenarios import scenarios
from banso_web.revenue.metrics.by_year import last_complete_month
from banso_web.revenue.reads.chain import chain_of
from banso_web.revenue.reads.closing import chained_waterfall, pending_at
from banso_web.revenue.reads.months import months_before, series

router = Router(tags=["revenue"])
READS = {SCOPE: "read|metrics"}
MONTHS = 60
MONEY = ("opening", "new", "reactivation", "expansion", "contraction", "churn", "fx", "closing", "difference")
RATES = ("nrr", "grr", "gross_churn", "net_churn", "mrr_churn", "customer_churn")


class SeriesIn(ScopeIn, TimeIn):
    first: Month | None = Field(None, description="The first month (default: twelve months up to `last`).")
    last: Month | None = Field(None, description="The last month (default: the last complete one).")


class MonthOut(Schema):
    month: str
    opening: str
    new: str
    reactivation: str
    expansion: str
    contraction: str
    churn: str
    fx: str
    closing: str
    difference: str = Field(description="opening + bars − closing: 0.")
    nrr: str | None
    grr: str | None
    gross_churn: str | None
    net_churn: str | None
    mrr_churn: str | None
    customer_churn: str | None
    reason: str | None = Field(description="Why the ratios are not computable.")
    counts: dict[str, int]


class BarsAnswer(schemas.Stamp):
    month: str
    last_closed: str | None = Field(description="The latest closed month before this one.")
    unclosed_before: list[str] = Field(
        description="Open months in between: while there are any, the opening is today's value, not a reported one."
    )
    bars: dict[str, str | None]
    pending: list[dict[str, Any]]


class CohortOut(Schema):
    key: str
    size: int
    base: list[int | None]
    retained: list[int | None]
    base_mrr: list[str | None]
    mrr: list[str | None]


class CohortsIn(ScopeIn, TimeIn):
    by: Literal["month", "quarter", "year"] = "month"


class CohortsAnswer(schemas.Stamp):
    by: str
    last_month: str | None
    cohorts: list[CohortOut] = Field(
        description="By age in months from 0; null where a cohort is not so old yet, which is not 0."
    )
    unrated: int = Field(description="Customers left out for a missing exchange rate.")


class LtvIn(ScopeIn, TimeIn):
    set: list[str] = Field([], max_length=20)


class LtvAnswer(schemas.Stamp):
    article: schemas.MetricAnswer
    churn: schemas.MetricAnswer


class ScenarioOut(Schema):
    id: int
    name: str
    form: Literal["article", "churn"]
    inputs: dict[str, Any] = Field(description="Each with its source, as it was shown.")
    value: str | None
    currency: str
    as_of: date
    made_by: str
    made_at: datetime


class ScenariosIn(PageIn):
    form: Literal["", "article", "churn"] = ""


class KpiIn(ScopeIn, TimeIn):
    month: Month | None = Field(None, description="Default: the last complete month.")


class KpiTarget(Schema):
    id: int
    op: str
    value: str
    owner: str


class KpiOut(Schema):
    metric: str
    group: str = Field(description="kgi, or the board's group.")
    name: str
    unit: str
    value: str | None
    reason: str | None
    reported: str | None = Field(description="What was signed, where it differs from today's answer.")
    target: KpiTarget | None
    met: bool | None = Field(description="null: no target, or no value.")
    n: int | None
    countermeasures: int


class KpiAnswer(schemas.Stamp):
    month: str
    scope: str
    items: list[KpiOut]
    unaddressed: list[str] = Field(description="Missed targets without a countermeasure (未対策).")


class BandCell(Schema):
    customers: int
    mrr: str | None


class PortfolioCell(Schema):
    month: str | None
    customers: int
    mrr: str | None
    bands: dict[str, BandCell] = Field(
        description="The same customers by band: good, watch, risk, unknown, not_computed; none that is empty."
    )


class PortfolioAnswer(schemas.Stamp):
    months: list[PortfolioCell]
    overdue: PortfolioCell = Field(
        description="With a contract past its end without a decision (更新手続中)."
    )
    later: PortfolioCell
    without_end: PortfolioCell
    total: PortfolioCell
    band: None = Field(None, description="Always null: each cell has its `bands`.")


def see_numbers(request: HttpRequest) -> None:
    """403 without the right to see money."""
    if not who(request).may("revenue.view"):
        raise Forbidden(_("売上の数字を見る権限がありません。"))


def ratio(value: Fraction | Decimal | None) -> str | None:
    """A share as a decimal string of at most 12 significant digits."""
    return None if value is None else plain(exact(value))


def money(value: Decimal | None) -> str | None:
    return plain(value, 20)


@router.get(
    "/waterfall",
    response=schemas.Listed[MonthOut],
    summary=said(gettext_lazy("月ごとのウォーターフォール")),
    openapi_extra=READS,
)
def waterfalls(request: HttpRequest, query: Query[SeriesIn]) -> Any:
    """One row a month, cut at the asked day; at most 60 months."""
    see_numbers(request)
    question = asked(request, query)
    last = month_start(query.last) if query.last else last_complete_month(question.as_of)
    first = month_start(query.first) if query.first else months_before(last, 11)
    if not first <= last:
        raise invalid("first", _("始まりの月が終わりの月より後です。"))
    if (last.year - first.year) * 12 + last.month - first.month >= MONTHS:
        raise invalid("first", _("一度に読めるのは60か月までです。"))
    rows = series(question, first, last, scope_of(query))
    return {**stamp(question), "items": [_month(row) for row in rows], "next": None}


def _month(row: Any) -> dict[str, Any]:
    return {
        "month": row.month if isinstance(row.month, str) else f"{row.month:%Y-%m}",
        **{name: plain(getattr(row, name), 20) for name in MONEY},
        **{name: ratio(getattr(row, name)) for name in RATES},
        "reason": row.reason,
        "counts": {key: int(value) for key, value in row.counts.items()},
    }


@router.get(
    "/waterfall/{month}",
    response=BarsAnswer,
    summary=said(gettext_lazy("ひと月のウォーターフォール")),
    openapi_extra=READS,
)
def waterfall_month(request: HttpRequest, month: Path[Month], query: Query[TimeIn]) -> Any:
    """The bars as they are reported: the opening is the closing that was signed for the month before (締め後修正 beside it),
    更新手続中 with its contracts."""
    see_numbers(request)
    question, day = asked(request, query), month_start(month)
    pending = pending_at(question, day)
    bars = chained_waterfall(question, day, pending)
    chain = chain_of(day)
    return {
        **stamp(question),
        "month": month,
        "last_closed": f"{chain.before:%Y-%m}" if chain.before else None,
        "unclosed_before": [f"{one:%Y-%m}" for one in chain.missing],
        "bars": {key: money(value) for key, value in bars.items()},
        "pending": pending_json(request, pending),
    }


def pending_json(request: HttpRequest, pending: Any) -> list[dict[str, Any]]:
    """更新手続中(仮に継続): which contracts, for those who may see customers. `mrr` null: 換算レートなし; `held` is what it
    is in its own currencies either way."""
    shows = who(request).may("account.view")
    return [
        {
            "contract_id": one.contract if shows else None,
            "product": one.product,
            "ends_on": one.ends_on.isoformat(),
            "days": one.days,
            "mrr": None if one.units is None else money(from_units(one.units)),
            "held": [{"currency": currency, "mrr": money(from_units(units))} for currency, units in one.held],
        }
        for one in pending
    ]


@router.get("/cohorts", response=CohortsAnswer, summary=said(gettext_lazy("コホート")), openapi_extra=READS)
def cohorts(request: HttpRequest, query: Query[CohortsIn]) -> Any:
    """Who started together, and what is left of them after how many months, in customers and in MRR."""
    see_numbers(request)
    question = asked(request, query)
    found = table(Question(question, last_complete_month(question.as_of), scope_of(query)), query.by)
    return {
        **stamp(question),
        "by": found.by,
        "last_month": found.last_month,
        "unrated": len(found.unrated),
        "cohorts": [
            {
                "key": one.key,
                "size": one.size,
                "base": list(one.base),
                "retained": list(one.retained),
                "base_mrr": [money(value) for value in one.base_mrr],
                "mrr": [money(value) for value in one.mrr],
            }
            for one in found.cohorts
        ],
    }


@router.get("/ltv", response=LtvAnswer, summary=said(gettext_lazy("LTV")), openapi_extra=READS)
def ltv(request: HttpRequest, query: Query[LtvIn]) -> Any:
    """Both forms with their inputs, sources and five levers. An input that only one form has is tried there alone."""
    member, question = who(request), asked(request, query)
    scope, given = scope_of(query), overrides_of(query.set)
    found = {}
    for form in ("article", "churn"):
        spec = permitted(member, f"ltv_{form}")
        other = permitted(member, "ltv_churn" if form == "article" else "ltv_article")
        mine = {key: value for key, value in given.items() if key in spec.inputs or key not in other.inputs}
        found[form] = as_json(
            without_the_hidden(member, compute(spec.key, question, scope=scope, overrides=mine))
        )
    return {**stamp(question), **found}


@router.get(
    "/ltv/scenarios",
    response=schemas.Listed[ScenarioOut],
    summary=said(gettext_lazy("保存した LTV の試算")),
    openapi_extra=READS,
)
def ltv_scenarios(request: HttpRequest, query: Query[ScenariosIn]) -> Any:
    """What-ifs that somebody saved, newest first (the latest hundred); never calculated anew."""
    see_numbers(request)
    question = asked(request, query)
    shown, behind = by_position(scenarios(query.form), query.cursor, query.limit)
    items = [
        {
            "id": one.id,
            "name": one.name,
            "form": one.form,
            "inputs": one.inputs,
            "value": plain(one.value, 20),
            "currency": one.currency,
            "as_of": one.as_of,
            "made_by": one.made_by,
            "made_at": one.made_at,
        }
        for one in shown
    ]
    return {**stamp(question), "items": items, "next": behind}


@router.get("/kpi", response=KpiAnswer, summary=said(gettext_lazy("KGI・KPI")), openapi_extra=READS)
def kpi(request: HttpRequest, query: Query[KpiIn]) -> Any:
    """The board of a month: each figure with its target, whether it is met, and what has no countermeasure yet."""
    see_numbers(request)
    question, scope = asked(request, query), scope_of(query)
    month = month_start(query.month) if query.month else last_complete_month(question.as_of)
    found = board(Question(question, month, scope))
    tiles = [("kgi", tile) for tile in found.kgi]
    tiles += [(section.group.key, tile) for section in found.sections for tile in section.tiles]
    return {
        **stamp(question),
        "month": f"{month:%Y-%m}",
        "scope": scope.key,
        "items": [_tile(group, tile) for group, tile in tiles],
        "unaddressed": [one.metric for one in found.unaddressed],
    }


def _tile(group: str, tile: Tile) -> dict[str, Any]:
    result, target = tile.result, tile.target
    value = result.value if result else None
    goal = (
        {"id": target.id, "op": target.op, "value": plain(target.value, 20), "owner": target.owner}
        if target
        else None
    )
    return {
        "metric": tile.spec.key,
        "group": group,
        "name": str(tile.spec.name),
        "unit": result.unit if result else tile.spec.unit,
        "value": plain(value),
        "reason": None if value is not None else str(tile.figure.reason),
        "reported": plain(tile.reported),
        "target": goal,
        "met": tile.met,
        "n": result.n if result else None,
        "countermeasures": len(tile.measures),
    }


@router.get("/portfolio", response=PortfolioAnswer, summary=said(gettext_lazy("顧客ポートフォリオ")))
def portfolio(request: HttpRequest, query: Query[AccountsIn]) -> Any:
    """Customers with MRR by the month of their next contract end, twelve months from the asked day; the cells sum to the
    total. The filters are those of the customer list."""
    see_accounts(request)
    question, member = asked(request, query), who(request)
    found = grid(member, filters(query), question)
    sees = member.may("revenue.view")

    def cell(one: Cell, month: date | None) -> dict[str, Any]:
        return {
            "month": f"{month:%Y-%m}" if month else None,
            **sums(one),
            "bands": {key: sums(own) for key, own in one.bands},
        }

    def sums(one: Cell) -> dict[str, Any]:
        return {"customers": one.customers, "mrr": money(from_units(one.mrr_units)) if sees else None}

    return {
        **stamp(question),
        "months": [cell(one, one.month) for one in found.cells],
        "overdue": cell(found.overdue, None),
        "later": cell(found.later, None),
        "without_end": cell(found.none, None),
        "total": cell(found.total, None),
    }
