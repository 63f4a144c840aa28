"""担当所感: one tap gives it, a newer one takes its place, and any may be taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils.translation import gettext as _

from banso_web.accounts.access import require_edit
from banso_web.accounts.actions import cleaning
from banso_web.accounts.actions.stating import NOW, Done, Times, home_of, invalid, stale, tell
from banso_web.core import audit, clock
from banso_web.core.errors import NotVisible
from banso_web.core.facts import counted, current_watermark, new_entry
from banso_web.health.models import MOST_DAYS, Sentiment
from banso_web.health.reads.sentiment import USUAL

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.core.models import Entry
    from banso_web.members.models import Member

FIELDS = ("on", "until", "mark", "member", "reason")


def feel(
    account_id: int,
    mark: str,
    *,
    actor: Member,
    reason: str = "",
    until: date | None = None,
    times: Times = NOW,
) -> Done:
    """Say what the actor thinks of a customer: one of excellent, good, fair, poor. It holds until a day (in 90 days unless said).

    404 for a customer not to be seen, 403 for one not to be edited. The same mark with the same reason on the same day changes nothing.
    """
    account = home_of(actor, account_id)
    require_edit(actor, account)
    values = _clean(mark, reason, until, times)
    standing = _standing(account, values["on"])
    if standing is not None and all(getattr(standing, key) == value for key, value in values.items()):
        return Done(standing.pk, None)
    recorded_at, basis = times.known()
    with new_entry(label="sentiment.say", reason=times.reason, actor=actor) as entry:
        row = Sentiment.objects.create(
            code=f"hand:{uuid4().hex}", account=account, member=actor.code, recorded_at=recorded_at, known_basis=basis, entry=entry, **values
        )  # fmt: skip
        _audit(
            "sentiment.say",
            row,
            account,
            shown(standing) if standing else {},
            shown(row),
            actor,
            times,
            entry,
        )
    tell(entry.pk)
    return Done(row.pk, entry.pk)


def take_back(sentiment_id: int, *, actor: Member, times: Times = NOW) -> Done:
    """Void one; the one before it holds again, as long as its day has not passed. Conflict where somebody took it back already."""
    row = Sentiment.objects.filter(pk=sentiment_id).first()
    if row is None:
        raise NotVisible
    account = home_of(actor, row.account_id)
    require_edit(actor, account)
    recorded_at, basis = times.known()
    with new_entry(label="sentiment.void", reason=times.reason, actor=actor) as entry:
        list(Sentiment.objects.select_for_update().filter(code=row.code).values_list("pk"))
        if not counted(Sentiment, current_watermark()).filter(pk=row.pk).exists():
            raise stale()
        made = Sentiment.objects.create(
            code=row.code, account_id=row.account_id, recorded_at=recorded_at, known_basis=basis, entry=entry, contested=True, is_void=True,
            **{name: getattr(row, name) for name in FIELDS},
        )  # fmt: skip
        Sentiment.objects.filter(code=row.code).update(contested=True)
        _audit("sentiment.void", made, account, shown(row), {}, actor, times, entry)
    tell(entry.pk)
    return Done(made.pk, entry.pk)


def _clean(mark: str, reason: str, until: date | None, times: Times) -> dict[str, Any]:
    if mark not in Sentiment.Mark.values:
        raise invalid(mark=_("◎、○、△、× のどれかを選んでください。"))
    on, text = times.day, cleaning.text(2_000)(reason)
    if on > clock.today():
        raise invalid(on=_("担当所感の日に未来の日は入れられません。"))
    until = until or on + USUAL
    if not on <= until <= on + timedelta(days=MOST_DAYS):
        raise invalid(until=_("有効期限は、付けた日から365日のうちで選んでください。"))
    return {"on": on, "until": until, "mark": mark, "reason": text}


def _standing(account: Account, on: date) -> Sentiment | None:
    """The one it takes the place of."""
    rows = counted(Sentiment, current_watermark()).filter(account=account, on__lte=on)
    return rows.order_by("-on", "-entry__seq", "-pk").first()


def shown(row: Sentiment) -> dict[str, Any]:
    """Its values as the audit log keeps them: its text stands in the row alone, where an erasure finds it."""
    return {"mark": row.mark, "on": row.on.isoformat(), "until": row.until and row.until.isoformat()}


def _audit(
    action: str, row: Sentiment, account: Account, old: dict[str, Any], new: dict[str, Any], actor: Member, times: Times, entry: Entry
) -> None:  # fmt: skip
    audit.record(
        action,
        actor=actor,
        subject="sentiment",
        subject_id=row.pk,
        label=account.name,
        old=old,
        new=new,
        reason=times.reason,
        entry=entry,
    )
