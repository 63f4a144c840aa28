"""`banso metric health --signals FILE`: a reading of signals that somebody states, by the shipped scorecard.

The file is YAML, JSON or CSV. A signal by its key or its name in Japanese or English, and its points (0-100), or the word of a state:

    利用: 70
    満足: 60
    関係: 未収集
    サポート: {状態: 途絶, 最後の点: 20}
    担当所感: ◎

CSV has a line a signal: シグナル, 点, 状態, 最後の点, 最後の日 (or signal, points, state, last, last_on).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any
from unicodedata import normalize

import yaml
from django.utils.translation import gettext as _

from banso.health import Contribution, Reading, Signal, State, score
from banso_web.core import plain_yaml
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked
from banso_web.core.metrics import MetricResult, Row, Side, catalogue, exact
from banso_web.core.ui.formats import number_text, pct_text
from banso_web.core.ui.states import BANDS, state_word
from banso_web.health.reads.cards import shipped
from banso_web.health.words import BAND_MARKS, STATE_WORDS, reason_text, signal_word

NAMES = {
    "usage": ("利用",),
    "satisfaction": ("満足", "満足度", "csat"),
    "sentiment": ("担当所感",),
    "relationship": ("関係", "関係(接点・多点)"),
    "support": ("サポート",),
    "contract": ("契約/支払", "契約・支払", "契約", "支払", "contract/payment"),
}
STATES = {
    State.KNOWN: ("既知",),
    State.NOT_COLLECTED: ("未収集",),
    State.NOT_APPLICABLE: ("対象外",),
    State.NO_ANSWER: ("無回答", "unanswered"),
    State.STOPPED: ("途絶",),
    State.GAP: ("欠測", "missing"),
}
FIELDS = {
    "signal": ("シグナル",),
    "points": ("点", "値", "value"),
    "state": ("状態",),
    "last": ("最後の点", "最後の値"),
    "last_on": ("最後の日",),
}
MARKS = {"◎": "◎", "○": "○", "〇": "○", "△": "△", "×": "×", "✕": "×"}


def given(path: Path, asked: Asked) -> MetricResult:
    """The reading of a file's signals on the asked day. Refused with everything that cannot be read."""
    wrong: list[str] = []
    found: dict[str, Signal] = {}
    for name, told in _entries(path):
        key = _named(name, NAMES)
        if key is None:
            known = ", ".join(words[0] for words in NAMES.values())
            wrong.append(
                _("「%(name)s」というシグナルはありません(%(known)s)。") % {"name": name, "known": known}
            )
        elif key in found:
            wrong.append(_("「%(name)s」が二度書かれています。") % {"name": name})
        else:
            try:
                found[key] = _signal(key, told, asked.as_of)
            except (ValueError, InvalidOperation):
                wrong.append(_("「%(name)s」の「%(told)s」を読み取れません。0〜100の点か、状態の言葉を書いてください。") % {"name": name, "told": told})  # fmt: skip
    if wrong:
        raise Refused(" ".join([*wrong, _("何も計算していません。")]), code="bad_signals")
    return as_result(score(found, shipped(), asked.as_of), asked)


def _entries(path: Path) -> list[tuple[str, Any]]:
    try:
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp932")
        if path.suffix.lower() == ".csv":
            return [_line(row) for row in csv.DictReader(io.StringIO(text))]
        loaded = plain_yaml.load(text)
        if not isinstance(loaded, Mapping):
            raise ValueError
        return [(str(name), told) for name, told in loaded.items()]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, csv.Error, ValueError, RecursionError) as problem:
        text = _(
            "シグナルのファイル「%(path)s」を読み取れません。「利用: 70」のような行にしてください。何も計算していません。"
        )
        raise Refused(text % {"path": path.name}, code="bad_signals") from problem


def _line(row: Mapping[str | None, Any]) -> tuple[str, dict[str, str]]:
    told = {
        field: str(value).strip() for name, value in row.items() if value and (field := _named(name, FIELDS))
    }
    if "signal" not in told:
        raise ValueError
    return told.pop("signal"), told


def _signal(key: str, told: Any, day: date) -> Signal:
    if not isinstance(told, Mapping):
        told = {"points": told}
    values = {field: value for name, value in told.items() if (field := _named(name, FIELDS))}
    if len(values) < len(told):
        raise ValueError
    points, state = values.get("points"), State.KNOWN
    word = values.get("state", points if isinstance(points, str) else None)
    if word is not None and (named := _named(word, STATES)):
        state = State(named)
        points = None if word is points else points
    elif "state" in values:
        raise ValueError
    if state is State.KNOWN:
        return Signal(
            key,
            None if (mark := MARKS.get(str(points).strip())) is None else mark,
            state,
            day,
            points=None if mark else _points(points),
        )
    last = None if values.get("last") in (None, "") else _points(values["last"])
    on = values.get("last_on")
    on = date.fromisoformat(on) if isinstance(on, str) and on else on
    if points not in (None, "") or (on is not None and not isinstance(on, date)):
        raise ValueError
    return Signal(key, None, state, points=last, last_on=None if last is None else on or day)


def _points(value: Any) -> Decimal:
    points = Decimal(normalize("NFKC", str(value)).strip())
    if isinstance(value, bool) or not points.is_finite() or not 0 <= points <= 100:
        raise ValueError
    return points


def _named(word: Any, names: Mapping[Any, Iterable[str]]) -> Any:
    """The key that a person means by a word, whatever its width and case."""
    wanted = _plain(word)
    return next(
        (key for key, words in names.items() if wanted in (_plain(one) for one in (key, *words))), None
    )


def _plain(word: Any) -> str:
    return normalize("NFKC", str(word)).strip().lower().replace(" ", "_").replace("-", "_")


def as_result(reading: Reading, asked: Asked) -> MetricResult:
    """A reading as a metric: Σ weight × points ÷ Σ weight over the known parts, the others with their state."""
    spec = catalogue["health"]
    known = [one for one in reading.contributions if one.points is not None]
    rows = {
        part: [_row(one, part, amount) for one, amount in amounts]
        for part, amounts in (
            (
                "numerator",
                [(one, Fraction(one.weight) * one.points) for one in known if one.points is not None],
            ),
            ("denominator", [(one, Fraction(one.weight)) for one in known]),
            ("excluded", [(one, None) for one in reading.contributions if one.points is None]),
        )
    }
    top, bottom = (
        sum((row.amount or Decimal(0) for row in rows[part]), Decimal(0))
        for part in ("numerator", "denominator")
    )
    return MetricResult(
        metric="health",
        version=spec.version,
        as_of=asked.as_of,
        known_at=asked.known_at,
        unit=spec.unit,
        value=None if reading.value is None else exact(reading.value),
        reason=_("分かっているシグナルがありません") if reading.value is None else None,
        numerator=Side(top, rows["numerator"]),
        denominator=Side(bottom, rows["denominator"]),
        excluded=rows["excluded"],
        parts=_parts(reading),
        n=len(known),
        notes=tuple(_notes(reading)),
        watermark=asked.watermark,
    )


def _row(one: Contribution, part: str, amount: Fraction | None) -> Row:
    extra = {"weight": one.weight, "points": None if one.points is None else exact(one.points)}
    reason = str(state_word(STATE_WORDS[one.state])) if one.state is not State.KNOWN else ""
    return Row(
        None,
        one.key,
        str(signal_word(one.key)),
        part,
        None if amount is None else exact(amount),
        reason=reason,
        extra=extra,
    )


def _parts(reading: Reading) -> dict[str, Any]:
    low, high = (None if end is None else exact(end) for end in (reading.low, reading.high))
    return {
        "scorecard": reading.scorecard.version,
        "band": str(reading.band),
        "band_value": low,
        "low": low,
        "high": high,
        "completeness": exact(reading.completeness),
        "contributions": {
            one.key: exact(one.amount) for one in reading.contributions if one.points is not None
        },
        "reasons": [{"code": one.code, "part": one.part} for one in reading.reasons],
    }


def _notes(reading: Reading) -> list[str]:
    notes = [
        _("区分: %(band)s") % {"band": BANDS[BAND_MARKS[reading.band]].word},
        _("信頼度: %(share)s") % {"share": pct_text(reading.completeness, 0)},
    ]
    if reading.low is not None and reading.high is not None and reading.low != reading.high:
        ends = {"low": number_text(reading.low, 1), "high": number_text(reading.high, 1)}
        notes.append(_("区間: %(low)s〜%(high)s(区分は下限で決まります)") % ends)
    for one in reading.contributions:
        if one.state is not State.KNOWN:
            notes.append(f"{signal_word(one.key)}: {state_word(STATE_WORDS[one.state])}")
    return notes + [text for one in reading.reasons if (text := reason_text(one))]
