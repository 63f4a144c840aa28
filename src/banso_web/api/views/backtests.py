"""バックテスト: how good a scorecard has been."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import in_memory
from banso_web.api.question import Given, PageIn, asked, stamp
from banso_web.api.views.accounts import now
from banso_web.api.words import said
from banso_web.core.errors import Forbidden, NotVisible
from banso_web.health.actions.backtesting import ask
from banso_web.health.jobs import backtest
from banso_web.health.reads.backtests import as_json, every_run, one_run

router = Router(tags=["health"])
WRITE = {SCOPE: "write"}


class BacktestOut(Schema):
    id: int
    scorecard: str
    version: str
    as_of: date
    watermark: int = Field(description="What was entered later is not in it.")
    months: int
    horizon: int = Field(description="Days within which churn counts.")
    capacity: int | None = Field(
        description="Accounts a member can look at in a month; null: the riskiest tenth."
    )
    state: str = Field(description="waiting, running, done or failed.")
    done: int = Field(description="Months built so far.")


class BacktestWhole(BacktestOut):
    result: dict[str, Any] | None = Field(
        description="As `banso backtest --json`: score, model, drift, assumed. A number that cannot be said is null, with its reason."
    )


class BacktestAnswer(schemas.Stamp):
    backtest: BacktestWhole


class BacktestIn(Given):
    scorecard: Annotated[str, Field(max_length=80)] = "standard"
    horizon: int = 90
    months: int = 24
    capacity: int | None = None


class BacktestsIn(PageIn):
    scorecard: str = Field("", description="Of this scorecard alone.", max_length=80)


def _see(request: HttpRequest) -> None:
    if not who(request).may("revenue.view"):
        raise Forbidden(_("バックテストを見る権限がありません。"))


@router.get(
    "/backtests", response=schemas.Listed[BacktestOut], summary=said(gettext_lazy("バックテストの一覧"))
)
def list_backtests(request: HttpRequest, query: Query[BacktestsIn]) -> Any:
    """Back-tests that were asked for, the oldest first."""
    _see(request)
    shown, behind = in_memory(
        every_run(query.scorecard), query.cursor, query.limit, lambda one: (one["id"],), [int]
    )
    return {**stamp(asked(request, query)), "items": shown, "next": behind}


@router.get("/backtests/{run}", response=BacktestAnswer, summary=said(gettext_lazy("バックテストの結果")))
def get_backtest(request: HttpRequest, run: Path[Annotated[int, Field(ge=1, lt=2**31)]]) -> Any:
    """One back-test with its result, once it is done."""
    _see(request)
    found = one_run(run)
    if found is None:
        raise NotVisible
    return {**stamp(now()), "backtest": as_json(found)}


@router.post("/backtests", response={202: BacktestAnswer}, summary=said(gettext_lazy("バックテストを始める")), openapi_extra=WRITE)  # fmt: skip
def post_backtest(request: HttpRequest, body: BacktestIn) -> Any:
    """The worker builds the past again; ask for the result by its id. Needs the right to edit all customers."""
    run = ask(
        body.scorecard, actor=who(request), horizon=body.horizon, months=body.months, capacity=body.capacity
    )
    backtest.enqueue(run.pk)
    return Status(202, {**stamp(now()), "backtest": as_json(run)})
