"""What people do with a signal: keep it quiet for a time, with a reason; close it, with a reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.accounts.access import access_account, require_edit
from banso_web.core import audit, clock
from banso_web.core.errors import NotVisible, Refused
from banso_web.usage.models import UsageAlert, UsageSnooze

if TYPE_CHECKING:
    from banso_web.members.models import Member

LONGEST = 180


def snooze(account_id: int, *, why: str, note: str, until: date, actor: Member) -> UsageSnooze:
    """No alert of this account up to and including `until`. Its open ones stay: closing is a deed of its own.

    For the owner, the deputy and their manager. Refused without a reason, and for an end before today or beyond 180 days.
    """
    account = access_account(actor, account_id)
    require_edit(actor, account)
    today, words = clock.today(), note.strip()[:300]
    wrong: dict[str, str] = {}
    if why not in UsageSnooze.Why.values:
        wrong["why"] = _("理由を選んでください。")
    elif why == UsageSnooze.Why.OTHER and not words:
        wrong["note"] = _("「そのほか」のときは、理由を書いてください。")
    if not today <= until <= today + timedelta(days=LONGEST):
        wrong["until"] = _("今日から180日以内の日を入れてください。")
    if wrong:
        raise Refused(_("保存していません。赤い項目を直してください。"), fields=wrong)
    with transaction.atomic():
        _end(account_id, today)
        row = UsageSnooze.objects.create(
            account=account, why=why, note=words, since=today, until=until, made_by=actor, made_at=clock.now()
        )
        audit.record(
            "usage.snooze",
            actor=actor,
            subject="account",
            subject_id=account.pk,
            label=account.name,
            new={"why": why, "until": until.isoformat()},
            reason=words,
        )
    return row


def end_snooze(account_id: int, *, actor: Member) -> bool:
    """Alerts may come again from now on; False where nothing was quiet."""
    account = access_account(actor, account_id)
    require_edit(actor, account)
    with transaction.atomic():
        ended = _end(account_id, clock.today())
        if ended:
            audit.record(
                "usage.unsnooze", actor=actor, subject="account", subject_id=account.pk, label=account.name
            )
    return ended


def _end(account_id: int, today: date) -> bool:
    running = UsageSnooze.objects.filter(account_id=account_id, until__gte=today)
    # One that began today never was quiet on a past day: it leaves no trace but the log's.
    removed = running.filter(since=today).delete()[0]
    return bool(running.update(until=today - timedelta(days=1)) or removed)


def close_alert(alert_id: int, *, reason: str, actor: Member) -> UsageAlert:
    """Looked at and answered. Closing twice changes nothing; without words it is refused."""
    alert = UsageAlert.objects.filter(pk=alert_id).first()
    if alert is None:
        raise NotVisible
    account = access_account(actor, alert.account_id)
    require_edit(actor, account)
    words = reason.strip()[:300]
    if not words:
        problem = _("どう対応したかを書いてください。何も変えていません。")
        raise Refused(problem, fields={"reason": problem})
    with transaction.atomic():
        row = UsageAlert.objects.select_for_update().get(pk=alert_id)
        if row.state == UsageAlert.State.OPEN:
            row.state, row.closed_on, row.closed_by, row.close_reason = (
                UsageAlert.State.CLOSED,
                clock.today(),
                actor,
                words,
            )
            row.save(update_fields=["state", "closed_on", "closed_by", "close_reason"])
            audit.record(
                "usage.close",
                actor=actor,
                subject="account",
                subject_id=account.pk,
                label=account.name,
                new={"kind": row.kind, "raised_on": row.raised_on.isoformat()},
                reason=words,
            )
    return row
