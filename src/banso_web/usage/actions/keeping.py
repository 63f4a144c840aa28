"""Filling what definitions count, day by day and the latest first. Killed anywhere it goes on where it was: a day is there or it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import groupby

from django.db import transaction
from django.db.models import Max, Min, Q, Sum

from banso.usage import Named, named
from banso_web.accounts.counting import ids_by_code, merges
from banso_web.accounts.reads.contracts import contracts_held
from banso_web.core import clock
from banso_web.core.facts import Asked, counted, current_watermark, hold_watermark
from banso_web.usage.actions.own_metrics import DAYS
from banso_web.usage.models import UsageDaily, UsageKept
from banso_web.usage.reads.adoption import events
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.kept import EVER, Defined, attributions, block_end, standing
from banso_web.usage.reads.own import COUNTS

#: Distinct people and events of each account in periods ($22 first days, $23 last days), of events that belong to a feature.
NAMES = USED + "SELECT DISTINCT feature FROM used WHERE feature <> ''"
FIRSTS = USED + "SELECT account, min(local_day) FROM used GROUP BY account"
HEARD = (
    USED
    + """, spans AS (SELECT unnest($22::DATE[]) AS first, unnest($23::DATE[]) AS last)
  SELECT DISTINCT last, account FROM used JOIN spans ON local_day >= first AND local_day <= last"""
)
PERIODS = (
    USED
    + """, spans AS (SELECT unnest($22::DATE[]) AS first, unnest($23::DATE[]) AS last)
  SELECT last, account, count(DISTINCT person), count(*) FROM used JOIN spans ON local_day >= first AND local_day <= last
  GROUP BY last, account"""
)
NAMED_PERIODS = (
    USED
    + """, spans AS (SELECT unnest($22::DATE[]) AS first, unnest($23::DATE[]) AS last),
  named AS (SELECT unnest($24::VARCHAR[]) AS event, unnest($25::VARCHAR[]) AS property, unnest($26::VARCHAR[]) AS wanted)
  SELECT last, account, count(DISTINCT person), count(*) FROM used JOIN named ON named.event = used.feature
    JOIN spans ON local_day >= first AND local_day <= last
  WHERE named.property = '' OR json_extract_string(properties, named.property) = named.wanted GROUP BY last, account"""
)


@dataclass
class Use:
    """One account on one day. `users`: distinct people; of files the most of a day of the period."""

    users: int = 0
    events: int = 0


def fill(defined: Defined) -> int:
    """Count every day that is not kept as the definition stands now; how many were. Safe to run twice and at once, and while files come."""
    today = clock.today()
    asked = Asked(as_of=today, today=today, watermark=current_watermark())
    rows, wanted = standing(defined, asked)
    begun = first_days(asked) if defined.seats and wanted else None
    whose = attributions(asked, wanted, begun)
    kept = {row.day for row in rows if row.attribution == whose[row.day]}
    missing = sorted(wanted.keys() - kept, reverse=True)
    for _end, group in groupby(missing, partial(block_end, asked=asked)):
        days = list(group)
        while True:
            made = count(defined, asked, days, begun or {})
            fresh = [UsageKept(subject=defined.subject, subject_id=defined.id, day=day, mark=defined.mark, change=wanted[day], attribution=whose[day], **told) for day, told in made.items()]  # fmt: skip
            if _put(fresh, asked.watermark, min(days) - timedelta(days=defined.days - 1), max(days)):
                break
            asked = replace(asked, watermark=current_watermark())
    return len(missing)


def _put(fresh: Sequence[UsageKept], watermark: int, first: date, last: date) -> bool:
    """Keep the rows; False, with nothing changed, where files of the days they were counted from came or went since that watermark:
    `forget_days` may have gone by already."""
    with transaction.atomic():
        hold_watermark()
        since = Q(entry__seq__gt=watermark) | Q(entry__voided_seq__gt=watermark)
        if UsageDaily.objects.filter(since, day__gte=first, day__lte=last).exists():
            return False
        key = ["subject", "subject_id", "day"]
        fields = [field.name for field in UsageKept._meta.fields if field.name not in ("id", *key)]
        UsageKept.objects.bulk_create(fresh, update_conflicts=True, unique_fields=key, update_fields=fields)
    return True


def first_days(asked: Asked) -> dict[int, date]:
    """{account: the first day it was heard of}: before it, its seats say nothing."""
    merged, found = merges(asked.watermark), dict[int, date]()
    rows = counted(UsageDaily, asked.watermark).order_by().values_list("account_id").annotate(Min("day"))
    for account, day in rows.iterator(chunk_size=20_000):
        key = merged.get(account, account)
        found[key] = min(day, found.get(key, day))
    sent = events.read(FIRSTS, asked, merged, None, EVER)
    known = ids_by_code({account for account, _day in sent})
    for account, day in sent:
        if account in known:
            found[known[account]] = min(day, found.get(known[account], day))
    return found


def count(
    defined: Defined, asked: Asked, days: Sequence[date], begun: Mapping[int, date]
) -> dict[date, dict[str, int]]:
    """{day: its counts} of these days, the same with whatever others of their block they are counted. Seats are those of customers whose use is known by then (`begun`) and whose contracts in
    force state them; the seated counts are of the same customers."""
    merged = merges(asked.watermark)
    sent, heard = _of_events(defined, asked, merged, days)
    told = {**_of_files(defined, asked, merged, days, heard), **sent}
    found = {day: dict.fromkeys(COUNTS, 0) for day in days}
    seated = _seats(asked, days, begun) if defined.seats else {}
    for (day, account), use in told.items():
        at = found[day]
        at["accounts"] += 1
        at["users"] += use.users
        at["events"] += use.events
        if (day, account) in seated:
            at["seated_users"] += use.users
            at["seated_events"] += use.events
    for (day, _account), seats in seated.items():
        found[day]["seats"] += seats
    return found


def _seats(asked: Asked, days: Sequence[date], begun: Mapping[int, date]) -> dict[tuple[date, int], int]:
    held = contracts_held(asked, days)
    return {
        (day, account): one.seats
        for account, on in held.items()
        for day, one in on.items()
        if one.seats is not None and account in begun and begun[account] <= day
    }


def _of_events(
    defined: Defined, asked: Asked, merged: dict[int, int], days: Sequence[date]
) -> tuple[dict[tuple[date, int], Use], set[tuple[date, int]]]:
    """(what is counted, of whom there was any event in the period of a day, also of other features)."""
    first = min(days) - timedelta(days=defined.days - 1)
    until = replace(asked, as_of=block_end(max(days), asked) - timedelta(days=1))
    spans = [[day - timedelta(days=defined.days - 1) for day in days], list(days)]
    if defined.feature is None:
        rows = events.read(PERIODS, until, merged, None, first, *spans)
        heard = [row[:2] for row in rows]
    else:
        heard = events.read(HEARD, until, merged, None, first, *spans)
        names = [name for (name,) in events.read(NAMES, until, merged, None, first)]
        pairs = named([defined.feature], names)
        rows = (
            events.read(NAMED_PERIODS, until, merged, None, first, *spans, *_columns(pairs)) if pairs else []
        )
    known = ids_by_code({account for _day, account in heard})
    sent = {
        (day, known[account]): Use(users, count) for day, account, users, count in rows if account in known
    }
    return sent, {(day, known[account]) for day, account in heard if account in known}


def _columns(pairs: Iterable[Named]) -> list[list[str]]:
    listed = list(pairs)
    return [[one.event for one in listed], [one.path for one in listed], [one.value for one in listed]]


def _of_files(
    defined: Defined,
    asked: Asked,
    merged: dict[int, int],
    days: Sequence[date],
    heard: Collection[tuple[date, int]],
) -> dict[tuple[date, int], Use]:
    """Of accounts on the days in whose period no event of theirs was `heard`: events win where both are there."""
    first = min(days) - timedelta(days=defined.days - 1)
    rows = (
        counted(UsageDaily, asked.watermark)
        .filter(day__gte=first, day__lte=max(days), users__gt=0)
        .order_by()
    )
    lines = rows.values_list("account_id", "day", "feature", "product", "department").annotate(
        Sum("users"), Sum("events"), Max("pk")
    )
    by_day: dict[tuple[int, date], Use] = defaultdict(Use)
    for account, day, name, product, department, users, count, _pk in lines.iterator(chunk_size=20_000):
        key = merged.get(account, account)
        beside = {"product": product, "department": department}
        if defined.feature is not None and not defined.feature.counts(name, beside):
            continue
        by_day[key, day].users += users
        by_day[key, day].events += count or 0
    found: dict[tuple[date, int], Use] = defaultdict(Use)
    for (account, told), use in by_day.items():
        for day in days:
            if told <= day < told + timedelta(days=defined.days) and (day, account) not in heard:
                at = found[day, account]
                at.users, at.events = max(at.users, use.users), at.events + use.events
    return dict(found)


def forget_days(entry_id: int) -> None:
    """After an import of daily use came or went: what was kept of its days, and of the periods they lie in, is counted anew."""
    days = UsageDaily.objects.filter(entry=entry_id).order_by().values_list("day", flat=True).distinct()
    touched = {day + timedelta(days=on) for day in days for on in range(max(DAYS))}
    if touched:
        UsageKept.objects.filter(day__in=sorted(touched)).delete()
