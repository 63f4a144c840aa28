"""The rules of フォロー漏れ as the organisation set them: settings with dated versions, so that a past day keeps its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso.health.overlooked import NPS, STANDARD, Rule
from banso_web.core.facts import Asked
from banso_web.core.settings_store import SettingSpec, declare, rules_of

CSAT_FROM, CSAT_BELOW = "health.csat_mid_from", "health.csat_mid_below"
NPS_FROM, NPS_BELOW = "health.nps_mid_from", "health.nps_mid_below"
DROP, RENEWAL, DAYS = "health.drop", "health.renewal_days", "health.follow_days"
TOUCH_DAYS = {key: f"health.follow_days_{key}" for key in ("high", "low", "tech")}


@dataclass(frozen=True)
class Rules:
    """`csat`, `nps`: the rule of each view. `by_touch`: days without contact of a touch model that has its own."""

    csat: Rule
    nps: Rule
    by_touch: Mapping[str, int]

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.csat, self.nps, tuple(sorted(self.by_touch.items())))

    def of(self, basis: str) -> Rule:
        return self.nps if basis == "nps" else self.csat

    def limit(self, touch: str) -> int:
        """Days without contact that are still in time for a customer of these touch models (`;` between): the fewest."""
        own = [self.by_touch[model] for model in touch.split(";") if model in self.by_touch]
        return min(own, default=self.csat.days)


def rules(asked: Asked) -> Rules:
    """The rules that hold on the asked day. One query."""
    held = rules_of(
        (
            CSAT_FROM,
            CSAT_BELOW,
            NPS_FROM,
            NPS_BELOW,
            DROP,
            RENEWAL,
            DAYS,
            *TOUCH_DAYS.values(),
        ),
        as_of=asked.as_of,
        watermark=asked.watermark,
    )

    def rule(low: str, high: str, point: Fraction) -> Rule:
        return Rule(
            Fraction(str(held[low])), Fraction(str(held[high])), int(held[DAYS]), Fraction(str(held[DROP])),
            int(held[RENEWAL]), point,
        )  # fmt: skip

    by_touch = {model: int(held[key]) for model, key in TOUCH_DAYS.items() if held[key]}
    return Rules(rule(CSAT_FROM, CSAT_BELOW, STANDARD.point), rule(NPS_FROM, NPS_BELOW, NPS.point), by_touch)


def _number(low: str, high: str) -> Callable[[Any], str]:
    """A number of at most two decimals between two, kept as text."""

    def clean(value: Any) -> str:
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or not Decimal(low) <= found <= Decimal(high) or found != round(found, 2):
            text = _("%(low)s から %(high)s の数を、小数2桁までで入れてください。")
            raise ValueError(text % {"low": low, "high": high})
        return f"{found.normalize():f}"

    return clean


def _days(value: Any) -> int:
    text = str(value).strip()
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 730:
        raise ValueError(_("1 から 730 の日数を入れてください。"))
    return int(text)


def _days_or_zero(value: Any) -> int:
    return 0 if value in (0, "0") else _days(value)


def declare_all() -> None:
    """Called at start-up."""
    band = _l("この値から上の満足度を中程度とします。画面のしきい値の欄にも出ます。")
    below = _l("この値に満たない満足度までを中程度とします。この値からは高満足です。")
    numbers: tuple[tuple[str, Any, Any, Any, Callable[[Any], str]], ...] = (
        (CSAT_FROM, _l("中程度の満足度(CSAT): 下限"), band, "3", _number("1", "5")),
        (CSAT_BELOW, _l("中程度の満足度(CSAT): 上限(この値未満)"), below, "4", _number("1", "5")),
        (NPS_FROM, _l("中程度の満足度(NPS): 下限"), band, "5", _number("0", "11")),
        (NPS_BELOW, _l("中程度の満足度(NPS): 上限(この値未満)"), below, "9", _number("0", "11")),
        (DROP, _l("満足度低下と知らせる差"), _l("同じ人たちの前回から、この点数以上下がると「低下」の印を付けます(CSATの点数。NPSは1点を0.4点とみなします)。"), "0.5", _number("0.01", "4")),
    )  # fmt: skip
    for key, label, help_text, default, clean in numbers:
        declare(
            SettingSpec(key, label, help_text, default, "number", clean=clean, group="health", counted=True)
        )
    declare(
        SettingSpec(
            DAYS, _l("フォロー漏れとする日数"), _l("こちらからの接点がこの日数を超えてない、中程度の満足度の顧客をフォロー漏れに並べます。"), 45, "days",
            clean=_days, group="health", counted=True,
        )
    )  # fmt: skip
    own = _l("0なら「フォロー漏れとする日数」と同じです。")
    for model, word in (
        ("high", _l("フォロー漏れとする日数: ハイタッチ")),
        ("low", _l("フォロー漏れとする日数: ロータッチ")),
        ("tech", _l("フォロー漏れとする日数: テックタッチ")),
    ):
        declare(SettingSpec(TOUCH_DAYS[model], word, own, 0, "days", clean=_days_or_zero, group="health", counted=True))  # fmt: skip
    declare(
        SettingSpec(
            RENEWAL, _l("優先度を上げる、更新までの日数"), _l("更新がこの日数のうちにある顧客の優先度を0.5上げます。"), 120, "days",
            clean=_days, group="health", counted=True,
        )
    )  # fmt: skip
