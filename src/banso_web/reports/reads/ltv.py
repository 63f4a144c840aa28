"""The LTV page: both forms with their inputs, the five levers, the table of churn rates, the price guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso.revenue import (
    LEVERS,
    ArticleInputs,
    Lever,
    LtvChurn,
    PriceGuard,
    as_decimal,
    five_levers,
    ltv_churn,
    price_guard,
)
from banso_web.core.errors import Refused
from banso_web.core.metrics import MetricResult, compute, exact
from banso_web.core.ui.formats import number_text
from banso_web.reports.question import Question
from banso_web.revenue.metrics.ltv import ARTICLE, CHURN, LABELS, LEVER_NOTES

FORMS: dict[str, Any] = {"article": gettext_lazy("記事式"), "churn": gettext_lazy("チャーン型")}
KEYS: dict[str, tuple[str, ...]] = {"article": ARTICLE, "churn": CHURN}
PERCENT = ("gross_margin", "monthly_churn")
MONEY = ("unit_price", "acquisition_cost", "retention_cost", "monthly_retention_cost")
UNITS: dict[str, Any] = {"frequency": gettext_lazy("回/年"), "years": gettext_lazy("年")}
LEVER_NAMES: dict[str, Any] = {
    "unit_price": gettext_lazy("単価"),
    "gross_margin": gettext_lazy("粗利率"),
    "frequency": gettext_lazy("頻度"),
    "years": gettext_lazy("期間"),
    "cost": gettext_lazy("コスト"),
}
LEVER_KEYS: dict[str, tuple[str, ...]] = {
    "unit_price": ("unit_price",),
    "gross_margin": ("gross_margin",),
    "frequency": ("frequency",),
    "years": ("years",),
    "cost": ("acquisition_cost", "retention_cost"),
}
TABLE = tuple(Decimal(rate) / 100 for rate in (5, 4, 3, 2, 1))


@dataclass(frozen=True)
class InputLine:
    """An input with its source and day. `value` None: nobody gave one."""

    key: str
    name: Any
    value: Decimal | None
    source: str
    on: Any
    kind: str
    rows_url: str = ""  # where the value was computed here: its own 分子・分母・除外

    @property
    def unit(self) -> Any:
        return UNITS.get(self.key, "")


@dataclass(frozen=True)
class LeverLine:
    """A lever moved by its own share: the LTV, its change, its place among the five."""

    key: str
    name: Any
    share: Decimal
    lever: Lever
    rank: int
    before: tuple[Decimal, ...]
    after: tuple[Decimal, ...]
    notes: tuple[Any, ...]


@dataclass(frozen=True)
class Article:
    """LTV(記事式): levers one by one, and all of them together."""

    value: Decimal
    arithmetic: str
    levers: tuple[LeverLine, ...]
    ranking: str
    together: Decimal
    together_change: Decimal


@dataclass(frozen=True)
class ChurnRow:
    rate: Decimal
    months: Decimal | None
    value: Decimal | None
    recovers: bool


@dataclass(frozen=True)
class Guard:
    """A price change with the churn it may bring."""

    price: Decimal
    churn: Decimal
    guard: PriceGuard
    before: Decimal | None
    after: Decimal | None
    margin: Decimal
    break_even: Decimal | None


@dataclass(frozen=True)
class Shown:
    """Everything the LTV page shows for a form."""

    form: str
    result: MetricResult
    inputs: tuple[InputLine, ...]
    article: Article | None
    churn: LtvChurn | None
    table: tuple[ChurnRow, ...]
    guard: Guard | None
    few: bool


def ltv(
    question: Question, form: str, overrides: Mapping[str, Decimal], shares: Mapping[str, Decimal],
    price_change: Decimal, new_churn: Decimal | None,
) -> Shown:  # fmt: skip
    """`overrides`: inputs given by hand, ratios as shares. `shares`: how far each lever moves (0.10).

    `new_churn` None: the churn of before. Raises Refused for inputs no formula accepts.
    """
    result = compute(
        f"ltv_{form}", question.asked, month=None, scope=question.scope, overrides=dict(overrides)
    )
    inputs = _inputs(result, question, overrides)
    values = {line.key: line.value for line in inputs if line.value is not None}
    complete = len(values) == len(KEYS[form])
    article, churn, guard = None, None, None
    try:
        if complete and form == "article":
            article = _article(
                ArticleInputs(**{key: Fraction(value) for key, value in values.items()}), shares
            )
        elif complete:
            churn = ltv_churn(**values, churned=result.n)
            guard = _guard(churn, price_change, new_churn)
    except ValueError as problem:
        raise Refused(
            _("LTVの入力が正しくありません: %(problem)s") % {"problem": problem}, code="bad_input"
        ) from problem
    return Shown(
        form, result, inputs, article, churn, _table(churn), guard, result.n is not None and result.n < 10
    )


def _inputs(
    result: MetricResult, question: Question, overrides: Mapping[str, Decimal]
) -> tuple[InputLine, ...]:
    found = []
    for row in result.numerator.rows if result.numerator else ():
        kind = "pct" if row.code in PERCENT else "money" if row.code in MONEY else "number"
        own = row.code == "unit_price" and row.code not in overrides and row.amount is not None
        rows_url = question.rows_url("arpa", at="asked") if own else ""
        found.append(InputLine(row.code, LABELS[row.code], row.amount, row.reason, row.on, kind, rows_url))
    return tuple(found)


def _article(inputs: ArticleInputs, shares: Mapping[str, Decimal]) -> Article:
    base = inputs.ltv()
    moved = [five_levers(inputs, shares[key])[LEVERS.index(key)] for key in LEVERS]
    order = sorted({lever.value for lever in moved}, reverse=True)
    lines = tuple(
        LeverLine(
            key=key,
            name=LEVER_NAMES[key],
            share=-shares[key] if key == "cost" else shares[key],
            lever=lever,
            rank=order.index(lever.value) + 1,
            before=tuple(exact(getattr(inputs, name)) for name in LEVER_KEYS[key]),
            after=tuple(exact(getattr(_moved(inputs, key, shares[key]), name)) for name in LEVER_KEYS[key]),
            notes=tuple(LEVER_NOTES[note] for note in lever.notes),
        )
        for key, lever in zip(LEVERS, moved, strict=True)
    )
    together = inputs
    for key in LEVERS:
        together = _moved(together, key, shares[key])
    return Article(
        value=as_decimal(base),
        arithmetic=_arithmetic(inputs),
        levers=lines,
        ranking=_ranking(lines),
        together=as_decimal(together.ltv()),
        together_change=as_decimal(together.ltv() - base),
    )


def _moved(inputs: ArticleInputs, key: str, share: Decimal) -> ArticleInputs:
    """The inputs with one lever moved; costs go down, a margin ends at 100 %."""
    factor = 1 - Fraction(share) if key == "cost" else 1 + Fraction(share)
    changed = {name: getattr(inputs, name) * factor for name in LEVER_KEYS[key]}
    if key == "gross_margin":
        changed["gross_margin"] = min(changed["gross_margin"], Fraction(1))
    return replace(inputs, **changed)


def _ranking(lines: tuple[LeverLine, ...]) -> str:
    """単価 = 粗利率 = 頻度 > 期間 > コスト."""
    ordered = sorted(lines, key=lambda line: line.rank)
    text = ""
    for at, line in enumerate(ordered):
        mark = "" if not at else " = " if line.rank == ordered[at - 1].rank else " > "
        text += f"{mark}{line.name}"
    return text


def _plain(value: Fraction) -> str:
    digits = next((count for count in range(5) if (value * 10**count).denominator == 1), 4)
    return number_text(value, digits)


def _arithmetic(inputs: ArticleInputs) -> str:
    """100,000 × 0.7 × 12 × 4 − (1,200,000 + 240,000 × 4) = 1,200,000."""
    earned = " × ".join(
        _plain(part) for part in (inputs.unit_price, inputs.gross_margin, inputs.frequency, inputs.years)
    )
    spent = f"{_plain(inputs.acquisition_cost)} + {_plain(inputs.retention_cost)} × {_plain(inputs.years)}"
    return f"{earned} − ({spent}) = {number_text(inputs.ltv(), 0)}"


def _table(base: LtvChurn | None) -> tuple[ChurnRow, ...]:
    if base is None:
        return ()
    rows = []
    for rate in TABLE:
        found = _at(base, rate)
        months = None if found.months is None else exact(found.months)
        rows.append(ChurnRow(rate, months, found.value, found.recovers))
    return tuple(rows)


def _at(base: LtvChurn, rate: Decimal) -> LtvChurn:
    given = base.inputs
    return ltv_churn(
        given.unit_price, given.gross_margin, given.monthly_retention_cost, rate, given.acquisition_cost
    )


def _guard(base: LtvChurn, price_change: Decimal, new_churn: Decimal | None) -> Guard:
    price = base.inputs.unit_price * (1 + Fraction(price_change))
    churn = base.inputs.monthly_churn if new_churn is None else Fraction(new_churn)
    found = price_guard(base, price, churn)
    return Guard(
        price=exact(price),
        churn=exact(churn),
        guard=found,
        before=found.before.value,
        after=found.after.value,
        margin=exact(found.after.margin),
        break_even=None if found.break_even_churn is None else exact(found.break_even_churn),
    )


def tornado(shown: Article, currency: str) -> dict[str, Any]:
    """The five levers as a picture: the change of LTV each makes, in the order of the ranking."""
    lines = sorted(shown.levers, key=lambda line: line.rank)
    return {
        "kind": "bars",
        "unit": {"kind": "money", "currency": currency},
        "description": _("対策ごとのLTVの変化: %(ranking)s") % {"ranking": shown.ranking},
        "x": [str(line.name) for line in lines],
        "series": [{"name": _("LTVの変化"), "values": [line.lever.change for line in lines]}],
        "horizontal": True,
    }
