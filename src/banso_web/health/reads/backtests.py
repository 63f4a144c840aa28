"""Back-tests that were run, as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from banso_web.core.ui.formats import month_text, number_text, pct_text
from banso_web.health.backtest_words import DRIFTED, NOTES, RIVALS, TRUST, model_word, ratio_text, reason_word
from banso_web.health.models import BacktestRun
from banso_web.health.words import signal_word


@dataclass(frozen=True)
class RunLine:
    """One run in the list."""

    id: int
    version: str
    asked_at: datetime
    as_of: date
    watermark: int
    horizon: int
    months: int
    done: int
    capacity: int | None
    state: str
    by: str

    @property
    def working(self) -> bool:
        return self.state in (BacktestRun.State.WAITING, BacktestRun.State.RUNNING)


Row = tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A finished run in words: tables of ready cells, and the charts' data."""

    line: RunLine
    notes: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    rivals: tuple[Row, ...]
    segments: tuple[Row, ...]
    calibration: Mapping[str, Any] | None
    calibration_note: str
    monthly: Mapping[str, Any] | None
    days: tuple[Row, ...]
    model: Mapping[str, Any]
    drift: Mapping[str, Any]


def runs(card: str) -> list[RunLine]:
    """The newest twenty of a scorecard."""
    found = BacktestRun.objects.filter(card=card).select_related("member").defer("columns", "result")
    return [_line(run) for run in found.order_by("-pk")[:20]]


def _line(run: BacktestRun) -> RunLine:
    return RunLine(
        run.pk, run.version, run.asked_at, run.as_of, run.watermark, run.horizon, run.months, run.done, run.capacity,
        run.state, run.member.name if run.member else "",
    )  # fmt: skip


def finished(card: str, run_id: int | None = None) -> BacktestRun | None:
    """A finished run of a scorecard, the newest one unless named."""
    found = BacktestRun.objects.filter(card=card, state=BacktestRun.State.DONE).select_related("member")
    return (found.filter(pk=run_id) if run_id else found.order_by("-pk")).first()


def as_json(run: BacktestRun, *, whole: bool = True) -> dict[str, Any]:
    """A run as `--json` and the API give it; the numbers are those of `banso.health.backtest`, null with their reason."""
    return {
        "id": run.pk,
        "scorecard": run.card,
        "version": run.version,
        "as_of": run.as_of.isoformat(),
        "watermark": run.watermark,
        "months": run.months,
        "horizon": run.horizon,
        "capacity": run.capacity,
        "state": run.state,
        "done": run.done,
        **({"result": run.result or None} if whole else {}),
    }


def every_run(card: str = "") -> list[dict[str, Any]]:
    """All runs, or a scorecard's, without their results; the oldest first."""
    found = BacktestRun.objects.defer("columns", "result").order_by("pk")
    rows = found.filter(card=card) if card else found
    return [as_json(run, whole=False) for run in rows]


def one_run(run_id: int) -> BacktestRun | None:
    return BacktestRun.objects.defer("columns").filter(pk=run_id).first()


def shown(run: BacktestRun) -> Shown:
    score = run.result["score"]
    return Shown(
        line=_line(run),
        notes=_notes(run.result),
        figures=_figures(score),
        rivals=_rivals(score),
        segments=tuple(_part(one) for one in score["segments"]),
        calibration=_calibration(score["calibration"]),
        calibration_note=str(reason_word(score["calibration"]["reason"]))
        if score["calibration"]["reason"]
        else "",
        monthly=_monthly(score["days"]),
        days=tuple((month_text(date.fromisoformat(one["name"])), *_part(one)[1:]) for one in score["days"]),
        model=_model(run.result["model"]),
        drift=_drift(run.result),
    )


def _notes(result: Mapping[str, Any]) -> tuple[str, ...]:
    counted, facts = result["score"]["counted"], result["assumed"]
    notes = [
        _("%(used)s 行(顧客 %(accounts)s 社の月末)を数えました。解約した顧客は %(gone)s 社です。期間がまだ終わっていない %(open)s 行と、その時にはもう顧客でなかった %(left)s 行は除いています。")
        % {"used": number_text(counted["used"]), "accounts": number_text(counted["accounts"]), "gone": number_text(counted["accounts_with_event"]),
           "open": number_text(counted["not_over"]), "left": number_text(counted["gone"])},
    ]  # fmt: skip
    if not counted["used"]:
        notes.append(
            _(
                "その時に分かっていた記録がありません。過去の記録を「起きた日に分かった」として取り込むと、数えられます。"
            )
        )
    if counted["unknown"]:
        notes.append(
            _(
                "ヘルスが不明だった行は %(n)s 行で、うち %(gone)s 行で期間内に解約がありました。再現率では見逃しに数えています。"
            )
            % {"n": number_text(counted["unknown"]), "gone": number_text(counted["unknown_events"])}
        )
    if facts["assumed"]:
        share = pct_text(facts["assumed"] / facts["rows"], 1)
        notes.append(
            _(
                "もとになる記録の %(share)s は、記録日を「起きた日に分かった」と仮定しています。その分、実際より良く見えることがあります。"
            )
            % {"share": share}
        )
    return tuple(notes)


def _figures(score: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    at, brier, lead = score["capacity"], score["brier"], score["capacity"]["lead"]
    listed = (
        _("CS担当ごとに月 %(n)s 社") % {"n": at["per_member"]}
        if at["per_member"]
        else _("上位1割(見られる顧客数が決まっていないため)")
    )
    days = "—"
    if lead["median"] is not None:
        days = _("%(median)s日(%(lower)s〜%(upper)s日)") % {
            name: number_text(lead[name], 0) for name in ("lower", "median", "upper")
        }
    skill = (
        ""
        if brier["skill"] is None
        else _("平均だけを言うより %(skill)s 良い") % {"skill": pct_text(brier["skill"], 1)}
    )
    return (
        (_("AUC"), ratio_text(score["auc"]), _("0.5は当てずっぽう、1は完全")),
        (_("Brierスコア"), ratio_text(brier["score"], digits=4), skill),
        (_("適合率"), ratio_text(at["precision"], pct=True), listed),
        (_("再現率"), ratio_text(at["recall"], pct=True), listed),
        (_("捕まえた解約"), ratio_text(at["caught"], pct=True), _("解約までに一度でもリストに載った割合")),
        (_("先行日数"), days, _("捕まえた解約の中央値と四分位")),
        (
            _("誤報"),
            "—" if at["false_alarms"] is None else number_text(at["false_alarms"], 2),
            _("CS担当一人、1週あたり"),
        ),
    )


def _rivals(score: Mapping[str, Any]) -> tuple[Row, ...]:
    out = []
    for one in score["rivals"]:
        at = one["capacity"]
        out.append(
            (
                str(RIVALS[one["name"]]),
                ratio_text(one["auc"]),
                ratio_text(one["ahead"]),
                ratio_text(at["precision"], pct=True) if at else "—",
                ratio_text(at["recall"], pct=True) if at else "—",
            )
        )
    return tuple(out)


def _part(one: Mapping[str, Any]) -> Row:
    return (
        one["name"],
        number_text(one["rate"]["n"]),
        ratio_text(one["rate"], pct=True),
        ratio_text(one["auc"]),
        ratio_text(one["precision"], pct=True),
        ratio_text(one["recall"], pct=True),
    )


def _calibration(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What was said beside what happened, a place for each tenth."""
    bins: Sequence[Mapping[str, Any]] = found["table"]
    if not bins:
        return None
    happened = [one["happened"] for one in bins]
    return {
        "kind": "line",
        "unit": {"kind": "percent", "digits": 1},
        "x": [pct_text(one["said"], 1) for one in bins],
        "zero": True,
        "series": [
            {"name": _("実際に解約した割合"), "values": [one["value"] for one in happened], "low": [one["low"] for one in happened], "high": [one["high"] for one in happened]},
            {"name": _("言っていた確率"), "values": [one["said"] for one in bins], "style": "dashed"},
        ],
    }  # fmt: skip


def _monthly(days: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    if not any(one["auc"]["value"] is not None for one in days):
        return None
    auc = [one["auc"] for one in days]
    return {
        "kind": "line",
        "unit": {"kind": "count", "digits": 3},
        "x": [month_text(date.fromisoformat(one["name"])) for one in days],
        "series": [
            {"name": _("AUC"), "values": [one["value"] for one in auc], "low": [one["low"] for one in auc], "high": [one["high"] for one in auc],
             "states": [None if one["value"] is not None else str(reason_word(one["reason"])) for one in auc]},
        ],
        "targets": [{"value": 0.5, "label": _("当てずっぽう")}],
    }  # fmt: skip


def _model(model: Mapping[str, Any]) -> Mapping[str, Any]:
    check = model["check"]
    return {
        "chosen": model_word(model["chosen"]) if model["chosen"] else "",
        "reason": reason_word(model["reason"], model=True) if model["reason"] else "",
        "notes": [NOTES[one] for one in model["notes"]],
        "auc": ratio_text(check["auc"]) if check else "",
        "ratio": ratio_text(check["calibration"]["observed_over_expected"], digits=2) if check else "",
        "ahead": ratio_text(model["ahead_of_score"]) if model["ahead_of_score"] else "",
        "tried": [
            (model_word(one["name"]), number_text(one["loss"], 4), ratio_text(one["ahead"], digits=4)) for one in model["tried"]
        ],
        "effects": [
            (str(signal_word(one["feature"])), number_text(one["log_odds"], 2, signed=True), number_text(one["error"], 2), number_text(one["q"], 3))
            for one in sorted(model["effects"], key=lambda one: one["q"])
        ],
    }  # fmt: skip


def _drift(result: Mapping[str, Any]) -> Mapping[str, Any]:
    watch = result["drift"]
    if watch is None:
        return {"trust": ""}
    return {
        "trust": watch["trust"],
        "word": TRUST[watch["trust"]],
        "reasons": [DRIFTED[one] for one in watch["reasons"]],
        "since": date.fromisoformat(result["drift_since"]),
        "ratio": ratio_text(watch["since"]["observed_over_expected"], digits=2),
    }
