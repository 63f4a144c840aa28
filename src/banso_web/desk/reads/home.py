"""The home page's blocks, by what a member may see and does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from banso_web.accounts.counting import CHUNK
from banso_web.accounts.reads.lists import any_account
from banso_web.core import settings_store
from banso_web.core.facts import Asked
from banso_web.core.metrics import Scope
from banso_web.core.ui.figures import Figure
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import ACTIVE, ListQuery, Totals, customers, overdue, totals
from banso_web.desk.reads.portfolio import Grid, grid
from banso_web.members.reads import Waiting, waiting
from banso_web.reports.question import Question
from banso_web.reports.reads.board import Board, Unaddressed, board
from banso_web.usage.reads.moves import ME, TEAM, Moves, moves
from banso_web.voice.reads import Heard, heard_lately

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member
    from banso_web.revenue.reads.renewals import Pending

SHOWN = 8
MOVES = 5
QUIET_DAYS, NEAR_DAYS = "home.quiet_days", "home.near_days"
BOARD = ("nrr_monthly", "grr_monthly", "customer_churn_monthly", "mrr")
# Whom no list of customers is for reads more of the figures.
WIDER = (*BOARD, "nrr_12m", "arr", "planned_churn_mrr", "ltv_churn", "renewal_rate")


@dataclass(frozen=True)
class Ending:
    """A customer with the end of a contract. `over`: days since, where it is past its end without a decision (期限超過)."""

    row: Account | snapshot.Then
    on: date | None
    over: int = 0


@dataclass(frozen=True)
class Book:
    """Customers of a member or of everybody: totals, ends (those past first, then the nearest), and those nobody has
    spoken to."""

    totals: Totals
    ending: Sequence[Ending]
    quiet: Sequence[Account | snapshot.Then]


@dataclass(frozen=True)
class Home:
    """What the home shows. None or empty where the reader's roles have no part in it.

    largest: of the contracts that end soon, those with the most MRR. near, quiet: the days the lists stand on.
    """

    figures: list[Figure]
    month: date | None
    book: Book | None
    company: Book | None
    unaddressed: tuple[Unaddressed, ...]
    grid: Grid | None
    largest: Sequence[Account | snapshot.Then]
    voices: Sequence[Heard]
    waiting: Waiting | None
    near: int
    quiet: int

    @property
    def is_bare(self) -> bool:
        """Nothing at all is there for this reader."""
        return not (self.figures or self.book or self.company or self.voices or self.waiting)


def last_full_month(day: date) -> date:
    """First day of the month before the day's: the latest one that can be closed."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


@dataclass(frozen=True)
class _Days:
    near: int
    quiet: int


def _book(member: Member, asked: Asked, owner: str, days: _Days) -> Book:
    return (
        _book_today(member, asked, owner, days) if asked.is_today else _book_then(member, asked, owner, days)
    )


def _book_today(member: Member, asked: Asked, owner: str, days: _Days) -> Book:
    day = asked.today
    mine = customers(member, ListQuery(owner=owner), day)
    active = mine.filter(ACTIVE)
    ending = active.filter(renewal_on__gte=day, renewal_on__lte=day + timedelta(days=days.near)).order_by(
        "renewal_on", "pk"
    )
    quiet = customers(member, ListQuery(owner=owner, silent_days=days.quiet, state="active"), day).order_by(
        "-mrr_units", "pk"
    )
    late = overdue(asked)
    past = {row.pk: row for start in range(0, len(late), CHUNK) for row in mine.filter(
        ACTIVE, pk__in=list(late)[start : start + CHUNK]
    )}  # fmt: skip
    return Book(
        totals(mine, asked.watermark, f"home:{owner}:{member.pk}"),
        _ends(past, late, ending[: SHOWN + len(past)]),
        list(quiet[:SHOWN]),
    )


def _ends(
    past: Mapping[int, Account | snapshot.Then],
    late: Mapping[int, Pending],
    near: Iterable[Account | snapshot.Then],
) -> list[Ending]:
    """Those past their end, the longest first, then those whose end comes; each customer once."""
    first = [Ending(past[key], one.ends_on, one.days) for key, one in late.items() if key in past]
    coming = [Ending(row, row.renewal_on) for row in near if row.pk not in past]
    return [*first[:SHOWN], *coming[:SHOWN]]


def _book_then(member: Member, asked: Asked, owner: str, days: _Days) -> Book:
    """The same of another day, from that day's list."""
    mine = snapshot.chosen(member, ListQuery(owner=owner), asked)
    near = snapshot.chosen(member, ListQuery(owner=owner, renewal_days=days.near, state="active"), asked)
    quiet = snapshot.chosen(member, ListQuery(owner=owner, silent_days=days.quiet, state="active"), asked)
    near.sort(key=lambda row: (row.renewal_on or date.max, row.pk))
    quiet.sort(key=lambda row: (-row.mrr_units, row.pk))
    late = overdue(asked)
    past = {row.pk: row for row in mine if row.pk in late and (row.mrr_units > 0 or row.mrr_unrated)}
    return Book(snapshot.totals_of(mine), _ends(past, late, near), quiet[:SHOWN])


def _largest(member: Member, asked: Asked, near: int) -> Sequence[Account | snapshot.Then]:
    """Contracts that end within the days, the most MRR first."""
    query = ListQuery(renewal_days=near, state="active")
    if asked.is_today:
        return list(customers(member, query, asked.today).order_by("-mrr_units", "pk")[:SHOWN])
    rows = snapshot.chosen(member, query, asked)
    return sorted(rows, key=lambda row: (-row.mrr_units, row.pk))[:SHOWN]


def home(member: Member, asked: Asked) -> Home:
    """Everything the home shows, as of the asked day."""
    month = last_full_month(asked.as_of)
    days = _Days(int(settings_store.get(NEAR_DAYS)), int(settings_store.get(QUIET_DAYS)))
    works = member.may("account.edit_own")
    leads = member.may("account.edit_all") or member.may("account.edit_team")
    shown = board(Question(asked, month, Scope())) if member.may("revenue.view") else None
    looks_on = shown is not None and not works and not leads
    return Home(
        figures=_figures(shown, WIDER if looks_on else BOARD),
        month=month if shown else None,
        book=_book(member, asked, "me", days) if works else None,
        company=_book(member, asked, "", days) if leads else None,
        unaddressed=shown.unaddressed if shown and member.may("kpi.edit") else (),
        grid=grid(member, ListQuery(), asked) if shown and (leads or looks_on) else None,
        largest=_largest(member, asked, days.near) if looks_on and member.may("account.view") else (),
        voices=heard_lately(member, asked, SHOWN)
        if member.may("account.view") and not works and shown is None
        else (),
        waiting=waiting() if member.may("member.manage") else None,
        near=days.near,
        quiet=days.quiet,
    )


def moving(member: Member, asked: Asked, *, team: bool) -> Moves:
    """担当顧客の動き: the heaviest open signals of one's own customers, or of the team's."""
    return moves(member, asked, scope=TEAM if team else ME, size=MOVES)


def _figures(shown: Board | None, keys: Sequence[str]) -> list[Figure]:
    """The board's own figures, with their targets, in this order; what the board does not hold is left out."""
    found = {tile.line.key: tile.figure for tile in shown.tiles} if shown else {}
    return [found[key] for key in keys if key in found]


def first_steps(member: Member) -> list[tuple[str, str]]:
    """What an instance without customers offers this reader: (words, url name). Only what they may do."""
    if any_account():
        return []
    steps = [
        (_("顧客一覧と契約台帳を取り込む"), "imports", "import.run"),
        (_("目標と数え方を決める"), "settings_setup", "settings.edit"),
        (_("メンバーを招く"), "invitations", "member.manage"),
    ]
    return [(words, name) for words, name, permission in steps if member.may(permission)]
