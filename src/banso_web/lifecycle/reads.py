"""Tasks, goals, onboarding and the renewal sheet of one customer, as of the asked day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted
from banso_web.lifecycle.models import Goal, Onboarding, Renewal, Task
from banso_web.members.reads import people_called

if TYPE_CHECKING:
    from banso_web.members.models import Member


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
    return list(rows.exclude(state__in=("done", "closed", "cancelled")).order_by("due_on", "id")[:50])


def next_tasks(asked: Asked, account_id: int, limit: int = 2) -> list[tuple[Task, str]]:
    """The open tasks that come first, each with its owner's name."""
    todo = tasks(asked, account_id)[:limit]
    names = people_called(task.owner for task in todo)
    return [(task, names.get(task.owner, task.owner)) for task in todo]


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
