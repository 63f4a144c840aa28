"""The targets that the first set-up page asks for: stored as targets like any other, in force for every month."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from banso_web.core.asking import read_asked
from banso_web.core.forms import TARGETS_HELP, TARGETS_TITLE, TargetsForm
from banso_web.core.registry import SetupStep, registry
from banso_web.reports.actions.targets import set_target
from banso_web.reports.reads.targets import all_targets, in_force

if TYPE_CHECKING:
    from banso_web.members.models import Member

# What set-up asks: metric and the direction in which its target counts as met.
ASKED = {"customer_churn_monthly": "<=", "nrr_monthly": ">=", "grr_monthly": ">="}


def current() -> dict[str, Decimal]:
    """The company's targets of this month, as ratios by metric; a metric without target is absent."""
    asked = read_asked({})
    lines = all_targets(asked)
    found = {metric: in_force(lines, metric, "", asked.as_of) for metric in ASKED}
    return {metric: line.value for metric, line in found.items() if line is not None}


def save(member: Member, answers: dict[str, Any]) -> None:
    """Set what differs from now. An emptied field keeps its target: withdrawing is a deed of the KPI page."""
    before = current()
    for metric, op in ASKED.items():
        value = answers.get(metric)
        if value is not None and value != before.get(metric):
            set_target(member, metric, op=op, value=value)


STEP = SetupStep(
    key="targets",
    order=10,
    title=TARGETS_TITLE,
    help=TARGETS_HELP,
    form=TargetsForm,
    initial=current,
    save=save,
    permission="kpi.edit",
)
registry.setup_steps.append(STEP)
