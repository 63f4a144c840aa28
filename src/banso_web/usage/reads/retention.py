"""機能の定着: of the customers who began to use a feature in a month, who used it again so many months later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from banso.periods import Month
from banso.usage import FeatureRetention, feature_retention, named, silent_months
from banso_web.accounts.counting import codes, merges
from banso_web.core.facts import Asked, counted
from banso_web.core.reads.calendar import calendar
from banso_web.core.ui.formats import month_text
from banso_web.core.ui.states import state_word
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.adoption import events
from banso_web.usage.reads.adoption.daily import days_heard
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.definitions import FeatureLine
from banso_web.usage.reads.series import FILE

MONTHS = 13
NAMES = USED + "SELECT DISTINCT feature FROM used WHERE feature <> ''"
USES = (
    USED
    + """, named AS (SELECT unnest($22::VARCHAR[]) AS event, unnest($23::VARCHAR[]) AS property, unnest($24::VARCHAR[]) AS wanted)
  SELECT DISTINCT account, date_trunc('month', local_day)::DATE, source FROM used JOIN named ON named.event = used.feature
  WHERE named.property = '' OR json_extract_string(properties, named.property) = named.wanted"""
)


def retention(line: FeatureLine, asked: Asked) -> dict[str, Any] | None:
    """The chart of the last thirteen months, customers as those who use. None where nobody began in a month that is over.

    Who used it before these months began stands in the first of them. A customer whose source was silent for long in a month is left
    out of it; where nobody is left the cell says so (欠測).
    """
    first = (Month.of(asked.as_of) - MONTHS).first
    uses = {*_of_events(line, asked, first), *_of_files(line, asked, first)}
    found = feature_retention(uses, asked.as_of, _silent(asked, first))
    if not found.rows:
        return None
    months = list(found.rows)
    cells = [
        _cell(found, month, later) | {"row": row, "col": later}
        for row, month in enumerate(months)
        for later in range(len(found.rows[month][1]))
    ]
    return {
        "kind": "cohort",
        "unit": {"kind": "percent", "digits": 0},
        "description": _("初めて使った月ごとの、その後も使っている顧客の割合"),
        "rows": [
            f"{month_text(date.fromisoformat(month + '-01'))} ({found.rows[month][0]})" for month in months
        ],
        "cols": [str(later) for later in range(max(len(used) for _size, used in found.rows.values()))],
        "rowTitle": _("初めて使った月(顧客数)"),
        "colTitle": _("経過月"),
        "cells": cells,
    }


def _cell(found: FeatureRetention, month: str, later: int) -> dict[str, Any]:
    share, known = found.share(month, later), found.known(month, later)
    if share is None:
        return {"value": None, "state": str(state_word("missing"))}
    return {"value": float(share), "n": found.rows[month][1][later], "small": known < 5}


def _silent(asked: Asked, first: date) -> dict[str, frozenset[Month]]:
    heard = {**events.heard_of(asked, first), FILE: days_heard(asked, first)}
    last = min(asked.as_of, asked.today - timedelta(days=1))
    return {source: silent_months(days, calendar(), last) for source, days in heard.items()}


def _of_events(line: FeatureLine, asked: Asked, first: date) -> set[tuple[str, date, str]]:
    merged = merges(asked.watermark, asked.known_at)
    names = [name for (name,) in events.read(NAMES, asked, merged, None, first)]
    pairs = named([line.definition], names)
    if not pairs:
        return set()
    columns = [[one.event for one in pairs], [one.path for one in pairs], [one.value for one in pairs]]
    rows = events.read(USES, asked, merged, None, first, *columns)
    return {(account, month, str(source)) for account, month, source in rows}


def _of_files(line: FeatureLine, asked: Asked, first: date) -> set[tuple[str, date, str]]:
    merged = merges(asked.watermark, asked.known_at)
    rows = counted(UsageDaily, asked.watermark, asked.known_at)
    rows = rows.filter(day__gte=first, day__lte=asked.as_of, users__gt=0).order_by()
    told = rows.annotate(month=TruncMonth("day")).values_list("account_id", "month", "feature", "product", "department").distinct()  # fmt: skip
    uses = {
        (merged.get(account, account), month)
        for account, month, name, product, department in told.iterator(chunk_size=20_000)
        if line.definition.counts(name, {"product": product, "department": department})
    }

    called = codes({account for account, _month in uses})
    return {(called[account], month, FILE) for account, month in uses if account in called}
