"""Tasks, goals, onboarding and the renewal sheet of one customer, as of the asked day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from banso_web.accounts.access import visible_accounts
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted, current_watermark
from banso_web.core.facts.happenings import effective
from banso_web.core.models import Entry
from banso_web.lifecycle.models import HEARING, Goal, Onboarding, Renewal, Task
from banso_web.members.reads import people_called

if TYPE_CHECKING:
    from banso_web.members.models import Member


OVER = ("done", "closed", "cancelled")


def goals(asked: Asked, account_id: int) -> list[Goal]:
    """Success metrics agreed (or still to be agreed) by the asked day."""
    rows = counted(Goal, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id)
    )
    return [
        row for row in rows.order_by("due_on", "id") if row.agreed_on is None or row.agreed_on <= asked.as_of
    ]


def tasks(asked: Asked, account_id: int) -> list[Task]:
    """Open tasks, the earliest due first."""
    rows = counted(Task, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id)
    )
    return list(rows.exclude(state__in=OVER).order_by("due_on", "id")[:50])


def next_tasks(asked: Asked, account_id: int, limit: int = 2) -> list[tuple[Task, str]]:
    """The open tasks that come first, each with its owner's name."""
    todo = tasks(asked, account_id)[:limit]
    names = people_called(task.owner for task in todo)
    return [(task, names.get(task.owner, task.owner)) for task in todo]


@dataclass(frozen=True)
class Hearing:
    """An open 能動ヒアリング: by whom, and until when."""

    owner: str
    due_on: date | None


def open_hearings(asked: Asked, account_ids: Collection[int]) -> dict[int, Hearing]:
    """{customer: its open 能動ヒアリング} of these customers."""
    merged, wanted = merges(asked.watermark, asked.known_at), set(account_ids)
    rows = (
        counted(Task, asked.watermark, asked.known_at)
        .filter(code__startswith=HEARING)
        .exclude(state__in=OVER)
    )
    held = [
        (merged.get(account, account), owner, due)
        for account, owner, due in rows.order_by("id").values_list("account_id", "owner", "due_on")
    ]
    kept = [one for one in held if one[0] in wanted]
    names = people_called(owner for _account, owner, _due in kept)
    return {account: Hearing(names.get(owner, owner), due) for account, owner, due in kept}


@dataclass(frozen=True)
class Todo:
    """An open task with its customer."""

    account_id: int
    account: str
    title: str
    due_on: date | None


def own_tasks(member: Member, asked: Asked, limit: int) -> list[Todo]:
    """Open tasks that name this member as owner, the earliest due first."""
    rows = counted(Task, asked.watermark, asked.known_at).filter(
        owner__in={member.code, member.name}, account__in=visible_accounts(member).order_by()
    )
    found = rows.exclude(state__in=OVER).select_related("account").order_by("due_on", "id")[:limit]
    return [Todo(row.account_id, row.account.name, row.title, row.due_on) for row in found]


@dataclass(frozen=True)
class Entered:
    """`accounts`: for whom the entry's tasks are. `followed`: a later standing entry changes one of them."""

    accounts: set[int]
    followed: bool


def tasked_by(entry: Entry) -> Entered:
    """The tasks of an entry."""
    rows = dict(Task.objects.filter(entry=entry).values_list("code", "account_id"))
    later = Task.objects.filter(
        effective(current_watermark()), code__in=list(rows), entry__seq__gt=entry.seq or 0
    )
    return Entered(set(rows.values()), bool(rows) and later.exists())


def onboardings(asked: Asked, account_id: int) -> list[Onboarding]:
    """Onboarding projects begun by the asked day."""
    rows = counted(Onboarding, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id)
    )
    return list(rows.filter(started_on__lte=asked.as_of).order_by("-started_on"))


def renewal_sheet(asked: Asked, account_id: int) -> list[Renewal]:
    """Lines of the renewal sheet of the customer's contracts."""
    rows = counted(Renewal, asked.watermark, asked.known_at)
    return list(
        rows.filter(contract__account_id__in=accounts_of(asked, account_id)).select_related("contract")
    )


def success(member: Member, account_id: int, asked: Asked) -> dict[str, Any] | None:
    """The first block of the customer page: goals, what to do next, onboarding, and the renewal sheet."""
    todo = tasks(asked, account_id)
    names = people_called(task.owner for task in todo)
    return {
        "goals": goals(asked, account_id),
        "tasks": [(task, names.get(task.owner, task.owner)) for task in todo],
        "onboardings": onboardings(asked, account_id),
        "renewals": renewal_sheet(asked, account_id),
        "priced": member.may("price.view"),
        "day": asked.as_of,
    }
