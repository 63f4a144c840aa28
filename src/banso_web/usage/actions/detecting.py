"""The nightly look at every customer's use, and 「再計算」: verdicts as data, and the alerts that follow from them.

Safe to run twice, at once and killed anywhere: a verdict is written only where something changed, an alert has one row a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.accounts.reads.counted import counted_accounts
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.usage.actions.alerting import raise_alerts
from banso_web.usage.actions.judging import Ran, Said, judged
from banso_web.usage.models import UsageRun, UsageVerdict
from banso_web.usage.reads.verdicts import holding

if TYPE_CHECKING:
    from banso_web.members.models import Member

#: Accounts of one transaction: a killed run keeps what it had, and nobody waits long for the writer.
CHUNK = 500
#: So many customers are computed while the reader waits (about a second and a half).
AT_ONCE = 1000


def may_detect(member: Member) -> bool:
    return member.may("account.edit_all") or member.may("account.edit_team")


def detect(day: date, *, actor: Member | None) -> Ran:
    """Judge every account as of the morning of a day, from what is known now. Refused for a day to come.

    Without an actor it is the nightly job or the command. A member needs the right to edit customers of a team or of all.
    Written as it goes: a run that was killed is finished by the next.
    """
    _check(day, actor)
    asked = Asked(as_of=day, today=clock.today(), watermark=current_watermark())
    ran = Ran(day)
    for said in judged(asked, ran):
        _write(day, said, ran)
    with transaction.atomic():
        UsageRun.objects.create(
            day=day,
            made_at=clock.now(),
            watermark=asked.watermark,
            gaps={key: [one.isoformat() for one in days] for key, days in ran.missing.items() if days},
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


def _write(day: date, said: Sequence[Said], ran: Ran) -> None:
    """The verdicts that changed, and the alerts of those that were looked at closely."""
    ran.judged += len(said)
    ran.verdicts.update(one.name for one in said)
    held = holding(day).filter(account_id__in=[one.account_id for one in said])
    digests = dict(held.values_list("account_id", "digest"))
    todo = [one for one in said if one.verdict is not None or digests.get(one.account_id, "") != one.digest]
    for start in range(0, len(todo), CHUNK):
        _write_some(day, todo[start : start + CHUNK], ran)


def _write_some(day: date, said: Sequence[Said], ran: Ran) -> None:
    """In one transaction."""
    ids = [one.account_id for one in said]
    rows = holding(day).filter(account_id__in=ids).order_by("account_id")
    with transaction.atomic():
        # Another run may hold these rows: wait for it, then read what it left.
        list(rows.select_for_update().values_list("pk"))
        standing = {row.account_id: row for row in rows.defer("evidence")}
        # A day that was computed after this one already: the new row holds until then.
        next_run = UsageRun.objects.filter(day__gt=day).order_by("day").values_list("day", flat=True).first()
        later: dict[int, date] = {}
        behind = UsageVerdict.objects.filter(account_id__in=ids, day__gt=day).order_by("-day")
        for account, start in behind.values_list("account_id", "day"):
            later[account] = min(start, next_run or start)
        fresh = []
        for one in said:
            row = standing.get(one.account_id)
            if row is None or row.digest != one.digest:
                # Without a row a later run may have said that use is as it was.
                until = row.until if row is not None else later.get(one.account_id, next_run)
                fresh.append((one, row, until))
        _insert(day, fresh)
        ran.written += len(fresh)
        close = {one.account_id: (one.verdict, one.name) for one in said if one.verdict is not None}
        kept = holding(day).filter(account_id__in=close)
        looked_at = [(*close[row.account_id], row) for row in kept]
        raised, withdrawn = raise_alerts(day, looked_at)
        ran.raised += raised
        ran.withdrawn += withdrawn


def _insert(day: date, fresh: Sequence[tuple[Said, UsageVerdict | None, date | None]]) -> None:
    if not fresh:
        return
    moment = clock.now()
    turns: Counter[int] = Counter(
        UsageVerdict.objects.filter(
            account_id__in=[one.account_id for one, _row, _until in fresh], day=day
        ).values_list("account_id", flat=True)
    )
    ended = [row.pk for _one, row, _until in fresh if row is not None]
    UsageVerdict.objects.filter(pk__in=ended).update(until=day)
    made = (
        UsageVerdict(
            account_id=one.account_id,
            day=day,
            turn=turns[one.account_id],
            until=until,
            made_at=moment,
            verdict=one.name,
            reason=one.reason,
            change=one.change,
            evidence=one.evidence,
            digest=one.digest,
        )
        for one, _row, until in fresh
        if one.evidence is not None
    )
    UsageVerdict.objects.bulk_create(made, ignore_conflicts=True)  # a run at the same moment says the same
