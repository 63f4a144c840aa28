"""What every read may be asked: the day, what was known, the watermark; whom a number is about; one page of a list."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from banso_web.api.problems import invalid
from banso_web.core import clock
from banso_web.core.asking import read_asked
from banso_web.core.facts import Asked
from banso_web.core.metrics import Scope
from banso_web.members.reads import ids_by_code

MONTHS = r"^(199\d|20\d{2}|21[0-8]\d)-(0[1-9]|1[0-2])$"
FIRST, LAST = date(1990, 1, 1), date(2190, 1, 1)
LIMIT = 200
BIG = 2**63 - 1


def _day(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            found = date.min
        if FIRST <= found <= LAST:
            return found
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise ValueError(_("日付は 1990-01-01 から 2190-01-01 までの、2026-11-24 の形にしてください。"))


def _month(value: Any) -> Any:
    if value is None or (isinstance(value, str) and re.fullmatch(MONTHS, value, re.ASCII)):
        return value
    raise ValueError(_("月は 1990-01 から 2189-12 までの、2026-10 の形にしてください。"))


def _moment(value: Any) -> Any:
    """A bare day means its end; without offset it is Japan's time; a `+` that became a space is mended."""
    if value is None or isinstance(value, datetime):
        return value
    text = str(value)
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            found = datetime.combine(date.fromisoformat(text), time.max)
        else:
            found = datetime.fromisoformat(re.sub(r"(:\d{2}(?:\.\d+)?) (\d{2}:?\d{2})$", r"\1+\2", text))
        if FIRST <= found.date() <= LAST:
            return found if found.tzinfo else found.replace(tzinfo=clock.JST)
    except ValueError:
        pass
    raise ValueError(_("日時は 2026-11-24T09:00:00+09:00 の形にしてください。"))


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Month = Annotated[str, BeforeValidator(_month), WithJsonSchema({"type": "string", "pattern": MONTHS})]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-11-24T09:00:00+09:00"]}),
]
Id = Annotated[int, Field(ge=1, le=BIG)]


_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def _unkept(value: Any) -> bool:
    """Whether a text holds what no database keeps: NUL, or half of a surrogate pair (`"\\ud83d"` is JSON)."""
    if isinstance(value, str):
        return bool(_NOT_KEPT.search(value))
    if isinstance(value, dict):
        return any(_unkept(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(_unkept(one) for one in value)


class Given(Schema):
    """Base of everything a caller sends: what is not named is refused."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _kept_text(cls, sent: Any) -> Any:
        """PostgreSQL keeps no NUL, and nothing keeps half a character: refused here, whatever the database is."""
        if _unkept(getattr(sent, "_obj", sent)):
            raise ValueError(_("この文字は使えません。"))
        return sent


class TimeIn(Schema):
    """The time part of a question."""

    as_of: Day | None = Field(
        None, description="What was so at the end of this day (default: today, Asia/Tokyo)."
    )
    known_at: Moment | None = Field(
        None, description="Only what the company had recorded by then (default: all that is known now)."
    )
    watermark: int | None = Field(
        None,
        ge=0,
        le=BIG,
        description="Only what had been entered up to this number: the same answer for ever.",
    )


class PageIn(TimeIn):
    """A question with a place in a list."""

    limit: int = Field(50, ge=1, le=LIMIT, description="How many items at most.")
    cursor: str | None = Field(None, max_length=2000, description="`next` of the page before.")


def asked(request: HttpRequest, query: TimeIn) -> Asked:
    """The question's time part; the request keeps it, so that the answer can say it."""
    named = {
        "as_of": query.as_of.isoformat() if query.as_of else "",
        "watermark": "" if query.watermark is None else str(query.watermark),
    }
    if query.known_at is not None:
        named["known_at"] = query.known_at.isoformat()
    found = read_asked(named)
    request.asked = found  # type: ignore[attr-defined]
    return found


def stamp(question: Asked) -> dict[str, Any]:
    """What every answer says of the question it answers."""
    known = question.known_at.isoformat() if question.known_at else None
    return {"as_of": question.as_of, "known_at": known, "watermark": question.watermark}


class ScopeIn(Schema):
    """Whom a number is about. Nothing: the whole company."""

    segment: str | None = Field(None, max_length=100)
    team: str | None = Field(None, max_length=200, description="member_id of the manager whose team it is.")
    owner: str | None = Field(None, max_length=200, description="member_id of the 主担当.")
    touch: str | None = Field(None, pattern="^(high|low|tech)$")
    group: bool = Field(False, description="Count 企業グループ (top parents) as one customer.")


def scope_of(query: ScopeIn) -> Scope:
    """The scope by internal ids; Stop 422 for a member that does not exist."""
    wanted = {name: code for name, code in (("team", query.team), ("owner", query.owner)) if code}
    found = ids_by_code(wanted.values()) if wanted else {}
    for name, code in wanted.items():
        if code not in found:
            raise invalid(name, _("この member_id のメンバーはいません。"))
    return Scope(
        segment=query.segment or None,
        team=found.get(query.team or ""),
        owner=found.get(query.owner or ""),
        touch=query.touch,
        group=query.group,
    )


def overrides_of(pairs: list[str]) -> dict[str, Decimal]:
    """`set=key=value` pairs: a number, or a percentage (`70%`)."""
    found: dict[str, Decimal] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        number = text.strip().replace(",", "")
        try:
            value = Decimal(number[:-1]) / 100 if number.endswith("%") else Decimal(number)
        except InvalidOperation:
            value = Decimal("NaN")
        if not equals or not value.is_finite() or abs(value) >= Decimal(10) ** 15:
            raise invalid("set", _("key=数値 の形で指定してください(例: gross_margin=0.7)。"))
        found[key.strip()] = value
    return found
