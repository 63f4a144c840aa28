"""The JSON island of a chart and its table twin, from one description (frontend/src/charts/contract.ts)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from banso_web.core.ui import formats
from banso_web.core.ui.states import state_word

_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def plain(value: Any) -> Any:
    """What JSON can hold: exact numbers become floats (the picture's precision), lazy words text, days ISO."""
    if isinstance(value, Decimal | Fraction):
        return float(value)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def island(data: Mapping[str, Any]) -> SafeString:
    """The data block that charts.js reads. It is data, never script: the page's policy forbids inline script."""
    text = json.dumps(plain(data), ensure_ascii=False, allow_nan=False).translate(_ESCAPES)
    return format_html('<script type="application/json">{}</script>', mark_safe(text))


def value_text(value: Any, unit: Mapping[str, Any], state: Any = "") -> str:
    """One figure of the twin, in the unit of the chart; its state word where there is none."""
    if value is None:
        return str(state_word(str(state))) if state else str(state_word("missing"))
    digits = unit.get("digits")
    match unit["kind"]:
        case "money":
            return formats.money_text(value, unit.get("currency", ""))
        case "percent":
            return formats.pct_text(value, 2 if digits is None else digits)
        case "points":
            return formats.pt_text(value, 2 if digits is None else digits)
        case _:
            return formats.count_text(value, str(unit.get("label", "")), digits or 0)


def twin(data: Mapping[str, Any]) -> dict[str, Any]:
    """Head and rows of the table that says the same as the chart; `num` cells are right-aligned."""
    unit = data["unit"]
    match data["kind"]:
        case "waterfall":
            rows = [[bar["label"], value_text(bar["value"], unit, bar.get("state"))] for bar in data["bars"]]
            return {"head": [_("項目"), _("値")], "rows": rows}
        case "heat" | "cohort":
            cells = {(cell["row"], cell["col"]): cell for cell in data["cells"]}
            rows = [
                [name, *(_cell(cells.get((place, col)), unit) for col in range(len(data["cols"])))]
                for place, name in enumerate(data["rows"])
            ]
            return {"head": [data.get("rowTitle", ""), *data["cols"]], "rows": rows}
        case _:
            series = data["series"]
            rows = [[x, *(_point(one, place, unit) for one in series)] for place, x in enumerate(data["x"])]
            return {"head": ["", *(one["name"] for one in series)], "rows": rows}


def _cell(cell: Mapping[str, Any] | None, unit: Mapping[str, Any]) -> str:
    if cell is None:
        return ""
    return str(cell.get("text") or value_text(cell["value"], unit, cell.get("state")))


def _point(series: Mapping[str, Any], place: int, unit: Mapping[str, Any]) -> str:
    states, low, high = (series.get(key) or [] for key in ("states", "low", "high"))
    text = value_text(series["values"][place], unit, states[place] if states else "")
    if low and high and low[place] is not None and high[place] is not None:
        text += f" ({value_text(low[place], unit)} – {value_text(high[place], unit)})"
    if (series.get("small") or [False] * len(series["values"]))[place]:
        text += f" {_('参考')}"
    return text
