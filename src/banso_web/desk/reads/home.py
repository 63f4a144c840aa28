"""The home page's blocks, by what a member may see and does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from banso_web.core import metrics
from banso_web.core.facts import Asked
from banso_web.core.ui.figures import Figure
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import ListQuery, Totals, customers, totals

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member

SHOWN = 8
QUIET_DAYS = 45
NEAR_DAYS = 90
BOARD = ("nrr_monthly", "grr_monthly", "customer_churn_monthly", "mrr")
KINDS = {metrics.RATIO: "pct", metrics.MONEY: "money", metrics.COUNT: "count", metrics.NUMBER: "number"}


@dataclass(frozen=True)
class Book:
    """A member's own customers: totals, the nearest ends, and those nobody has spoken to."""

    totals: Totals
    ending: Sequence[Account | snapshot.Then]
    quiet: Sequence[Account | snapshot.Then]


@dataclass(frozen=True)
class Home:
    """What the home shows. None where the reader's roles have no part in it."""

    figures: list[Figure]
    month: date | None
    book: Book | None
    company: Book | None


def last_full_month(day: date) -> date:
    """First day of the month before the day's: the latest one that can be closed."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _book(member: Member, asked: Asked, owner: str) -> Book:
    return _book_today(member, asked, owner) if asked.is_today else _book_then(member, asked, owner)


def _book_today(member: Member, asked: Asked, owner: str) -> Book:
    day = asked.today
    mine = customers(member, ListQuery(owner=owner), day)
    active = mine.filter(mrr_units__gt=0)
    ending = active.filter(renewal_on__gte=day, renewal_on__lte=day + timedelta(days=NEAR_DAYS)).order_by(
        "renewal_on", "pk"
    )
    quiet = customers(member, ListQuery(owner=owner, silent_days=QUIET_DAYS, state="active"), day).order_by(
        "-mrr_units", "pk"
    )
    return Book(
        totals(mine, asked.watermark, f"home:{owner}:{member.pk}"), list(ending[:SHOWN]), list(quiet[:SHOWN])
    )


def _book_then(member: Member, asked: Asked, owner: str) -> Book:
    """The same of another day, from that day's list."""
    mine = snapshot.chosen(member, ListQuery(owner=owner), asked)
    near = snapshot.chosen(member, ListQuery(owner=owner, renewal_days=NEAR_DAYS, state="active"), asked)
    quiet = snapshot.chosen(member, ListQuery(owner=owner, silent_days=QUIET_DAYS, state="active"), asked)
    near.sort(key=lambda row: (row.renewal_on or date.max, row.pk))
    quiet.sort(key=lambda row: (-row.mrr_units, row.pk))
    return Book(Totals(len(mine), sum(row.mrr_units for row in mine)), near[:SHOWN], quiet[:SHOWN])


def _figure(key: str, asked: Asked, month: date) -> Figure:
    spec = metrics.catalogue[key]
    result = metrics.compute(key, asked, month=month if spec.monthly else None)
    query = f"metric={key}&month={month:%Y-%m}" if spec.monthly else f"metric={key}"
    return Figure(
        label=spec.name,
        value=result.value,
        kind=KINDS.get(spec.unit, "number"),
        state="" if result.value is not None else "not_computable",
        reason=str(result.reason or ""),
        n=result.n,
        metric=key,
        version=result.version,
        rows_url=f"{reverse('kpi_rows')}?{query}",
    )


def home(member: Member, asked: Asked) -> Home:
    """Everything the home shows, as of the asked day."""
    month = last_full_month(asked.as_of)
    sees_money = member.may("revenue.view")
    figures = [_figure(key, asked, month) for key in BOARD] if sees_money else []
    works = member.may("account.edit_own")
    leads = member.may("account.edit_all") or member.may("account.edit_team")
    return Home(
        figures=figures,
        month=month if figures else None,
        book=_book(member, asked, "me") if works else None,
        company=_book(member, asked, "") if leads else None,
    )


def first_steps() -> list[tuple[str, str]]:
    """What an empty instance offers: (words, url name)."""
    return [
        (_("顧客一覧と契約台帳を取り込む"), "imports"),
        (_("目標と数え方を決める"), "settings"),
        (_("メンバーを招く"), "members"),
    ]
