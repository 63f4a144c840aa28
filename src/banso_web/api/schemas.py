"""The shapes of what the API answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from ninja import Schema
from pydantic import Field

Item = TypeVar("Item")


class Stamp(Schema):
    """What every answer says of the question it answers."""

    as_of: date
    known_at: str | None = None
    watermark: int


class Listed(Stamp, Generic[Item]):
    """One page of a list; `next` is null on the last one."""

    items: list[Item]
    next: str | None = None


class AccountOut(Schema):
    id: int
    account_id: str
    name: str | None
    kana: str | None
    corporate_number: str | None
    industry: str | None
    segment: str | None
    employees: int | None
    prefecture: str | None
    fiscal_month: int | None
    budget_month: int | None
    parent_id: str | None
    touch: list[str]
    community: bool
    owner: str | None = Field(description="member_id")
    owner_name: str | None
    deputy: str | None
    deputy_name: str | None
    started_on: date | None
    excluded: str | None
    success_definition: str | None
    incomplete: bool
    custom: dict[str, Any]
    mrr: str | None = Field(
        description="In the reporting currency; null where a currency of it has no rate (see `mrr_unrated`)."
    )
    mrr_unrated: str | None = Field(
        description="MRR in its own currencies, in words, where a rate is missing."
    )
    renewal_on: date | None
    last_touch_on: date | None
    hidden: list[str] = Field(description="Fields that the caller may not see; they are null.")


class AccountAnswer(Stamp):
    account: AccountOut


class EditAnswer(Stamp):
    account: AccountOut
    changed: int = Field(description="0: what was sent stood there already, and nothing was written.")
    entry: int | None = Field(description="The change's own number, for undoing it.")


class UndoAnswer(Stamp):
    changed: int


class ContactOut(Schema):
    id: int
    contact_id: str
    account_id: str
    family_name: str | None
    given_name: str | None
    family_kana: str | None
    given_kana: str | None
    department: str | None
    title: str | None
    roles: list[str]
    email: str | None
    phone: str | None
    status: str | None
    left_on: date | None
    consent_basis: str | None
    consent_on: date | None
    custom: dict[str, Any]


class ContractOut(Schema):
    id: int
    contract_id: str
    account_id: str
    product: str | None
    plan: str | None
    seats: int | None
    seat_unit: str | None
    starts_on: date | None
    ends_on: date | None
    mrr: str | None = Field(description="As the contract states it; what counts are the movements.")
    currency: str | None
    signed_on: date | None
    notified_on: date | None
    ended_on: date | None
    end_reason: str | None
    auto_renew: bool | None
    renewal_months: int | None
    notice_kind: str | None
    notice_value: int | None
    notice_deadline: date | None
    user_company: str | None
    bill_to: str | None
    dealer: str | None
    incomplete: bool
    custom: dict[str, Any]
    hidden: list[str]


class TimelineOut(Schema):
    at: date | datetime
    kind: str
    label: str
    text: str
    detail: str


class ChangeOut(Schema):
    field: str
    value: Any = None
    valid_from: date | None
    recorded_at: datetime
    entry: int


class MetricOut(Schema):
    key: str
    name: str
    formula: str
    why: str
    rules: list[str]
    unit: str
    version: str
    monthly: bool
    month_optional: bool
    inputs: list[str]
    better: str
    permission: str


# `account_id` (or `key`), `name`, `part`, `amount`, `reason`, `opening`, `closing`, `on`, `movements`, and what the metric adds.
MetricRow = dict[str, Any]


class SideOut(Schema):
    value: str | None
    rows: list[MetricRow]


class IntervalOut(Schema):
    low: str
    high: str
    level: str
    method: str


class MetricAnswer(Schema):
    """Exactly what `banso metric KEY --json` prints."""

    metric: str
    version: str
    as_of: date
    known_at: str | None
    month: str | None
    scope: str
    unit: str
    value: str | None
    reason: str | None
    numerator: SideOut | None
    denominator: SideOut | None
    excluded: list[MetricRow]
    parts: dict[str, Any]
    n: int | None
    interval: IntervalOut | None
    notes: list[str]
    watermark: int
    reported: bool


class RowsAnswer(Listed[MetricRow]):
    metric: str
    part: str
    parts: list[str] = Field(description="Every part that can be asked.")
    count: int
    value: str | None = Field(description="The value the rows must reproduce, where the part has one.")
