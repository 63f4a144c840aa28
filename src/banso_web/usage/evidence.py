"""The careful verdict on one series, and as data: everything it stands on, written once and shown as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from banso.periods import Calendar
from banso.usage import Drop, DropRule, SkippedWeek, Verdict, Week, drop
from banso_web.usage.reads.series import DAILY, Series

#: A reason of its own: the account has contracts and none of them is in force.
NO_CONTRACT = "no_contract"


def drop_of(series: Series, days_off: Calendar, as_of: date, gaps: Collection[date]) -> Drop:
    """What the library says of a series on a day."""
    return drop(series.users, days_off, series.seats, as_of=as_of, gaps=gaps, daily=series.form == DAILY)


def words_of(series: Series, verdict: Drop) -> tuple[str, str]:
    """(verdict, reason) as they are kept."""
    if not series.in_force:
        return Verdict.NOT_JUDGED.value, NO_CONTRACT
    return verdict.verdict.value, verdict.reason.value if verdict.reason else ""


def text(value: Fraction | None) -> str | None:
    """Exact: "31/2"."""
    return None if value is None else str(value)


def evidence_of(
    series: Series,
    verdict: Drop,
    parts: Mapping[str, Any] | None,
    missing: Mapping[str, Collection[date]],
) -> dict[str, Any]:
    """JSON; numbers are exact texts of fractions. Nothing in it changes from day to day while the weeks stay the same."""
    judged = [(week, "before") for week in verdict.baseline_weeks]
    judged += [(week, "latest") for week in verdict.recent_weeks]
    shown = judged or [(week, "unused") for week in verdict.weeks.used]
    return {
        "form": series.form,
        "per_seat": verdict.per_seat,
        "baseline": text(verdict.baseline),
        "recent": text(verdict.recent),
        "change": text(verdict.change),
        "baseline_users": text(verdict.baseline_users),
        "seats_change": text(verdict.seats_change),
        "seats_from": series.seats_from,
        "rule": _rule(verdict.rule),
        "weeks": [_week(week, part) for week, part in shown],
        "skipped": [_skipped(week) for week in verdict.skipped],
        "parts": dict(parts or {}),
        "gaps": {
            source: [day.isoformat() for day in days] for source, days in series.silent(missing).items()
        },
    }


def _rule(rule: DropRule) -> dict[str, Any]:
    return {
        "threshold": text(rule.threshold),
        "baseline_weeks": rule.baseline_weeks,
        "recent_weeks": rule.recent_weeks,
        "least_users": rule.least_users,
        "closed_days": rule.closed_days,
    }


def quiet_evidence(
    form: str, name: str, reason: str, levels: tuple[Fraction, Fraction] | None
) -> tuple[dict[str, Any], str]:
    """(evidence, digest) of a verdict that calls for nothing: its weeks are not kept, the customer's page reads them again.

    levels: (baseline, recent) where the list of those with too few users shows them.
    """
    if levels is None:
        return _wordless(form, name, reason)
    baseline, recent = levels
    change = recent / baseline - 1 if baseline else None
    told = {"baseline": text(baseline), "recent": text(recent), "change": text(change), "baseline_users": text(baseline)}  # fmt: skip
    evidence = _wordless(form, name, reason)[0] | told
    return evidence, digest_of(name, reason, evidence)


@cache
def _wordless(form: str, name: str, reason: str) -> tuple[dict[str, Any], str]:
    evidence: dict[str, Any] = {
        "form": form,
        "quiet": True,
        "per_seat": False,
        **dict.fromkeys(("baseline", "recent", "change", "baseline_users", "seats_change")),
        "rule": _rule(DropRule()),
        "weeks": [],
        "skipped": [],
        "parts": {},
        "gaps": {},
    }
    return evidence, digest_of(name, reason, evidence)


def _week(week: Week, part: str) -> dict[str, Any]:
    return {
        "monday": week.monday.isoformat(),
        "users": str(week.users),
        "seats": week.seats,
        "over_seats": week.over_seats,
        "closed": week.closed,
        "part": part,
    }


def _skipped(week: SkippedWeek) -> dict[str, Any]:
    days = [day.isoformat() for day in week.days]
    return {"monday": week.monday.isoformat(), "users": str(week.users), "reason": week.reason, "days": days}


def digest_of(verdict: str, reason: str, evidence: Mapping[str, Any]) -> str:
    """Equal digests: nothing changed."""
    plain = json.dumps([verdict, reason, evidence], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()
