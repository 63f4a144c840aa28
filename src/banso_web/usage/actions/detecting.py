"""The nightly look at every customer's use, and 「再計算」: verdicts as data, and the alerts that follow from them.

Safe to run twice, at once and killed anywhere: a verdict is written only where something changed, an alert has one row a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from banso.usage import Drop, Verdict, drop
from banso_web.accounts.reads.counted import counted_accounts
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.reads.calendar import calendar
from banso_web.usage.actions.alerting import raise_alerts
from banso_web.usage.actions.evidence import digest_of, evidence_of
from banso_web.usage.models import UsageRun, UsageVerdict
from banso_web.usage.reads.parts import parts_of, read_parts
from banso_web.usage.reads.series import AllSeries, Series, read_series

if TYPE_CHECKING:
    from banso_web.members.models import Member

#: Accounts of one transaction: a killed run keeps what it had, and nobody waits long for the writer.
CHUNK = 500
#: So many customers are computed while the reader waits (about a second and a half).
AT_ONCE = 1000
NO_CONTRACT = "no_contract"


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


@dataclass(frozen=True)
class Said:
    """A verdict of one account before it is written."""

    series: Series
    verdict: Drop
    name: str
    reason: str
    evidence: dict[str, Any]
    digest: str


def may_detect(member: Member) -> bool:
    return member.may("account.edit_all") or member.may("account.edit_team")


def detect(day: date, *, actor: Member | None) -> Ran:
    """Judge every account as of the morning of a day, from what is known now. Refused for a day to come.

    Without an actor it is the nightly job or the command. A member needs the right to edit customers of a team or of all.
    """
    _check(day, actor)
    asked = Asked(as_of=day, today=clock.today(), watermark=current_watermark())
    said, found = _judge(asked)
    ran = Ran(day, judged=len(said), missing=found.missing, verdicts=Counter(one.name for one in said))
    for start in range(0, len(said), CHUNK):
        _write(day, said[start : start + CHUNK], ran)
    with transaction.atomic():
        UsageRun.objects.create(
            day=day,
            made_at=clock.now(),
            watermark=asked.watermark,
            gaps={key: [one.isoformat() for one in days] for key, days in found.missing.items() if days},
            counts={**ran.verdicts, "written": ran.written, "raised": ran.raised},
        )
        if actor is not None:
            audit.record("usage.detect", actor=actor, label=day.isoformat(), new={"written": ran.written, "raised": ran.raised})  # fmt: skip
    return ran


def ask_to_detect(day: date, *, actor: Member) -> Ran | None:
    """再計算 from the page: done at once for a few customers, else handed to the worker (None). Refused as `detect` is."""
    _check(day, actor)
    if len(counted_accounts()) <= AT_ONCE:
        return detect(day, actor=actor)
    from banso_web.usage.jobs import detect_asked

    detect_asked.enqueue(day.isoformat(), actor.pk)
    return None


def _check(day: date, actor: Member | None) -> None:
    if actor is not None and not may_detect(actor):
        raise Forbidden(_("利用低下を計算し直せるのは、チームの顧客を編集できる人です。何も変えていません。"))
    if day > clock.today():
        raise Refused(_("基準日が今日より後です。何も計算していません。今日までの日を選んでください。"))


def _judge(asked: Asked) -> tuple[list[Said], AllSeries]:
    days_off = calendar()
    found = read_series(asked, days_off)
    inside = counted_accounts()
    judged: list[tuple[Series, Drop]] = []
    for account in sorted(found.rows.keys() & inside):
        series = found.rows[account]
        verdict = drop(
            series.users,
            days_off,
            series.seats,
            as_of=asked.as_of,
            gaps=series.gaps(found.missing),
            daily=series.form == "daily",
        )
        judged.append((series, verdict))
    fell = [series for series, verdict in judged if verdict.is_drop and series.in_force]
    weekly = read_parts(asked, found.first, fell) if fell else {}
    by_account: dict[int, Any] = {}
    for (account, kind, name), values in weekly.items():
        by_account.setdefault(account, {})[account, kind, name] = values
    said = []
    for series, verdict in judged:
        name, reason = verdict.verdict.value, (verdict.reason.value if verdict.reason else "")
        parts = None
        if not series.in_force:
            name, reason = Verdict.NOT_JUDGED.value, NO_CONTRACT
        elif verdict.is_drop:
            parts = parts_of(series.account_id, verdict, by_account.get(series.account_id, {}))
        evidence = evidence_of(series, verdict, parts, found.missing)
        said.append(Said(series, verdict, name, reason, evidence, digest_of(name, reason, evidence)))
    return said, found


def _write(day: date, said: Sequence[Said], ran: Ran) -> None:
    """The verdicts that changed, and their alerts, in one transaction."""
    ids = [one.series.account_id for one in said]
    holds = Q(until=None) | Q(until__gt=day)
    rows = UsageVerdict.objects.filter(holds, account_id__in=ids, day__lte=day).order_by("account_id")
    with transaction.atomic():
        # Another run may hold these rows: wait for it, then read what it left.
        list(rows.select_for_update().values_list("pk"))
        standing = {row.account_id: row for row in rows.all()}
        # A day that was computed after this one already: the new row holds until then.
        later: dict[int, date] = {}
        behind = UsageVerdict.objects.filter(account_id__in=ids, day__gt=day).order_by("-day")
        for account, start in behind.values_list("account_id", "day"):
            later[account] = start
        fresh = []
        for one in said:
            row = standing.get(one.series.account_id)
            if row is None or row.digest != one.digest:
                until = row.until if row is not None else later.get(one.series.account_id)
                fresh.append((one, row, until))
        _insert(day, fresh)
        ran.written += len(fresh)
        now = {row.account_id: row for row in rows.all()}
        raised, withdrawn = raise_alerts(day, [(one.verdict, one.name, now[one.series.account_id]) for one in said])  # fmt: skip
        ran.raised += raised
        ran.withdrawn += withdrawn


def _insert(day: date, fresh: Sequence[tuple[Said, UsageVerdict | None, date | None]]) -> None:
    if not fresh:
        return
    moment = clock.now()
    turns: Counter[int] = Counter(
        UsageVerdict.objects.filter(
            account_id__in=[one.series.account_id for one, _row, _until in fresh], day=day
        ).values_list("account_id", flat=True)
    )
    ended = [row.pk for _one, row, _until in fresh if row is not None]
    UsageVerdict.objects.filter(pk__in=ended).update(until=day)
    made = (
        UsageVerdict(
            account_id=one.series.account_id,
            day=day,
            turn=turns[one.series.account_id],
            until=until,
            made_at=moment,
            verdict=one.name,
            reason=one.reason,
            change=_number(one.verdict.change),
            evidence=one.evidence,
            digest=one.digest,
        )
        for one, _row, until in fresh
    )
    UsageVerdict.objects.bulk_create(made, ignore_conflicts=True)  # a run at the same moment says the same


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
