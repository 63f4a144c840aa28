"""LTV in its two forms. Every input says where it comes from and can be overridden for a what-if."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso.revenue import Lever, LtvArticle, LtvChurn, ltv_article, ltv_churn, pooled
from banso_web.core.errors import Refused
from banso_web.core.metrics import MetricResult, Question, Row, Side, catalogue, exact, rows
from banso_web.core.ui.formats import joined, month_text
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.by_year import twelve_rates
from banso_web.revenue.metrics.frame import Context, answer
from banso_web.revenue.reads.ltv import GivenInput, given_inputs

Value = Fraction | Decimal

LABELS = {
    "unit_price": _("顧客単価(月)"),
    "gross_margin": _("粗利率"),
    "frequency": _("購買頻度(年)"),
    "years": _("取引期間(年)"),
    "acquisition_cost": _("獲得コスト(1社)"),
    "retention_cost": _("維持コスト(年)"),
    "monthly_retention_cost": _("維持コスト(月)"),
    "monthly_churn": _("月次解約率"),
}
ARTICLE = ("unit_price", "gross_margin", "frequency", "years", "acquisition_cost", "retention_cost")
CHURN = ("unit_price", "gross_margin", "monthly_retention_cost", "monthly_churn", "acquisition_cost")
ALIASES = ("retention_cost_yearly",)
LEVER_NOTES = {
    "retention_cost_grows": _("期間が延びると維持コストも増えます"),
    "fixed_by_billing": _("固定(月次課金)"),
    "capped": _("粗利率は100%までです"),
}


@dataclass(frozen=True)
class Input:
    """One input of a form: its value (None: unknown) and its source in words."""

    key: str
    value: Value | None
    source: str
    on: Any = None


@dataclass(frozen=True)
class Inputs:
    """All inputs of a form, and how many churned customers its churn rate comes from (None: overridden)."""

    items: tuple[Input, ...]
    churned: int | None

    def missing(self) -> list[str]:
        return [str(LABELS[item.key]) for item in self.items if item.value is None]

    def values(self) -> dict[str, Value]:
        return {item.key: item.value for item in self.items if item.value is not None}


class _Sources:
    """Looks an input up only when a form needs it: an override spares the question."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.overrides = dict(question.overrides)
        if "retention_cost_yearly" in self.overrides:
            yearly = self.overrides.pop("retention_cost_yearly")
            self.overrides.setdefault("retention_cost", yearly)
            self.overrides.setdefault("monthly_retention_cost", yearly / 12)
        self.given: dict[str, GivenInput] | None = None
        self.churned: int | None = None

    def item(self, key: str) -> Input:
        if key in self.overrides:
            return Input(key, self.overrides[key], str(_("指定した値")))
        finders: dict[str, Callable[[], Input]] = {
            "unit_price": self._price,
            "frequency": lambda: Input("frequency", Decimal(12), str(_("月次課金(年12回)"))),
            "years": self._years,
            "monthly_churn": self._churn,
            "gross_margin": lambda: self._given("gross_margin", "gross_margin"),
            "acquisition_cost": lambda: self._given("acquisition_cost", "acquisition_cost"),
            "retention_cost": lambda: self._given("retention_cost", "retention_cost_yearly"),
            "monthly_retention_cost": self._monthly_cost,
        }
        return finders[key]()

    def _price(self) -> Input:
        found = catalogue["arpa"].compute(replace(self.question, key="arpa", month=None, overrides={}))
        return Input("unit_price", found.value, str(_("基準日のARPA")), self.question.asked.as_of)

    def _pooled(self) -> tuple[Fraction | None, str]:
        end, months = twelve_rates(self.question)
        summed = pooled(months)
        self.churned = summed.churned
        text = _("%(end)s までの12か月: 解約 %(churned)s ÷ 月初顧客の延べ %(opening)s")
        source = text % {"end": month_text(end), "churned": summed.churned, "opening": summed.opening}
        return summed.rate, str(source)

    def _churn(self) -> Input:
        rate, source = self._pooled()
        return Input("monthly_churn", rate, source)

    def _years(self) -> Input:
        rate, source = self._pooled()
        text = str(_("1 ÷ (12 × 月次解約率)。%(source)s")) % {"source": source}
        return Input("years", 1 / (12 * rate) if rate else None, text)

    def _given(self, key: str, stored: str) -> Input:
        if self.given is None:
            self.given = given_inputs(self.question.asked, self.question.scope)
        found = self.given.get(stored)
        return (
            Input(key, found.value, found.source, found.on)
            if found
            else Input(key, None, str(_("入力がありません")))
        )

    def _monthly_cost(self) -> Input:
        yearly = self._given("monthly_retention_cost", "retention_cost_yearly")
        if yearly.value is None:
            return yearly
        return replace(
            yearly,
            value=Fraction(yearly.value) / 12,
            source=str(_("年額 ÷ 12。%(source)s")) % {"source": yearly.source},
        )


def inputs_of(question: Question, form: str) -> Inputs:
    """The inputs of a form ("article" or "churn") for a question, with their sources."""
    sources = _Sources(question)
    items = tuple(sources.item(key) for key in (ARTICLE if form == "article" else CHURN))
    return Inputs(items, sources.churned)


def _rows(inputs: Inputs) -> list[Row]:
    return [
        Row(
            None,
            item.key,
            str(LABELS[item.key]),
            part="input",
            amount=None if item.value is None else exact(item.value),
            on=item.on,
            reason=item.source,
        )
        for item in inputs.items
    ]


def _checked(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ValueError as problem:
        text = _("LTVの入力が正しくありません: %(problem)s")
        raise Refused(str(text) % {"problem": problem}, code="bad_input") from problem


def _without(question: Question, inputs: Inputs, unit: str) -> MetricResult:
    no_churn = inputs.churned == 0 and any(item.key in ("years", "monthly_churn") for item in inputs.items)
    names = str(words.NO_INPUT) % {"inputs": joined(inputs.missing())}
    lacking = [item.key for item in inputs.items if item.value is None]
    reason = str(words.NO_CHURN) if no_churn and lacking == ["years"] else names
    return answer(question, None, unit=unit, reason=reason, numerator=Side(None, rows(_rows(inputs))))


def lever_parts(levers: tuple[Lever, ...]) -> list[dict[str, Any]]:
    """The five levers as data: name, value, change, change_share, rank, notes."""
    return [
        {
            "name": lever.name,
            "value": lever.value,
            "change": lever.change,
            "change_share": None if lever.change_share is None else exact(lever.change_share),
            "rank": lever.rank,
            "notes": [str(LEVER_NOTES[note]) for note in lever.notes],
        }
        for lever in levers
    ]


def article(question: Question) -> MetricResult:
    """LTV(記事式) with its five levers at 10 %."""
    unit, inputs = Context.of(question).counted.rules.currency, inputs_of(question, "article")
    if inputs.missing():
        return _without(question, inputs, unit)
    found: LtvArticle = _checked(lambda: ltv_article(**inputs.values()))
    given = found.inputs
    earned = given.unit_price * given.gross_margin * given.frequency * given.years
    few = inputs.churned is not None and inputs.churned < 10
    return answer(
        question,
        found.value,
        unit=unit,
        numerator=Side(found.value, rows(_rows(inputs))),
        parts={
            **{item.key: exact(item.value) for item in inputs.items if item.value is not None},
            "gross_profit": exact(earned),
            "cost": exact(given.acquisition_cost + given.retention_cost * given.years),
            "levers": lever_parts(found.levers),
        },
        n=inputs.churned,
        notes=(str(words.REFERENCE),) if few else (),
    )


def churn(question: Question) -> MetricResult:
    """LTV(チャーン型); 算出不可(解約実績なし) at churn 0, 参考 below ten churned customers."""
    unit, inputs = Context.of(question).counted.rules.currency, inputs_of(question, "churn")
    if inputs.missing():
        return _without(question, inputs, unit)
    found: LtvChurn = _checked(lambda: ltv_churn(**inputs.values(), churned=inputs.churned))
    notes = [str(words.REFERENCE)] if found.few_cases else []
    if found.value is not None and not found.recovers and found.break_even_churn is not None:
        text = str(words.NOT_RECOVERED)
        rate, even = exact(found.inputs.monthly_churn) * 100, exact(found.break_even_churn) * 100
        notes.append(text % {"rate": f"{rate:.2f}".rstrip("0").rstrip("."), "even": f"{even:.2f}"})
    return answer(
        question,
        found.value,
        unit=unit,
        reason=None if found.reason is None else str(words.NO_CHURN),
        numerator=Side(found.value, rows(_rows(inputs))),
        parts={
            **{item.key: exact(item.value) for item in inputs.items if item.value is not None},
            "monthly_margin": exact(found.margin),
            "months": None if found.months is None else exact(found.months),
            "break_even_churn": None if found.break_even_churn is None else exact(found.break_even_churn),
        },
        n=inputs.churned,
        notes=tuple(notes),
    )
