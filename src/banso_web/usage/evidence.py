"""A verdict as data: everything it stands on, written once and shown as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from banso.usage import Drop, SkippedWeek, Week
from banso_web.usage.reads.series import Series


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
    rule = verdict.rule
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
        "rule": {
            "threshold": text(rule.threshold),
            "baseline_weeks": rule.baseline_weeks,
            "recent_weeks": rule.recent_weeks,
            "least_users": rule.least_users,
            "closed_days": rule.closed_days,
        },
        "weeks": [_week(week, part) for week, part in shown],
        "skipped": [_skipped(week) for week in verdict.skipped],
        "parts": dict(parts or {}),
        "gaps": {
            source: [day.isoformat() for day in missing[source]]
            for source in series.sources
            if missing.get(source)
        },
    }


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
