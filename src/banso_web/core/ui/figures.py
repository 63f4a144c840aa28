"""Figures as HTML: value and small unit, state words, and the part that opens the rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from banso_web.core.ui import formats
from banso_web.core.ui.links import keep_question
from banso_web.core.ui.states import state_help, state_word

_UNITS = ("百万円", "万円", "%", "pt")


def state_html(key: str, reason: str = "") -> SafeString:
    """算出不可 and its sisters; the reason (or the state's meaning) is its title."""
    return format_html(
        '<span class="state-word" title="{}">{}</span>', reason or state_help(key), state_word(key)
    )


def small_unit(text: str, unit: str = "") -> SafeString:
    """Sets the unit at the end of a formatted figure smaller: 96.75 % gives 96.75 <span class="unit">%</span>."""
    ending = next((mark for mark in ((unit,) if unit else ()) + _UNITS if mark and text.endswith(mark)), "")
    if not ending or ending == text:
        return format_html("{}", text)
    head = text.removesuffix(ending)
    gap = " " if head.endswith(" ") else ""
    return format_html('{}{}<span class="unit">{}</span>', head.rstrip(" "), gap, ending)


def figure_html(
    value: Any,
    kind: str = "number",
    *,
    digits: int | None = None,
    unit: str = "",
    currency: str = "",
    state: str = "",
) -> SafeString:
    """One value, or its state where there is none (`missing` unless the caller says which)."""
    if state or value is None:
        return state_html(state or "missing")
    text = formats.figure_text(value, kind, digits=digits, unit=unit, currency=currency)
    counted = unit or ("件" if kind == "count" else "")
    shown = small_unit(text, formats.unit_word(counted, value) if counted else "")
    exact = formats.exact_text(value, kind, currency)
    return format_html('<span title="{}">{}</span>', exact, shown) if exact and exact != text else shown


@dataclass(frozen=True)
class Figure:
    """Everything a stat shows. `value` None needs `state`; `rows_url` is the page of its 分子・分母・除外.

    `kind`, `digits`, `unit`, `currency` as in `formats.figure_text`. `change` is a difference shown as `change_kind`;
    `better` says which direction is good ("up", "down", ""), and colours nothing where `small` is set.
    """

    label: Any
    value: Any = None
    kind: str = "number"
    digits: int | None = None
    unit: str = ""
    currency: str = ""
    state: str = ""
    reason: str = ""
    change: Any = None
    change_kind: str = "pt"
    change_label: Any = ""
    better: str = ""
    target: Any = None
    target_op: str = ">="
    target_met: bool | None = None
    low: Any = None
    high: Any = None
    level: str = "95 %"
    n: int | None = None
    small: bool = False
    estimate: bool = False
    as_of: date | None = None
    metric: str = ""
    rows_url: str = ""
    version: str = ""
    note: Any = ""

    def text(self, value: Any) -> str:
        return formats.figure_text(
            value, self.kind, digits=self.digits, unit=self.unit, currency=self.currency
        )

    @property
    def html(self) -> SafeString:
        if self.state or self.value is None:
            return state_html(self.state or "missing", self.reason)
        return figure_html(self.value, self.kind, digits=self.digits, unit=self.unit, currency=self.currency)

    @property
    def rows(self) -> str:
        return keep_question(self.rows_url) if self.rows_url else ""

    @property
    def change_text(self) -> str:
        if self.change is None:
            return ""
        if self.change_kind in ("money", "units"):
            show = formats.money_text if self.change_kind == "money" else formats.units_text
            return show(self.change, self.currency, signed=True)
        if self.change_kind == "pct":
            return formats.pct_text(self.change, 2 if self.digits is None else self.digits, signed=True)
        if self.change_kind == "pt":
            return formats.pt_text(self.change, 2 if self.digits is None else self.digits)
        return formats.count_text(self.change, self.unit, self.digits or 0, signed=True)

    @property
    def direction(self) -> str:
        if self.change is None or self.change == 0:
            return "flat"
        return "up" if self.change > 0 else "down"

    @property
    def change_tone(self) -> str:
        """good, risk or nothing: colour only where the direction has a meaning and there are enough cases."""
        if not self.better or self.small or self.direction == "flat":
            return ""
        return "tone-good" if self.direction == self.better else "tone-risk"

    @property
    def target_text(self) -> str:
        sign = {">=": "≧", "<=": "≦", ">": ">", "<": "<", "=": "="}.get(self.target_op, self.target_op)
        return "" if self.target is None else f"{sign} {self.text(self.target)}"

    @property
    def target_word(self) -> str:
        return {True: _("達成"), False: _("未達"), None: ""}[self.target_met]

    @property
    def interval_text(self) -> str:
        return (
            "" if self.low is None or self.high is None else f"{self.text(self.low)} – {self.text(self.high)}"
        )
