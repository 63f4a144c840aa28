"""Tasks, renewals, goals and onboarding as files bring them."""

from __future__ import annotations

from collections.abc import Sequence

from banso_web.core.facts import FactKind
from banso_web.core.imports import Context, Field, HappeningHandler, Problem, Result, Row, resolvers
from banso_web.core.registry import registry
from banso_web.lifecycle.models import Goal, Onboarding, Renewal, Task

ACCOUNT = Field("account_id", reference="accounts")


class TasksHandler(HappeningHandler[Task]):
    def __init__(self) -> None:
        super().__init__(
            key="tasks",
            model=Task,
            identity=("task_id",),
            on="",
            fields=(
                ACCOUNT,
                Field("title"),
                Field("owner"),
                Field("due_on", blank=None),
                Field("state", blank="open"),
            ),
        )


class RenewalsHandler(HappeningHandler[Renewal]):
    """A line names only its contract; without the contract nobody knows whose it is, so such a line is refused."""

    def __init__(self) -> None:
        super().__init__(
            key="renewals",
            model=Renewal,
            identity=("contract_id",),
            on="",
            fields=(
                Field("contract_id", reference="contracts"),
                Field("forecast"),
                Field("amount", blank=None),
                Field("next_action"),
                Field("note"),
            ),
        )

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        codes = [row.values["contract_id"] for row in rows]
        known = set(resolvers["contracts"].find(codes, context)) | context.brought.get("contracts", set())
        known |= context.missing.get("contracts", set())  # a movement of this run makes it
        good = [row for row in rows if row.values["contract_id"] in known]
        results = iter(super().look(good, context))
        return [next(results) if row.values["contract_id"] in known else _unknown(row) for row in rows]


def _unknown(row: Row) -> Problem:
    return Problem(row.number, "contract_id", "unknown_contract", {"id": row.values["contract_id"]})


class GoalsHandler(HappeningHandler[Goal]):
    def __init__(self) -> None:
        super().__init__(
            key="goals",
            model=Goal,
            identity=("goal_id",),
            on="agreed_on",
            fields=(
                ACCOUNT,
                Field("metric"),
                *(Field(name, blank=None) for name in ("baseline", "target", "due_on", "agreed_on")),
                Field("approver"),
            ),
        )


class OnboardingHandler(HappeningHandler[Onboarding]):
    def __init__(self) -> None:
        super().__init__(
            key="onboarding",
            model=Onboarding,
            identity=("account_id", "template", "started_on"),
            on="started_on",
            fields=(
                ACCOUNT,
                Field("template"),
                Field("started_on", blank=None),
                Field("completed_on", blank=None),
            ),
            check=_onboarding_problem,
        )


def _onboarding_problem(row: Row) -> Problem | None:
    started, done = row.get("started_on"), row.get("completed_on")
    if started and done and done < started:
        return Problem(
            row.number, "completed_on", "end_before_start", {"start": str(started), "end": str(done)}
        )
    return None


registry.file_handlers["tasks"] = TasksHandler
registry.file_handlers["renewals"] = RenewalsHandler
registry.file_handlers["goals"] = GoalsHandler
registry.file_handlers["onboarding"] = OnboardingHandler
registry.facts["tasks"] = FactKind("tasks", "task", Task, span=("due_on",), own=True)
registry.facts["renewals"] = FactKind(
    "renewals", "renewal", Renewal, account="contract__account", hidden={"amount": "price.view"}, own=True
)
registry.facts["goals"] = FactKind(
    "goals", "goal", Goal, since=("agreed_on",), undated=True, span=("due_on",), own=True
)
registry.facts["onboarding"] = FactKind(
    "onboarding",
    "onboarding_project",
    Onboarding,
    since=("started_on",),
    later={"completed_on": ()},
    own=True,
)
