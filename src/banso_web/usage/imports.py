"""Daily usage as files bring it."""

from __future__ import annotations

from banso_web.core.facts import FactKind
from banso_web.core.imports import Field, HappeningHandler, Problem, Row
from banso_web.core.registry import registry
from banso_web.usage.models import UsageDaily

COUNTS = ("users", "events", "seats")


class UsageDailyHandler(HappeningHandler[UsageDaily]):
    def __init__(self) -> None:
        super().__init__(
            key="usage_daily",
            model=UsageDaily,
            identity=("account_id", "day", "product", "department", "feature"),
            on="day",
            fields=(
                Field("account_id", reference="accounts"),
                Field("day", blank=None),
                Field("product"),
                Field("department"),
                Field("feature"),
                *(Field(name, blank=None, convert=int) for name in COUNTS),
            ),
            check=_problem,
        )


def _problem(row: Row) -> Problem | None:
    for column in COUNTS:
        number = row.get(column)
        if number is None:
            continue
        if number < 0:
            return Problem(row.number, column, "negative_number", {"text": str(number)})
        if number != int(number) or number >= 2**31:
            return Problem(row.number, column, "not_whole", {"text": str(number)})
    return None


registry.file_handlers["usage_daily"] = UsageDailyHandler
registry.facts["usage_daily"] = FactKind("usage_daily", "usage_day", UsageDaily, since=("day",))
