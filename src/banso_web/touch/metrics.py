"""能動比率 and 接点カバー率: how much of the contact is of one's own accord, and how many customers it reaches in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.accounts.reads.choices import excluded_word
from banso_web.accounts.rows import customer_rows
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked
from banso_web.core.metrics import (
    RATIO,
    MetricResult,
    MetricSpec,
    Question,
    Rows,
    Side,
    catalogue,
    exact,
    register,
)
from banso_web.core.settings_store import SettingSpec, declare, rules_of
from banso_web.revenue.reads.customers import account_states
from banso_web.revenue.reads.months import active_customers
from banso_web.touch.reads import contacts_since, last_proactive, touches_known
from banso_web.usage.metrics.rates import inside

DAYS = 30
CADENCE = {key: f"touch.cadence_{key}" for key in ("high", "low", "tech")}


def cadences(asked: Asked) -> dict[str, int]:
    """{touch model: within how many days its customers are to be spoken to} as it held; one that is missing is not expected to be."""
    held = rules_of(CADENCE.values(), as_of=asked.as_of, watermark=asked.watermark)
    return {model: int(held[key]) for model, key in CADENCE.items() if held[key]}


def cadence_of(touch: str, set_days: Mapping[str, int]) -> int | None:
    """The shortest of a customer's touch models; of one without a model that of ロータッチ."""
    models = [model for model in touch.split(";") if model] or ["low"]
    return min((set_days[model] for model in models if model in set_days), default=None)


@dataclass(frozen=True)
class _Parts:
    tops: dict[int, Decimal | None]
    bottoms: dict[int, Decimal | None]
    numerator: Decimal
    denominator: Decimal
    excluded: dict[int, str]
    parts: dict[str, Any]
    reason: str
    notes: tuple[str, ...] = ()
    spoken: Mapping[int, date] = field(default_factory=dict)


def proactive_share(question: Question) -> MetricResult:
    """能動接点 ÷ 全接点 of 30 days."""
    asked, whose = question.asked, inside(question.asked, question.scope)
    found = contacts_since(asked, asked.as_of - timedelta(days=DAYS - 1))
    counted = {key: one for key, one in found.items() if whose.get(key) == ""}
    known = {key: one.number - one.unstated for key, one in counted.items()}
    tops: dict[int, Decimal | None] = {
        key: Decimal(counted[key].proactive) for key, number in known.items() if number
    }
    bottoms: dict[int, Decimal | None] = {key: Decimal(number) for key, number in known.items() if number}
    unstated = sum(one.unstated for one in counted.values())
    left = {key: excluded_word(whose[key]) for key in found if whose.get(key)}
    left |= {
        key: _("能動か受動か分からない接点 %(n)s 件") % {"n": one.unstated}
        for key, one in counted.items()
        if one.unstated
    }
    return _answer(
        question,
        _Parts(
            tops, bottoms, Decimal(sum(one.proactive for one in counted.values())), Decimal(sum(known.values())), left,
            {"days": DAYS, "unstated": unstated}, _("算出不可(30日以内の接点がありません)"),
            (_("能動か受動か分からない接点が %(n)s 件あり、数えていません。") % {"n": unstated},) if unstated else (),
        ),
    )  # fmt: skip


def coverage(question: Question) -> MetricResult:
    """Customers with a proactive contact within the days of their touch model ÷ those that are to have one."""
    asked, whose = question.asked, inside(question.asked, question.scope)
    set_days, touch, day = cadences(asked), account_states(asked)["touch"], asked.as_of.toordinal()
    spoken = last_proactive(asked)
    tops: dict[int, Decimal | None] = {}
    bottoms: dict[int, Decimal | None] = {}
    left: dict[int, str] = {}
    unmodelled = 0
    active = active_customers(asked)
    for key, kind in whose.items():
        if kind:
            left[key] = excluded_word(kind)
            continue
        if key not in active:
            continue
        models = touch.at(key, day) or ""
        within = cadence_of(models, set_days)
        if within is None:
            left[key] = _("接点の間隔を決めていないタッチ")
        else:
            unmodelled += not models
            bottoms[key] = None
            if key in spoken and (asked.as_of - spoken[key]).days <= within:
                tops[key] = None
    notes = (
        (_("タッチのない %(n)s 社は、ロータッチの間隔で見ています。") % {"n": unmodelled},)
        if unmodelled
        else ()
    )
    if not touches_known(asked):
        notes = (*notes, _("接点の記録がまだありません(未収集)。"))
        return _answer(question, _Parts({}, {}, Decimal(0), Decimal(0), left, {}, _("算出不可(接点の記録がまだありません)"), notes))  # fmt: skip
    parts = {"cadence": set_days, "left_out": dict(sorted(Counter(left.values()).items()))}
    return _answer(
        question,
        _Parts(tops, bottoms, Decimal(len(tops)), Decimal(len(bottoms)), left, parts, _("算出不可(接点の間隔を決めたタッチの顧客がいません)"), notes, spoken),
    )  # fmt: skip


def _answer(question: Question, found: _Parts) -> MetricResult:
    if question.reported:
        raise Refused(_("%(name)s は月次締めで署名する指標ではないため、報告値がありません。") % {"name": catalogue[question.key].name}, code="not_reported")  # fmt: skip
    spec = catalogue[question.key]
    empty = not found.denominator

    def last(key: int) -> str:
        return (
            _("最終能動接点 %(day)s") % {"day": found.spoken[key].isoformat()} if key in found.spoken else ""
        )

    return MetricResult(
        metric=question.key,
        version=spec.version,
        as_of=question.asked.as_of,
        known_at=question.asked.known_at,
        unit=spec.unit,
        value=None if empty else exact(Fraction(found.numerator) / Fraction(found.denominator)),
        reason=found.reason if empty else None,
        numerator=Side(found.numerator, customer_rows(found.tops, "numerator", last)),
        denominator=Side(found.denominator, customer_rows(found.bottoms, "denominator", last)),
        excluded=_left(found.excluded),
        parts=found.parts,
        n=int(found.denominator),
        notes=found.notes,
        watermark=question.asked.watermark,
        scope=question.scope,
    )


def _left(reasons: Mapping[int, str]) -> Rows:
    return customer_rows(dict.fromkeys(reasons), "excluded", lambda key: reasons[key])


SPECS = (
    MetricSpec(
        "proactive_share", _l("能動比率"), RATIO, "1", _l("30日の能動接点 ÷ 30日の全接点"), proactive_share, permission="account.view",
        group="touch",
        rules=(
            _l("期間は基準日までの30日です。能動か受動か分からない接点は、分子にも分母にも入れず、件数を示します。"),
            _l("除外区分のある顧客との接点は数えません。"),
        ),
    ),
    MetricSpec(
        "coverage", _l("接点カバー率"), RATIO, "1", _l("接点の間隔のうちに能動接点があった顧客 ÷ 担当顧客"), coverage,
        permission="account.view", group="touch",
        rules=(
            _l("間隔はタッチごとに設定で決めます(初めはハイ30日、ロー90日、テックは対象外)。当日から間隔の日数までを含みます。"),
            _l("MRR のある顧客が対象です。複数のタッチがある顧客は短い間隔で、タッチのない顧客はロータッチの間隔で見ます。"),
        ),
    ),
)  # fmt: skip


def _days_or_zero(value: Any) -> int:
    text = str(value).strip()
    if not text.isascii() or not text.isdecimal() or int(text) > 730:
        raise ValueError(_("0 から 730 の日数を入れてください。"))
    return int(text)


def register_all() -> None:
    """Metrics and the settings they stand on; called at start-up."""
    for spec in SPECS:
        register(spec)
    cadence = _l("接点カバー率で、この日数のうちに能動接点があるかを見ます。0を入れたタッチは対象外です。")
    for model, word, default in (
        ("high", _l("接点の間隔: ハイタッチ"), 30),
        ("low", _l("接点の間隔: ロータッチ"), 90),
        ("tech", _l("接点の間隔: テックタッチ"), 0),
    ):
        declare(SettingSpec(CADENCE[model], word, cadence, default, "days", clean=_days_or_zero, group="health", counted=True))  # fmt: skip
