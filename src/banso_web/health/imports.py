"""担当所感 as files bring it."""

from __future__ import annotations

from datetime import timedelta

from banso_web.core.facts import FactKind
from banso_web.core.imports import Field, HappeningHandler, Problem, Row
from banso_web.core.registry import registry
from banso_web.health.models import MOST_DAYS, Sentiment


class SentimentsHandler(HappeningHandler[Sentiment]):
    def __init__(self) -> None:
        super().__init__(
            key="sentiments",
            model=Sentiment,
            identity=("sentiment_id",),
            on="on",
            fields=(
                Field("account_id", reference="accounts"),
                Field("on", blank=None),
                Field("mark"),
                Field("until", blank=None),
                Field("member"),
                Field("reason"),
            ),
            check=_problem,
        )


def _problem(row: Row) -> Problem | None:
    on, until = row.get("on"), row.get("until")
    if on and until and until < on:
        return Problem(row.number, "until", "end_before_start", {"start": str(on), "end": str(until)})
    if on and until and until > on + timedelta(days=MOST_DAYS):
        return Problem(row.number, "until", "holds_too_long", {"start": str(on), "days": str(MOST_DAYS)})
    return None


registry.file_handlers["sentiments"] = SentimentsHandler
registry.facts["sentiments"] = FactKind(
    "sentiments", "sentiment", Sentiment, since=("on",), hidden={"reason": "contact.view"}, own=True
)
