"""Survey answers as files bring them; a request without an answer is a fact too."""

from __future__ import annotations

from banso_web.accounts.imports import account_of
from banso_web.core.facts import FactKind
from banso_web.core.imports import Field, HappeningHandler, Problem, Row
from banso_web.core.registry import registry
from banso_web.surveys.models import Response

SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}  # metrics.md


class ResponsesHandler(HappeningHandler[Response]):
    def __init__(self) -> None:
        super().__init__(
            key="responses",
            model=Response,
            identity=("response_id",),
            on="answered_on",
            fields=(
                Field("account_id", reference="accounts"),
                Field("contact_id", blank=None, reference="contacts", hints=account_of),
                Field("instrument"),
                Field("score", blank=None),
                Field("sent_on", blank=None),
                Field("answered_on", blank=None),
                Field("comment"),
            ),
            check=_problem,
        )


def _problem(row: Row) -> Problem | None:
    score, scale = row.get("score"), SCALES.get(str(row.get("instrument")).casefold())
    if score is not None and scale and not scale[0] <= score <= scale[1]:
        return Problem(
            row.number, "score", "score_out_of_range", {"text": str(score), "low": scale[0], "high": scale[1]}
        )
    sent, answered = row.get("sent_on"), row.get("answered_on")
    if sent and answered and answered < sent:
        return Problem(
            row.number, "answered_on", "end_before_start", {"start": str(sent), "end": str(answered)}
        )
    if score is not None and answered is None:
        return Problem(row.number, "answered_on", "required", {})
    return None


registry.file_handlers["responses"] = ResponsesHandler
registry.facts["responses"] = FactKind(
    "responses",
    "response",
    Response,
    since=("sent_on", "answered_on"),
    hidden={"contact_id": "contact.view"},
    later={"answered_on": ("score", "comment")},
    own=True,
)
