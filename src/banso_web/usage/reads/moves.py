"""担当顧客の動き: open signals, the heaviest first, and everybody who was not judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from banso.periods import week_start
from banso_web.accounts.access import visible_accounts
from banso_web.core.facts import Asked
from banso_web.usage.models import UsageAlert, UsageSnooze, UsageVerdict
from banso_web.usage.reads.beside import Beside, beside
from banso_web.usage.reads.shown import Shown, chart, shown
from banso_web.usage.reads.verdicts import Run, holding, latest_run, open_gaps

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member

SIZE, LIST_SIZE = 20, 100
ME, TEAM, ALL = "me", "team", "all"
FALLS, SMALL, UNJUDGED = "falls", "small", "unjudged"
NOT_SMALL = Q(verdict="suspended") | (Q(verdict="not_judged") & ~Q(reason="too_few"))
LISTS = {SMALL: Q(verdict="not_judged", reason="too_few"), UNJUDGED: NOT_SMALL}


@dataclass(frozen=True)
class Card:
    """One open signal with its evidence. `now`: the verdict that holds on the asked day, where it is another one by now."""

    alert: UsageAlert
    account: Account
    evidence: Shown
    beside: Beside
    picture: dict[str, Any]
    snooze: UsageSnooze | None
    now: Shown | None
    editable: bool


@dataclass(frozen=True)
class Line:
    """An account that was not judged, and why."""

    account: Account
    verdict: Shown


@dataclass(frozen=True)
class Moves:
    """counts: how many in each list. gaps: silent days that suspend the rules now, by source."""

    cards: Sequence[Card]
    lines: Sequence[Line]
    counts: Mapping[str, int]
    start: int
    size: int
    run: Run | None
    gaps: Mapping[str, tuple[date, ...]]


def scopes(member: Member) -> tuple[str, ...]:
    """Whose customers this member can ask about; the first is the usual one."""
    if member.may("account.edit_all") or member.may("account.edit_team"):
        return (TEAM, ME, ALL)
    return (ME, ALL) if member.may("account.edit_own") else (ALL,)


def accounts_in(member: Member, scope: str) -> QuerySet[Account]:
    """Visible customers of a scope: one's own, one's reports' and one's own, or all. Owners are today's."""
    rows = visible_accounts(member)
    if scope == ME:
        return rows.filter(Q(owner=member) | Q(deputy=member))
    if scope == TEAM:
        return rows.filter(
            Q(owner=member) | Q(deputy=member) | Q(owner__manager=member) | Q(deputy__manager=member)
        )
    return rows


def newest_week(day: date) -> date:
    """The Monday of the last whole week before a day."""
    return week_start(day) - timedelta(weeks=1)


def open_alerts(asked: Asked, accounts: QuerySet[Account]) -> QuerySet[UsageAlert]:
    """Raised by the asked day and not closed by then; of each account and kind the newest alone."""
    day = asked.as_of
    standing = UsageAlert.objects.filter(raised_on__lte=day).exclude(state=UsageAlert.State.WITHDRAWN)
    newer = standing.filter(
        account=OuterRef("account"), kind=OuterRef("kind"), raised_on__gt=OuterRef("raised_on")
    )
    rows = standing.exclude(state=UsageAlert.State.CLOSED, closed_on__lte=day)
    return rows.filter(~Exists(newer), account__in=accounts.order_by().values("pk"))


def moves(
    member: Member, asked: Asked, *, scope: str, which: str = FALLS, start: int = 0, size: int | None = None
) -> Moves:
    """One page of a list. The same number of queries however many customers there are."""
    inside = accounts_in(member, scope)
    alerts = open_alerts(asked, inside)
    said = holding(asked.as_of).filter(account__in=inside.order_by().values("pk"))
    counts: Counter[str] = Counter({FALLS: alerts.count()})
    for verdict, reason, number in said.order_by().values_list("verdict", "reason").annotate(Count("pk")):
        if verdict == "not_judged" and reason == "too_few":
            counts[SMALL] += number
        elif verdict in ("not_judged", "suspended"):
            counts[UNJUDGED] += number
    length = size or (SIZE if which == FALLS else LIST_SIZE)
    run = latest_run(asked.as_of)
    cards = _cards(member, asked, alerts, start, length) if which == FALLS else []
    lines = [] if which == FALLS else _lines(said.filter(LISTS[which]), start, length)
    return Moves(cards, lines, counts, start, length, run, open_gaps(run, newest_week(asked.as_of)))


def _lines(rows: QuerySet[UsageVerdict], start: int, size: int) -> list[Line]:
    found = rows.select_related("account", "account__owner").order_by("account__sort_key", "account_id")
    return [Line(row.account, shown(row)) for row in found[start : start + size]]


def _cards(member: Member, asked: Asked, alerts: QuerySet[UsageAlert], start: int, size: int) -> list[Card]:
    """By change × MRR; by the change alone for whom MRR is not to see, so that the order tells nothing."""
    bare = list(alerts.select_related("account").defer("account__search_key"))
    facts = beside(asked, [alert.account for alert in bare])
    sees_money = member.may("revenue.view")

    def weight(alert: UsageAlert) -> tuple[float, float, int]:
        mrr = (facts[alert.account_id].mrr_units or 0) if sees_money else 1
        return (alert.change * mrr, alert.change, alert.pk)

    chosen = sorted(bare, key=weight)[start : start + size]
    ids = [alert.account_id for alert in chosen]
    rows = {
        alert.pk: alert
        for alert in UsageAlert.objects.filter(pk__in=[alert.pk for alert in chosen]).select_related(
            "account", "account__owner", "verdict"
        )
    }
    now = {row.account_id: row for row in holding(asked.as_of).filter(account_id__in=ids)}
    quiet = snoozes(ids, asked.as_of)
    mine = _editable(member)
    return [
        _card(rows[alert.pk], facts[alert.account_id], now.get(alert.account_id), quiet, mine)
        for alert in chosen
    ]


def _card(
    alert: UsageAlert,
    facts: Beside,
    now: UsageVerdict | None,
    quiet: Mapping[int, UsageSnooze],
    mine: set[int] | None,
) -> Card:
    told, account = shown(alert.verdict), alert.account
    changed = now is not None and now.pk != alert.verdict_id
    return Card(
        alert=alert,
        account=account,
        evidence=told,
        beside=facts,
        picture=chart(told),
        snooze=quiet.get(account.pk),
        now=shown(now) if changed and now is not None else None,
        editable=mine is None or bool({account.owner_id, account.deputy_id} & mine),
    )


def snoozes(ids: Sequence[int], day: date) -> dict[int, UsageSnooze]:
    """{account: the quiet time that runs on a day}."""
    rows = UsageSnooze.objects.filter(account_id__in=ids, since__lte=day, until__gte=day)
    return {row.account_id: row for row in rows.select_related("made_by").order_by("until")}


def _editable(member: Member) -> set[int] | None:
    """Owners whose customers this member may edit; None: everybody's. As `accounts.access.may_edit`, for many at once."""
    if member.may("account.edit_all"):
        return None
    mine = {member.pk} if member.may("account.edit_own") else set()
    if member.may("account.edit_team"):
        mine |= set(member.reports.values_list("pk", flat=True))
    return mine
