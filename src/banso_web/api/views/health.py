"""Health: what a scorecard says of each customer, with what it stands on; one customer's course."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema
from pydantic import Field

from banso.health import Contribution, Reading
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.counting import called
from banso_web.api import schemas
from banso_web.api.identity import who
from banso_web.api.paging import in_memory
from banso_web.api.question import Day, PageIn, TimeIn, asked, stamp
from banso_web.api.reads import accounts as account_reads
from banso_web.api.views.accounts import Code, see_accounts
from banso_web.api.words import said
from banso_web.core.errors import Refused
from banso_web.core.metrics import exact, plain
from banso_web.health.reads import history, reading
from banso_web.health.reads.bands import bands_on
from banso_web.health.signals import SIGNALS
from banso_web.health.words import BAND_KEYS, BAND_MARKS

if TYPE_CHECKING:
    from banso_web.members.models import Member

router = Router(tags=["health"])
BANDS = "good, watch, risk or unknown."


class PartOut(Schema):
    signal: str
    read: str = Field(description="The signal that was read: another one where it stands in.")
    state: str = Field(
        description="known, not_collected, not_applicable, no_answer, stopped or gap (docs/decisions/0011)."
    )
    value: str | None
    weight: str
    points: str | None = Field(description="0 to 100; null where the part does not count.")
    contribution: str | None = Field(description="weight × points ÷ known weight; these add up to the value.")
    fresh_on: date | None
    hidden: bool = Field(description="The caller may not see what it stands on.")


class ReadingOut(Schema):
    scorecard: str
    value: str | None
    low: str | None = Field(description="Bands stand on it.")
    high: str | None
    completeness: str
    band: str = Field(description=BANDS)
    held_band: str | None = Field(description="The last band that was neither frozen nor unknown.")
    frozen: bool
    parts: list[PartOut]
    reasons: list[str]


class HealthAnswer(schemas.Stamp):
    account_id: str
    reading: ReadingOut | None = Field(description="null where nobody counts the customer on the day.")


class BandOut(Schema):
    account_id: str
    name: str
    band: str = Field(description=BANDS)
    held_band: str | None
    value: str | None
    low: str | None
    frozen: bool


class ReadingsIn(PageIn):
    band: str | None = Field(None, pattern="^(good|watch|risk|unknown)$", description=BANDS)


class KeptOut(Schema):
    on: date
    band: str
    value: str | None
    low: str | None
    high: str | None
    completeness: str
    frozen: bool
    stale: bool = Field(description="A late fact touches it, and it waits to be computed again.")


class HistoryIn(TimeIn):
    first: Day | None = Field(None, alias="from", description="The first day, inclusive (180 days before).")


class HistoryAnswer(schemas.Stamp):
    account_id: str
    days: list[KeptOut]


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.12g}"


def _number(value: Fraction | None) -> str | None:
    return None if value is None else plain(exact(value))


def _part(member: Member, one: Contribution) -> dict[str, Any]:
    signal = SIGNALS[one.by]
    hidden = bool(signal.see) and not member.may(signal.see)
    return {
        "signal": one.key,
        "read": one.by,
        "state": str(one.state),
        "value": None if hidden or one.value is None else str(one.value),
        "weight": str(one.weight),
        "points": None if hidden else _number(one.points),
        "contribution": None if hidden else _number(one.amount),
        "fresh_on": one.fresh_on,
        "hidden": hidden,
    }


def _reading(member: Member, told: Reading) -> dict[str, Any]:
    return {
        "scorecard": told.scorecard.version,
        "value": _number(told.value),
        "low": _number(told.low),
        "high": _number(told.high),
        "completeness": _number(told.completeness),
        "band": BAND_MARKS[told.band],
        "held_band": BAND_MARKS[told.held] if told.held is not None else None,
        "frozen": told.frozen,
        "parts": [_part(member, one) for one in told.contributions],
        "reasons": [one.code for one in told.reasons],
    }


@router.get("/accounts/{account}/health", response=HealthAnswer, summary=said(gettext_lazy("顧客のヘルス")))
def account_health(request: HttpRequest, query: Query[TimeIn], account: Path[Code]) -> Any:
    """The customer's reading on the asked day, exact, with each part's weight × points."""
    question, member = asked(request, query), who(request)
    row = account_reads.find(member, account)
    found = reading(question, row.pk)
    told = found.reading if found else None
    return {
        **stamp(question),
        "account_id": row.code,
        "reading": None if told is None else _reading(member, told),
    }


@router.get(
    "/accounts/{account}/health/history",
    response=HistoryAnswer,
    summary=said(gettext_lazy("顧客のヘルスの推移")),
)
def account_health_history(request: HttpRequest, query: Query[HistoryIn], account: Path[Code]) -> Any:
    """The kept days up to the asked one: at most 400 days back, and before them the last days of months."""
    question = asked(request, query)
    row = account_reads.find(who(request), account)
    if question.known_at is not None or question.pinned:
        raise Refused(_("推移は、いま分かっている記録で保存した日だけを返します。known_at や watermark を付けずに指定するか、日ごとに /health を呼んでください。"), code="only_as_known_now")  # fmt: skip
    days = history(row.pk, query.first or question.as_of - timedelta(days=180), question.as_of)
    listed = [
        {
            "on": day.day,
            "band": BAND_MARKS[day.band],
            "value": _text(day.value),
            "low": _text(day.low),
            "high": _text(day.high),
            "completeness": _text(day.known),
            "frozen": day.frozen,
            "stale": day.stale,
        }
        for day in days
    ]
    return {**stamp(question), "account_id": row.code, "days": listed}


@router.get("/readings", response=schemas.Listed[BandOut], summary=said(gettext_lazy("ヘルスの一覧")))
def list_readings(request: HttpRequest, query: Query[ReadingsIn]) -> Any:
    """The band of every customer that is counted on the asked day. Empty where the day is not kept and there are too many customers to
    compute it at once. In order of account id."""
    see_accounts(request)
    question = asked(request, query)
    bands = bands_on(question) or {}
    seen = set(visible_accounts(who(request)).values_list("pk", flat=True)) & bands.keys()
    if query.band:
        code = BAND_KEYS.index(query.band)
        seen = {key for key in seen if bands[key].band == code}
    names = called(seen)
    shown, behind = in_memory([names[key] for key in seen], query.cursor, query.limit, lambda one: (one.code,), [str])  # fmt: skip
    items = [
        {
            "account_id": one.code,
            "name": one.name,
            "band": BAND_KEYS[(told := bands[one.id]).band],
            "held_band": None if told.held is None else BAND_KEYS[told.held],
            "value": _text(told.value),
            "low": _text(told.low),
            "frozen": told.frozen,
        }
        for one in shown
    ]
    return {**stamp(question), "items": items, "next": behind}
