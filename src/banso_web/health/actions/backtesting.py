"""Back-tests: asked for by somebody, run by the worker (or at once by the command), kept with what they stand on."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from banso.health import AlertBudget, alert_budget, backtest, drift, fit_risk
from banso.health.risk.fit import LEAST_DAYS
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.health.columns import pack, unpack
from banso_web.health.models import BacktestRun
from banso_web.health.reads.cards import cards
from banso_web.health.reads.past import EVENTS, OUTCOMES, SNAPSHOTS, Rebuilt, assumed, rebuild

if TYPE_CHECKING:
    from banso_web.members.models import Member

RUN = "account.edit_all"
MONTHS, HORIZONS = 24, (30, 90, 180)
FIELDS = ("id", "day", "value", "segment", "member", "mrr", "recency")


def require(actor: Member | None) -> None:
    """Who answers for all customers may have the past computed. None is the machine's owner at the command line."""
    if actor is not None and not actor.may(RUN):
        raise Forbidden(_("バックテストを実行する権限がありません。CSマネージャーに依頼してください。"))


def ask(
    card: str, *, actor: Member | None, horizon: int = 90, months: int = MONTHS, capacity: int | None = None
) -> BacktestRun:
    """Note the question, with an audit row. Refused for another horizon, 2 to 60 months, a capacity below 1; NotVisible for a scorecard
    that is not in force."""
    require(actor)
    if horizon not in HORIZONS:
        raise Refused(_("期間は30日、90日、180日から選んでください。"))
    if not 2 <= months <= 60 or (capacity is not None and not 1 <= capacity <= 1000):
        raise Refused(_("月数は2から60、一人が見られる顧客数は1から1000で入れてください。"))
    asked = Asked(as_of=clock.today(), today=clock.today(), watermark=current_watermark())
    found = next((one for one in cards(asked) if one.key == card), None)
    if found is None:
        raise NotVisible
    with transaction.atomic():
        run = BacktestRun.objects.create(
            card=card, version=found.version, digest=found.digest, as_of=asked.as_of, months=months, horizon=horizon,
            capacity=capacity, watermark=asked.watermark, asked_at=clock.now(), member=actor,
        )  # fmt: skip
        told = {"months": months, "horizon": horizon, "capacity": capacity, "version": found.version}
        audit.record("backtest.new", actor=actor, subject="backtest", subject_id=run.pk, label=card, new=told)
    return run


def run_backtest(run_id: int) -> BacktestRun:
    """Build the past again and count. Twice or killed anywhere: the same answer for the run's watermark."""
    run = BacktestRun.objects.get(pk=run_id)
    if run.state == BacktestRun.State.DONE:
        return run
    BacktestRun.objects.filter(pk=run_id).update(state=BacktestRun.State.RUNNING, done=0)
    asked = Asked(as_of=run.as_of, today=clock.today(), watermark=run.watermark)

    def progress(done: int) -> None:
        BacktestRun.objects.filter(pk=run_id).update(done=done)

    try:
        built = rebuild(asked, run.card, run.months, progress)
        result = counted(built, run)
    except Exception:
        BacktestRun.objects.filter(pk=run_id).update(state=BacktestRun.State.FAILED, ended_at=clock.now())
        raise
    kept = {name: built.sheet[SNAPSHOTS][name] for name in FIELDS}
    run.result, run.columns = result, pack({SNAPSHOTS: kept, OUTCOMES: built.sheet[OUTCOMES]})
    run.state, run.done, run.ended_at = BacktestRun.State.DONE, run.months, clock.now()
    run.save(update_fields=["result", "columns", "state", "done", "ended_at"])
    return run


def counted(built: Rebuilt, run: BacktestRun) -> dict[str, Any]:
    """The back-test of the score, the model's fit with its own, and the drift of a model of a year ago, as JSON."""
    table = tables(built.sheet, built.segments)
    found = backtest(*table, run.horizon, as_of=run.as_of, capacity=run.capacity)
    facts = assumed(run.as_of)
    snapshots = {**table[0], **{name: built.sheet[SNAPSHOTS][name] for name in built.features}}
    given: dict[str, Any] = {"features": built.features, "score": "value"}
    fit = fit_risk(snapshots, table[1], as_of=run.as_of, refits=0, **given)
    result = {
        "score": plain(found),
        "assumed": plain(facts),
        "segments": list(built.segments),
        "model": {
            "reason": fit.reason,
            "chosen": fit.chosen,
            "notes": list(fit.notes),
            "accounts_with_event": fit.accounts_with_event,
            "tried": plain(fit.tried),
            "ahead_of_score": plain(fit.ahead_of_score),
            "effects": plain(fit.effects),
            "check": plain(fit.check),
        },
    }
    then = run.as_of - timedelta(days=LEAST_DAYS)
    old = fit_risk(snapshots, table[1], as_of=then, refits=0, **given)
    watch = None
    if old.model is not None:
        said = {**table[0], "value": old.model.predict(snapshots).probability[90]}
        watch = plain(drift(said, table[1], 90, fitted_on=then, as_of=run.as_of))
    return {**result, "drift": watch, "drift_reason": old.reason, "drift_since": then.isoformat()}


def tables(sheet: Any, segments: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two tables as the library reads them."""
    told, happened = sheet.get(SNAPSHOTS), sheet.get(OUTCOMES)
    if told is None:
        return {"account": [], "as_of": [], "value": []}, {"account": [], "on": []}
    names = np.array(segments, object)
    snapshots = {
        "account": told["id"],
        "as_of": _days(told["day"]),
        "value": told["value"],
        "segment": names[told["segment"]] if len(names) else [],
        "member": [one if one >= 0 else None for one in told["member"].tolist()],
        "mrr": told["mrr"],
        "recency": told["recency"],
    }
    if happened is None:
        return snapshots, {"account": [], "on": []}
    kinds = np.array(EVENTS, object)[happened["kind"]]
    return snapshots, {"account": happened["id"], "on": _days(happened["day"]), "kind": kinds}


def _days(ordinals: Any) -> Any:
    return np.datetime64("0001-01-01", "D") + (ordinals.astype(np.int64) - 1)


def solve(run: BacktestRun, alerts: float, precision: float) -> AlertBudget:
    """The threshold for an alert budget, on the snapshots a finished run has kept."""
    table = tables(unpack(bytes(run.columns)), run.result.get("segments", []))
    return alert_budget(
        *table, run.horizon, alerts_per_member_day=alerts, precision=precision, as_of=run.as_of
    )


def plain(found: Any) -> Any:
    """A result of the library as JSON holds it."""
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return {one.name: plain(getattr(found, one.name)) for one in dataclasses.fields(found)}
    if isinstance(found, (list, tuple)):
        return [plain(one) for one in found]
    if isinstance(found, date):
        return found.isoformat()
    if isinstance(found, StrEnum):
        return str(found)
    if isinstance(found, np.generic):
        return found.item()
    return found
