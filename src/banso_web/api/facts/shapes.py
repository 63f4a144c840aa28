"""The shapes of facts in the description: typed by the canonical files' columns, so that they cannot drift from them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.db import models
from ninja import Schema
from pydantic import Field, create_model

from banso_web.api import schemas
from banso_web.api.question import Day, Given, Moment
from banso_web.core.facts import FactKind
from banso_web.ingest.columns import UNITS, field_of, identity_of, pairs_of
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.schema import Column

WHOLE = (models.IntegerField, models.SmallIntegerField, models.BigIntegerField)
Text = Annotated[str, Field(max_length=20_000)]
Name = Annotated[str, Field(max_length=200)]
FactCode = Annotated[
    str, Field(max_length=200, description="The thing's own id; `~12` is Banso's number for it.")
]
Number = Annotated[Decimal, Field(max_digits=28, decimal_places=8)]
Whole = Annotated[int, Field(ge=-(2**31), lt=2**31)]
NumberOfMonth = Annotated[int, Field(ge=1, le=12)]
Custom = Annotated[dict[Name, Text], Field(max_length=50)]
FIXED = ("account_id", "contract_id")  # whose a fact is does not change: take it back and enter it anew


class FactOut(Schema):
    """What every fact says beside its own columns."""

    id: int = Field(description="Of this row; a correction is a new row. `ETag` and `~id` are made of it.")
    recorded_at: datetime = Field(description="When the company knew it.")
    known_basis: Literal["system", "claimed", "assumed"] = Field(
        description="Where recorded_at comes from: Banso, the source, or an assumption of the import."
    )
    entry: int = Field(description="The watermark at which it was entered.")
    custom: dict[str, Any] = Field(description="Columns that the source had beside the canonical ones.")
    hidden: list[str] = Field(description="Fields that the caller may not see; they are null.")


class VersionOut(Schema):
    """A row of a fact's own history."""

    void: bool = Field(description="true: with this row the fact was taken back.")
    entered_at: datetime
    reason: str


def said(column: Column) -> str:
    """A column's words: English and Japanese, and what it names."""
    names = f"{column.en} ({column.ja})"
    return f"{names}; an id of {column.reference}." if column.reference else f"{names}."


def _out(kind: FactKind, column: Column, attribute: str) -> Any:
    field = field_of(kind, attribute)
    if attribute == UNITS or isinstance(field, models.DecimalField):
        return str
    if isinstance(field, models.BooleanField):
        return bool
    if isinstance(field, WHOLE):
        return int
    if isinstance(field, models.DateTimeField):
        return datetime
    if isinstance(field, models.DateField):
        return date
    return list[str] if column.type in ("texts", "enums") else str


def _given(column: Column) -> Any:
    if column.type in ("enum", "enums"):
        words = Literal[tuple(one.key for one in column.values)]  # type: ignore[valid-type]
        return words if column.type == "enum" else Annotated[list[words], Field(max_length=20)]  # type: ignore[valid-type]
    plain: dict[str, Any] = {
        "date": Day,
        "time": Moment,
        "amount": Number,
        "number": Number,
        "integer": Whole,
        "month_number": NumberOfMonth,
        "boolean": bool,
        "texts": Annotated[list[Name], Field(max_length=100)],
        "key": Name,
    }
    return plain.get(column.type, Text)


def class_name(kind: FactKind) -> str:
    return "".join(part.title() for part in kind.singular.split("_"))


def out_of(kind: FactKind) -> type[Schema]:
    """The shape in which a fact is answered."""
    schema, required = FILES[kind.key], {column.key for column in FILES[kind.key].columns if column.required}
    fields: dict[str, Any] = {}
    for key, attribute in pairs_of(kind):
        column, type_ = schema.column(key), _out(kind, schema.column(key), attribute)
        sure = (key in required and key not in kind.hidden) or column.type in ("texts", "enums")
        fields[key] = (type_ if sure else type_ | None, Field(description=said(column)))
    for name in identity_of(kind):
        fields.setdefault(name, (str, Field(description=said(schema.column(name)))))
    if kind.account and "account_id" not in fields:
        fields["account_id"] = (str, Field(description="The customer it belongs to."))
    if kind.key == "movements":
        fields["derived"] = (
            bool,
            Field(description="Made from the contract; supplied movements replace it."),
        )
    return create_model(f"{class_name(kind)}Out", __base__=FactOut, **fields)


def answer_of(kind: FactKind, out: type[Schema]) -> type[Schema]:
    """One fact with the stamp of the question."""
    return create_model(f"{class_name(kind)}Answer", __base__=schemas.Stamp, fact=(out, ...))


def version_of(kind: FactKind, out: type[Schema]) -> type[Schema]:
    return create_model(f"{class_name(kind)}Version", __base__=(out, VersionOut))


def given_of(kind: FactKind) -> type[Given]:
    """The columns to enter a fact with."""
    fields: dict[str, Any] = {}
    for column in FILES[kind.key].columns:
        more = Field(... if column.required else None, description=said(column))
        type_ = _given(column)
        fields[column.key] = (type_ if column.required else type_ | None, more)
    values = create_model(f"{class_name(kind)}Values", __base__=Given, **fields)
    return create_model(
        f"{class_name(kind)}In",
        __base__=Given,
        values=(values, ...),
        custom=(Custom | None, Field(None, description="Further columns, as text.")),
        reason=(Annotated[str, Field(max_length=2_000)], ""),
    )


def corrected_of(kind: FactKind) -> type[Given]:
    """The columns that a correction may change: all but its id and whose it is. null empties."""
    kept = {*identity_of(kind), *FIXED}
    fields: dict[str, Any] = {
        column.key: (_given(column) | None, Field(None, description=said(column)))
        for column in FILES[kind.key].columns
        if column.key not in kept
    }
    values = create_model(f"{class_name(kind)}Correction", __base__=Given, **fields)
    return create_model(
        f"{class_name(kind)}Edit",
        __base__=Given,
        values=(values, Field(description="What is not named stays as it is.")),
        custom=(Custom | None, Field(None, description="Further columns; an empty text takes one out.")),
        reason=(Annotated[str, Field(max_length=2_000)], ""),
    )


class WrittenAnswer(schemas.Stamp):
    """What a write of one fact did."""

    code: str = Field(description="The fact's own id.")
    changed: bool = Field(description="false: it stood there already, and nothing was written.")
    entry: int | None = Field(description="The watermark at which it was entered.")
