"""利用 on the customer's page: the current verdict, the weekly trend with its band, and the matrix of departments and features."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from banso.periods import Calendar, week_start
from banso.usage import Verdict, band, weeks_of
from banso_web.accounts.counting import contracts_of
from banso_web.accounts.reads.counted import counted_accounts
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.clock import JST
from banso_web.core.facts import Asked, timelines
from banso_web.core.reads.calendar import calendar
from banso_web.core.registry import registry
from banso_web.usage.evidence import drop_of, evidence_of, words_of
from banso_web.usage.models import UsageVerdict
from banso_web.usage.reads.definitions import features
from banso_web.usage.reads.matrix import matrix
from banso_web.usage.reads.moves import newest_week, snoozes
from banso_web.usage.reads.one import one_use
from banso_web.usage.reads.releases import released
from banso_web.usage.reads.series import DAILY, EVENTS, EventUse, Series, read_series, window_start
from banso_web.usage.reads.shown import shown, week_label
from banso_web.usage.reads.verdicts import Run, holding, latest_run, open_gaps
from banso_web.usage.words import FORMS

if TYPE_CHECKING:
    from banso_web.members.models import Member

#: Weeks of the trend: the band needs eighteen and more.
WEEKS = 30
AHEAD = 4


def usage_block(member: Member, account_id: int, asked: Asked) -> dict[str, Any] | None:
    """Context of `usage/_block.html`."""
    days_off = calendar()
    series = read_series(asked, [account_id], weeks=WEEKS).get(account_id)
    table = matrix(account_id, asked, series.form if series else DAILY, features(asked))
    if series is None and table is None:
        return {"empty": True}
    run = latest_run(asked.as_of)
    row = holding(asked.as_of).filter(account_id=account_id).first()
    said = _said(row, series, days_off, asked, run)
    silent = open_gaps(run, newest_week(asked.as_of))
    block: dict[str, Any] = {
        "matrix": table,
        "day": asked.as_of,
        "one": one_use(member, account_id, asked),
        "has_series": series is not None,
        "verdict": shown(said) if said else None,
        "gap_days": series.gaps(silent) if series else (),
        "snooze": snoozes([account_id], asked.as_of).get(account_id),
    }
    if series is None:
        return block
    gaps = series.gaps(run.gaps) if run else ()
    block["form_word"] = FORMS[series.form]
    block["trend"] = _trend(series, days_off, asked, gaps, _marks(member, account_id, asked))
    return block


def _said(
    row: UsageVerdict | None, series: Series | None, days_off: Calendar, asked: Asked, run: Run | None
) -> UsageVerdict | None:
    """The verdict with its weeks. A row that keeps none, or no row where use is as it was, is given those of the asked day, as long as
    they say the same."""
    if series is None or run is None or (row is not None and not row.evidence.get("quiet")):
        return row
    first = window_start(asked.as_of)
    users = {day: number for day, number in series.users.items() if day >= first}
    if len(users) < len(series.users):
        users.setdefault(first, 0)
    events = EventUse({}, {})
    if series.form == EVENTS:
        events = EventUse({series.account_id: users}, {series.account_id: series.sources})
    found = read_series(asked, [series.account_id], events=events).get(series.account_id)
    if found is None:
        return row
    verdict = drop_of(found, days_off, asked.as_of, found.gaps(run.gaps))
    words, evidence = words_of(found, verdict), evidence_of(found, verdict, None, run.gaps)
    if row is not None:
        row.evidence = evidence if words == (row.verdict, row.reason) else row.evidence
        return row
    if words != (Verdict.STEADY, "") or not counted_accounts([series.account_id]):
        return None
    return UsageVerdict(verdict=words[0], reason=words[1], day=run.day, evidence=evidence)


def _trend(
    series: Series, days_off: Any, asked: Asked, gaps: tuple[date, ...], marks: Iterable[tuple[date, str]]
) -> dict[str, Any] | None:
    daily = series.form == DAILY
    weeks = weeks_of(series.users, days_off, as_of=asked.as_of, gaps=gaps, daily=daily)
    known = weeks.complete
    if not known:
        return None
    left_out = {week.monday: week.reason for week in weeks.skipped}
    ahead = band(series.users, days_off, as_of=asked.as_of, gaps=gaps, horizon=AHEAD, daily=daily)
    coming = [week for week in ahead.weeks if week.monday > known[-1][0]]
    mondays = [monday for monday, _users in known] + [week.monday for week in coming]
    labels = {monday: week_label(monday) for monday in mondays}
    past, later = [None] * len(known), [None] * len(coming)
    silent = [left_out.get(monday) == "gap" for monday, _users in known]
    lines: list[dict[str, Any]] = [
        {
            "name": str(FORMS[series.form]),
            "values": [
                None if gap else float(users) for (_monday, users), gap in zip(known, silent, strict=True)
            ]
            + later,
            "states": ["missing" if gap else "" for gap in silent] + ["not_computed"] * len(coming),
            "small": [monday in left_out for monday, _users in known] + [False] * len(coming),
        }
    ]
    if coming:
        lines.append(
            {
                "name": _("変化がない場合の見込み"),
                "style": "dashed",
                "values": [*past, *(week.expected for week in coming)],
                "low": [*past, *(week.low for week in coming)],
                "high": [*past, *(week.high for week in coming)],
                "states": ["not_applicable"] * len(past) + [""] * len(coming),
            }
        )
    first = mondays[0]
    return {
        "kind": "line",
        "unit": {"kind": "count", "digits": 1 if daily else 0},
        "description": _("週ごとの利用者と、今後の見込み"),
        "x": list(labels.values()),
        "series": lines,
        "annotations": [
            {"x": labels[week_start(day)], "label": text}
            for day, text in marks
            if day >= first and week_start(day) in labels
        ],
        "zero": True,
    }


def _marks(member: Member, account_id: int, asked: Asked) -> list[tuple[date, str]]:
    """Contract starts and ends, touches and releases of their products, in order of days: (day, words). Touches of one week stand as one."""
    found: list[tuple[date, str]] = []
    contracts = sorted(contracts_of(accounts_of(asked, account_id)))
    stated = timelines(
        "contract",
        ("starts_on", "ended_on", "ends_on", "product"),
        watermark=asked.watermark,
        known_at=asked.known_at,
        ids=contracts,
    )
    at = asked.as_of.toordinal()
    for contract in contracts:
        for name, word in (("starts_on", _("契約開始")), ("ended_on", pgettext("mark", "契約終了"))):
            told = stated[name].at(contract, at)
            if told:
                found.append((date.fromisoformat(told), word))
    products = {stated["product"].at(contract, at) for contract in contracts} - {None, ""}
    first = asked.as_of - timedelta(weeks=WEEKS)
    found += [
        (day, _("リリース: %(text)s") % {"text": text})
        for day, text in released(products, first, asked.as_of)
    ]
    touched = set()
    for source in registry.timeline:
        if source.key == "touch":
            touched |= {
                week_start(item.at.astimezone(JST).date())
                for item in source.entries(member, account_id, asked)
            }
    found += [(monday, _("接点")) for monday in touched]
    return sorted(set(found))
