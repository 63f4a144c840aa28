"""The answers of a recipe as a program sends them: fields of a body, or JSON text in a form."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, ValidationError

from banso_web.api.problems import Stop, field_errors
from banso_web.api.question import Day, Given, Month

Amount = (
    Annotated[str, Field(pattern=r"^-?\d{1,15}(\.\d{1,4})?$")]
    | Annotated[int, Field(ge=-(10**15), le=10**15)]
)


class Answers(Given):
    """Answers of a recipe; what is not named stays as it was saved or suggested. One that the kind does not take is 422."""

    end_reading: Literal["last_day", "day_after"] | None = None
    cancel_reading: Literal["last_day", "day_after", "month_end", "previous_month_end", "notice"] | None = (
        None
    )
    undecided: Literal["end", "continue"] | None = None
    overlap: Literal["sum", "replace"] | None = None
    opening: Literal["first_day", "day_before"] | None = None
    joined: Literal["change", "hold"] | None = None
    gone: Literal["withdraw", "keep"] | None = None
    change_amounts: Literal["delta", "level"] | None = None
    totals: dict[Month, Amount] | None = Field(
        None, max_length=600, description="Month totals of the old sheet, to compare with."
    )
    complete: bool | None = Field(None, description="The list holds every contract there is.")
    unit: Literal[1, 1_000, 10_000, 1_000_000] | None = None
    tax_included: bool | None = None
    year: Annotated[int, Field(ge=1990, le=2199)] | None = Field(None, description="Of headers like 「4月」.")
    day: Day | None = Field(None, description="Of a monthly list whose file name does not say it.")

    def given(self) -> dict[str, Any]:
        """Only what was sent."""
        return self.dict(exclude_unset=True)


def answers_of(text: str) -> dict[str, Any]:
    """Answers as JSON text, from a form; Stop 422 with the places that are wrong."""
    if not text:
        return {}
    try:
        return Answers.model_validate_json(text).given()
    except ValidationError as problem:
        errors = [{**one, "loc": ("form", "answers", *one["loc"])} for one in problem.errors()]
        raise Stop(422, "invalid", _("入力を確かめてください。"), errors=field_errors(errors)) from problem
