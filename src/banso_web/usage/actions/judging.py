"""What is said of every account: quickly of those who cannot have fallen, carefully, with all it stands on, of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from banso.periods import Calendar
from banso.usage import Drop, Verdict, screen
from banso_web.accounts.reads.counted import counted_accounts
from banso_web.core.facts import Asked
from banso_web.core.reads.calendar import calendar
from banso_web.usage.actions.everybody import PARTS, Everybody, Group, read_everybody
from banso_web.usage.evidence import NO_CONTRACT, digest_of, drop_of, evidence_of, quiet_evidence, words_of
from banso_web.usage.models import UsageAlert
from banso_web.usage.reads.parts import parts_of, read_parts
from banso_web.usage.reads.series import EVENTS, Series, read_series
from banso_web.usage.reads.verdicts import holding

#: So many accounts at once: memory does not grow with their number.
CHUNK = 5_000
#: Departments and features are read for so many who fell at once.
FELL = 2_000


@dataclass
class Ran:
    """What a run did. `verdicts`: how many accounts got which verdict."""

    day: date
    judged: int = 0
    written: int = 0
    raised: int = 0
    withdrawn: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    missing: Mapping[str, Sequence[date]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict of one account before it is written. `verdict`: None where a quick look was enough; `evidence`: None where use is as it
    was, which is said by having no row."""

    account_id: int
    verdict: Drop | None
    name: str
    reason: str
    change: float | None
    evidence: dict[str, Any] | None
    digest: str


def judged(asked: Asked, ran: Ran) -> Iterator[list[Said]]:
    """Every account that has use, in parts; fills `ran.missing` first.

    Looked at closely are those who seem to have fallen, whose seats changed, whom only the rule on holidays keeps from it, and who
    have an open alert. Others are kept as words alone, and not at all where use is as it was.
    """
    days_off = calendar()
    everybody = read_everybody(asked, days_off, counted_accounts())
    ran.missing = everybody.missing
    watched = set(UsageAlert.objects.filter(state=UsageAlert.State.OPEN).values_list("account_id", flat=True))
    fell: list[tuple[Series, Drop]] = []
    for group in everybody.groups:
        for chunk in group.chunks(CHUNK):
            quiet, look = _screened(asked, days_off, everybody, chunk, watched)
            for series, verdict in _looked_at(asked, days_off, everybody, chunk, look):
                if verdict.is_drop and series.in_force:
                    fell.append((series, verdict))
                else:
                    quiet.append(
                        _said(series, verdict, evidence_of(series, verdict, None, everybody.missing))
                    )
            yield quiet
            while len(fell) >= FELL:
                yield _with_parts(asked, everybody, fell[:FELL])
                del fell[:FELL]
    yield _with_parts(asked, everybody, fell)


def _screened(
    asked: Asked, days_off: Calendar, everybody: Everybody, group: Group, watched: Collection[int]
) -> tuple[list[Said], list[int]]:
    """What is said without a closer look, and the rows that need one."""
    vary = np.array([everybody.seats_vary(account) for account in group.ids], bool)
    found = screen(
        group.users,
        group.begins,
        everybody.first,
        days_off,
        as_of=asked.as_of,
        gaps=everybody.gaps(group),
        seats_vary=vary,
        parts=PARTS[group.form],
    )
    said, look = [], []
    for row, (account, quiet) in enumerate(zip(group.ids, found.said, strict=True)):
        if quiet is None or account in watched:
            look.append(row)
            continue
        name, reason = quiet[0].value, quiet[1].value if quiet[1] else ""
        levels = found.levels(row)
        if account in everybody.out_of_force:
            name, reason, levels = Verdict.NOT_JUDGED.value, NO_CONTRACT, None
        if name == Verdict.STEADY:
            said.append(Said(account, None, name, "", None, None, ""))
            continue
        evidence, digest = quiet_evidence(group.form, name, reason, levels)
        change = float(levels[1] / levels[0] - 1) if levels and levels[0] else None
        said.append(Said(account, None, name, reason, change, evidence, digest))
    return said, look


def _looked_at(
    asked: Asked, days_off: Calendar, everybody: Everybody, group: Group, look: Sequence[int]
) -> list[tuple[Series, Drop]]:
    if not look:
        return []
    ids = [group.ids[row] for row in look]
    found = read_series(asked, ids, events=everybody.events_of(group, look))
    gaps = everybody.gaps(group)
    return [(series, drop_of(series, days_off, asked.as_of, gaps)) for series in found.values()]


def _with_parts(asked: Asked, everybody: Everybody, fell: Sequence[tuple[Series, Drop]]) -> list[Said]:
    """Who fell, with the departments and features that did. A row that stands on the same weeks, none of which was counted again since,
    has them already."""
    if not fell:
        return []
    events = [series.account_id for series, _verdict in fell if series.form == EVENTS]
    rows = holding(asked.as_of).filter(account_id__in=events, verdict=Verdict.DROP)
    standing = {row.account_id: row.evidence for row in rows.filter(made_at__gt=everybody.counted_at)}
    bare = {
        series.account_id: evidence_of(series, verdict, None, everybody.missing) for series, verdict in fell
    }
    same = {key for key, told in standing.items() if told | {"parts": {}} == bare[key]}
    by_account: dict[int, Any] = {}
    asking = [series for series, _verdict in fell if series.account_id not in same]
    for (account, kind, name), values in (
        read_parts(asked, everybody.first, asking) if asking else {}
    ).items():
        by_account.setdefault(account, {})[account, kind, name] = values
    said = []
    for series, verdict in fell:
        key = series.account_id
        parts = standing[key]["parts"] if key in same else parts_of(key, verdict, by_account.get(key, {}))
        said.append(_said(series, verdict, bare[key] | {"parts": parts}))
    return said


def _said(series: Series, verdict: Drop, evidence: dict[str, Any]) -> Said:
    name, reason = words_of(series, verdict)
    digest = digest_of(name, reason, evidence)
    change = None if verdict.change is None else float(verdict.change)
    return Said(series.account_id, verdict, name, reason, change, evidence, digest)
