"""Targets: every version that counts, the one in force for a month, and whether a value meets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from banso_web.core.facts import Asked, Memo, counted, last_change
from banso_web.core.metrics import Scope
from banso_web.members.reads import people_called
from banso_web.reports.models import Target
from banso_web.revenue.reads.months import last_day

MONTH, FISCAL_YEAR = "month", "fiscal_year"


@dataclass(frozen=True)
class TargetLine:
    """One version of a target. `scope` is the text form of `Scope.key`; `effective_on` None: since always."""

    id: int
    code: str
    metric: str
    scope: str
    period: str
    op: str
    value: Decimal
    owner: str
    effective_on: date | None
    entered: int

    def met_by(self, value: Decimal) -> bool:
        """Inclusive: exactly the target is 達成."""
        return value <= self.value if self.op == "<=" else value >= self.value


_targets: Memo[tuple[TargetLine, ...]] = Memo(16)


def all_targets(asked: Asked) -> tuple[TargetLine, ...]:
    """Every version that counts for the question, in the order it was entered."""
    mark = last_change(Target.objects.all(), "target", asked.watermark)

    def read() -> tuple[TargetLine, ...]:
        rows = counted(Target, mark, asked.known_at).select_related("entry").order_by("entry__seq", "id")
        return tuple(
            TargetLine(
                row.pk, row.code, row.metric, row.scope, row.period, row.op, row.value, row.owner, row.effective_on, row.entry.seq or 0
            )
            for row in rows
        )  # fmt: skip

    return _targets.get((mark, asked.known_at), read)


def owner_names(asked: Asked) -> dict[str, str]:
    """{owner as the target says: how the page calls them}; who is no member is marked 未登録."""
    return people_called(line.owner for line in all_targets(asked))


def in_force(
    targets: Sequence[TargetLine], metric: str, scope: str, month: date, period: str = MONTH
) -> TargetLine | None:
    """The version of the latest day of effect that lies not behind the month's end; of two of one day the later entered."""
    end = last_day(month)
    found = [
        line
        for line in targets
        if line.metric == metric and line.scope == scope and line.period == period
        and (line.effective_on is None or line.effective_on <= end)
    ]  # fmt: skip
    return max(found, key=lambda line: (line.effective_on or date.min, line.entered, line.id), default=None)


def monthly_in_force(targets: Sequence[TargetLine], month: date) -> list[TargetLine]:
    """Of every metric and scope with a monthly target, the version in force."""
    pairs = sorted({(line.metric, line.scope) for line in targets if line.period == MONTH})
    found = [in_force(targets, metric, scope, month) for metric, scope in pairs]
    return [line for line in found if line is not None]


def scope_of(text: str) -> Scope | None:
    """The scope of a target's text form (`segment:SMB|team:3`); None where it cannot be read."""
    named: dict[str, str] = {}
    group = False
    for part in filter(None, text.split("|")):
        name, _colon, value = part.partition(":")
        if name == "group" and not value:
            group = True
        elif name in ("segment", "team", "owner", "touch") and value:
            named[name] = value
        else:
            return None
    numbers = {name: named.get(name) for name in ("team", "owner")}
    if any(value is not None and not value.isdecimal() for value in numbers.values()):
        return None
    return Scope(
        segment=named.get("segment"),
        touch=named.get("touch"),
        team=int(numbers["team"]) if numbers["team"] else None,
        owner=int(numbers["owner"]) if numbers["owner"] else None,
        group=group,
    )
