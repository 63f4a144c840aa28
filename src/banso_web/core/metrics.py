"""The catalogue of metrics and the shape of every answer. Apps register their metrics; pages, API and `banso` ask here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from banso_web.core.errors import Refused
from banso_web.core.facts.asked import Asked
from banso_web.core.rows import ByReason as ByReason
from banso_web.core.rows import MovementLine as MovementLine
from banso_web.core.rows import Row as Row
from banso_web.core.rows import Rows as Rows
from banso_web.core.rows import rows as rows
from banso_web.core.rows import total_of as total_of
from banso_web.core.rows import unrated_of as unrated_of

RATIO, MONEY, COUNT, NUMBER, DAYS, POINTS = "ratio", "money", "count", "number", "days", "points"
DIGITS = 12


@dataclass(frozen=True)
class Scope:
    """Whom a number is about. Empty: the company. `group` counts 企業グループ (top parents) as one customer.

    `team` is the manager's member id, `owner` the 主担当's; `touch` is high, low or tech.
    """

    segment: str | None = None
    team: int | None = None
    owner: int | None = None
    touch: str | None = None
    group: bool = False

    @property
    def key(self) -> str:
        """Text form, stored with computed values: "" is the company."""
        named = (("segment", self.segment), ("team", self.team), ("owner", self.owner), ("touch", self.touch))
        parts = [f"{name}:{value}" for name, value in named if value is not None]
        return "|".join([*parts, "group"] if self.group else parts)

    @property
    def is_company(self) -> bool:
        return self.key == ""


@dataclass(frozen=True)
class Side:
    """Numerator or denominator: its value and the rows that add up to it."""

    value: Decimal | None
    rows: Sequence[Row] = ()
    label: str = ""


@dataclass(frozen=True)
class Interval:
    """A confidence interval: `low` and `high` in the metric's unit, and how it was made."""

    low: Decimal
    high: Decimal
    level: Decimal = Decimal("0.95")
    method: str = "wilson"


@dataclass(frozen=True)
class MetricResult:
    """One number with everything needed to show and check it. `value` None always comes with a `reason`."""

    metric: str
    version: str
    as_of: date
    known_at: datetime | None
    unit: str
    value: Decimal | None
    reason: str | None = None
    numerator: Side | None = None
    denominator: Side | None = None
    excluded: Sequence[Row] = ()
    parts: Mapping[str, Any] = field(default_factory=dict)
    n: int | None = None
    interval: Interval | None = None
    notes: tuple[str, ...] = ()
    watermark: int = 0
    month: date | None = None
    scope: Scope = Scope()
    reported: bool = False
    part_rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What is asked of one metric."""

    key: str
    asked: Asked
    month: date | None  # first day
    scope: Scope
    overrides: Mapping[str, Decimal]
    reported: bool


@dataclass(frozen=True)
class MetricSpec:
    """One metric of the catalogue. Texts are lazy; `rules` are the edge rules a reader must know.

    `better`: "up" or "down". `monthly`: needs a month; `month_optional`: takes one. `inputs`: keys that `--set` may
    override. `given`: computes it of the signals in a file instead (`--signals`).
    """

    key: str
    name: Any
    unit: str
    version: str
    formula: Any
    compute: Callable[[Question], MetricResult]
    monthly: bool = False
    month_optional: bool = False
    rules: tuple[Any, ...] = ()
    why: Any = ""
    better: str = "up"
    inputs: tuple[str, ...] = ()
    permission: str = "revenue.view"
    group: str = "revenue"
    given: Callable[[Path, Asked], MetricResult] | None = None


catalogue: dict[str, MetricSpec] = {}


def register(spec: MetricSpec) -> None:
    """Add a metric to the catalogue (at start-up)."""
    catalogue[spec.key] = spec


def spec_of(key: str) -> MetricSpec:
    """The metric, or Refused with the keys that exist."""
    if key not in catalogue:
        text = _("指標「%(key)s」はありません。使える指標: %(keys)s")
        raise Refused(text % {"key": key, "keys": ", ".join(sorted(catalogue))}, code="unknown_metric")
    return catalogue[key]


def month_start(month: date | str) -> date:
    """The first day of a month given as a day or as YYYY-MM; Refused when it cannot be read."""
    if isinstance(month, date):
        return month.replace(day=1)
    try:
        return date.fromisoformat(
            f"{month.strip()}-01" if len(month.strip()) == 7 else month.strip()
        ).replace(day=1)
    except ValueError as problem:
        text = _("対象月「%(month)s」を読み取れません。2026-10 の形で指定してください。")
        raise Refused(text % {"month": month}, code="bad_month") from problem


def compute(
    key: str,
    asked: Asked,
    *,
    month: date | str | None = None,
    scope: Scope | None = None,
    overrides: Mapping[str, Decimal] | None = None,
    reported: bool = False,
) -> MetricResult:
    """One metric's number. Permissions are the caller's matter (`spec.permission`).

    Raises Refused for an unknown key, a monthly key without month, or an override the metric does not have.
    """
    spec = spec_of(key)
    if spec.monthly and month is None:
        text = _("%(name)s は月ごとの指標です。対象月(2026-10 の形)を指定してください。")
        raise Refused(text % {"name": spec.name}, code="month_needed")
    given = dict(overrides or {})
    if unknown := sorted(set(given) - set(spec.inputs)):
        text = _("%(name)s に「%(inputs)s」という入力はありません。使える入力: %(known)s")
        known = ", ".join(spec.inputs) or _("なし")
        raise Refused(
            text % {"name": spec.name, "inputs": ", ".join(unknown), "known": known}, code="bad_input"
        )
    takes_month = spec.monthly or spec.month_optional or reported
    day = month_start(month) if month is not None and takes_month else None
    return spec.compute(Question(key, asked, day, scope or Scope(), given, reported))


def rows_of(result: MetricResult, part: str) -> Sequence[Row]:
    """The rows behind one part of a result: numerator, denominator, excluded, or a named part (churn, expansion…)."""
    sides = {"numerator": result.numerator, "denominator": result.denominator}
    if part in sides:
        side = sides[part]
        return side.rows if side else ()
    if part == "excluded":
        return result.excluded
    return result.part_rows.get(part, ())


def exact(value: Fraction | Decimal | int) -> Decimal:
    """A Decimal of at most 28 significant digits; what is exact stays exact."""
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(value)


def plain(value: Decimal | None, digits: int = DIGITS) -> str | None:
    """Up to 12 significant digits, without exponent or trailing zeros."""
    if value is None:
        return None
    if value == 0:
        return "0"
    shift = digits - 1 - value.adjusted()
    text = format(round(value, shift) if shift > 0 else value.quantize(Decimal(1)), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _plain_any(value: Any, digits: int = DIGITS) -> Any:
    if isinstance(value, Decimal):
        return plain(value, digits)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain_any(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_any(item, digits) for item in value]
    return value


def _line_json(line: MovementLine) -> dict[str, Any]:
    return {
        "movement_id": line.code,
        "effective_on": line.on.isoformat(),
        "mrr_delta": plain(line.amount, 20),
        "currency": line.currency,
        "reason": line.reason,
        "cause": line.cause,
        "product": line.product,
        "contract_id": line.contract,
        "recorded_at": line.recorded_at.isoformat(),
        "note": line.note,
    }


def row_json(row: Row) -> dict[str, Any]:
    """A row as `--json`, API and closings give it."""
    body: dict[str, Any] = {"account_id" if row.account_id is not None else "key": row.code, "name": row.name}
    named = (("part", row.part), ("reason", row.reason))
    body |= {key: text for key, text in named if text}
    amounts = (("amount", row.amount), ("opening", row.opening), ("closing", row.closing))
    body |= {key: plain(value, 20) for key, value in amounts if value is not None}
    if row.on is not None:
        body["on"] = row.on.isoformat()
    if row.movements:
        body["movements"] = [_line_json(line) for line in row.movements]
    return body | {key: _plain_any(value) for key, value in row.extra.items()}


def _side_json(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"value": plain(side.value, 20), "rows": [row_json(row) for row in side.rows]}


def as_json(result: MetricResult, *, digits: int = DIGITS) -> dict[str, Any]:
    """The object `--json` prints (spec: interface, Command line), with up to `digits` significant digits."""
    interval = result.interval
    return {
        "metric": result.metric,
        "version": result.version,
        "as_of": result.as_of.isoformat(),
        "known_at": result.known_at.isoformat() if result.known_at else None,
        "month": result.month.strftime("%Y-%m") if result.month else None,
        "scope": result.scope.key,
        "unit": result.unit,
        "value": plain(result.value, digits),
        "reason": result.reason,
        "numerator": _side_json(result.numerator),
        "denominator": _side_json(result.denominator),
        "excluded": [row_json(row) for row in result.excluded],
        "parts": _plain_any(dict(result.parts), digits),
        "n": result.n,
        "interval": None
        if interval is None
        else {
            "low": plain(interval.low, digits),
            "high": plain(interval.high, digits),
            "level": plain(interval.level),
            "method": interval.method,
        },
        "notes": list(result.notes),
        "watermark": result.watermark,
        "reported": result.reported,
    }
