"""Logging a touch by hand; a correction is a newer row that supersedes, a void takes it out (`design: happenings`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from banso_web.accounts.access import require_edit, visible_contacts
from banso_web.accounts.actions import cleaning
from banso_web.accounts.actions.stating import NOW, Done, Times, home_of, invalid, stale, tell
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core import audit, clock
from banso_web.core.errors import NotVisible
from banso_web.core.facts import Asked, counted, current_watermark, new_entry
from banso_web.core.facts.happenings import effective
from banso_web.core.models import Entry
from banso_web.members.reads import names_by_code
from banso_web.touch.models import Touch
from banso_web.touch.words import INITIATIVES, KINDS

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member

FIELDS = ("at", "kind", "initiative", "member", "contacts", "subject", "note")


def _at(value: Any) -> datetime:
    """A moment; without an offset it is Japan's. ValueError for one that the calendar does not have or that lies ahead."""
    if isinstance(value, datetime):
        found: datetime | None = value
    else:
        try:
            found = parse_datetime(str(value or "")) or datetime.combine(
                date.fromisoformat(str(value or "")), datetime.min.time()
            )
        except ValueError:
            found = None
    if found is None:
        raise ValueError(_("日時を 2026-11-24T10:00 の形で入れてください。"))
    if found.tzinfo is None:
        found = found.replace(tzinfo=clock.JST)
    if found > clock.now():
        raise ValueError(_("まだ来ていない日時です。予定は次のアクションに入れてください。"))
    return found


def _fields() -> dict[str, cleaning.Clean]:
    return {
        "at": _at,
        "kind": cleaning.one_of(KINDS),
        "initiative": cleaning.one_of(INITIATIVES),
        "member": cleaning.text(200),
        "contacts": lambda value: ";".join(_codes(value)),
        "subject": cleaning.text(300),
        "note": cleaning.text(20_000),
    }


def _codes(value: Any) -> list[str]:
    parts: Sequence[str] = value if isinstance(value, list | tuple) else str(value or "").split(";")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _clean(actor: Member, account: Account, values: dict[str, Any], kept: str = "") -> dict[str, Any]:
    cleaned = cleaning.all_of(values, _fields())
    if "kind" in cleaned and not cleaned["kind"]:
        raise invalid(kind=_("接点の種類を選んでください。"))
    if cleaned.get("member") and not names_by_code([cleaned["member"]]):
        raise invalid(member=_("このメンバーはいません。"))
    if cleaned.get("contacts"):
        known = set(contact_codes(actor, account)) | set(_codes(kept))
        if not set(_codes(cleaned["contacts"])) <= known:
            raise invalid(contacts=_("この顧客の担当者ではない人が入っています。"))
        if len(cleaned["contacts"]) > 500:
            raise invalid(contacts=_("人数が多すぎます。主な人だけを選んでください。"))
    return cleaned


def contact_codes(actor: Member, account: Account) -> list[str]:
    """Ids of the people that may be named in a touch with this customer."""
    today = clock.today()
    asked = Asked(as_of=today, today=today, watermark=current_watermark())
    rows = visible_contacts(actor).filter(account_id__in=accounts_of(asked, account.pk))
    return list(rows.values_list("code", flat=True))


def log_touch(account_id: int, values: dict[str, Any], *, actor: Member, times: Times = NOW) -> Done:
    """Record a touch: kind and at (now where empty), and any of initiative, member (the actor), contacts, subject, note.

    404 for a customer not to be seen, 403 for one not to be edited. `id` of the answer is the touch's.
    """
    account = home_of(actor, account_id)
    require_edit(actor, account)
    cleaned = _clean(actor, account, {"kind": "", **values, "at": values.get("at") or clock.now()})
    cleaned["member"] = cleaned.get("member") or actor.code
    recorded_at, basis = times.known()
    with new_entry(label="touch.log", reason=times.reason, actor=actor) as entry:
        row = Touch.objects.create(
            code=f"hand:{uuid4().hex}",
            account=account,
            recorded_at=recorded_at,
            known_basis=basis,
            entry=entry,
            **cleaned,
        )
        _audit("touch.log", row, account, {}, shown(row), actor, times, entry)
    tell(entry.pk)
    return Done(row.pk, entry.pk)


def access_touch(actor: Member, touch_id: int) -> tuple[Touch, Account]:
    """A standing touch and the customer it is seen under, for whoever may change it (404, 403); Conflict where a newer
    row has taken its place."""
    if not actor.may("contact.view"):
        raise NotVisible
    row = Touch.objects.filter(effective(current_watermark()), pk=touch_id).first()
    if row is None:
        raise NotVisible
    account = home_of(actor, row.account_id)
    require_edit(actor, account)
    standing = counted(Touch, current_watermark()).filter(code=row.code)
    if not standing.filter(pk=touch_id).exists():
        if standing.exists():
            raise stale()  # somebody corrected it meanwhile
        raise NotVisible
    return row, account


def correct_touch(
    touch_id: int, values: dict[str, Any], *, actor: Member, times: Times = NOW, seen: int | None = None
) -> Done:
    """A newer row under the same code with these fields changed. `seen`: the entry of the row the form showed."""
    row, account = access_touch(actor, touch_id)
    if seen is not None and row.entry.pk != seen:
        raise stale()
    cleaned = _clean(actor, account, values, row.contacts)
    if all(getattr(row, name) == value for name, value in cleaned.items()):
        return Done(row.pk, None)
    return _again(row, account, cleaned, "touch.correct", actor, times, is_void=False)


def void_touch(touch_id: int, *, actor: Member, times: Times = NOW, seen: int | None = None) -> Done:
    """Take a touch out; asked as known before, it is still there."""
    row, account = access_touch(actor, touch_id)
    if seen is not None and row.entry.pk != seen:
        raise stale()
    return _again(row, account, {}, "touch.void", actor, times, is_void=True)


def _again(
    row: Touch,
    account: Account,
    changed: dict[str, Any],
    action: str,
    actor: Member,
    times: Times,
    *,
    is_void: bool,
) -> Done:
    recorded_at, basis = times.known()
    old = shown(row)
    with new_entry(label=action, reason=times.reason, actor=actor) as entry:
        list(Touch.objects.select_for_update().filter(code=row.code).values_list("pk"))
        if not counted(Touch, current_watermark()).filter(pk=row.pk).exists():
            raise stale()
        made = Touch.objects.create(
            code=row.code,
            account_id=row.account_id,
            custom=row.custom,
            recorded_at=recorded_at,
            known_basis=basis,
            entry=entry,
            contested=True,
            is_void=is_void,
            **{**{name: getattr(row, name) for name in FIELDS}, **changed},
        )
        Touch.objects.filter(code=row.code).update(contested=True)
        _audit(action, made, account, old, {} if is_void else shown(made), actor, times, entry)
    tell(entry.pk)
    return Done(made.pk, entry.pk)


def shown(row: Touch) -> dict[str, Any]:
    """A touch's values as the audit log keeps them."""
    return {name: row.at.isoformat() if name == "at" else getattr(row, name) for name in FIELDS}


def _audit(
    action: str,
    row: Touch,
    account: Account,
    old: dict[str, Any],
    new: dict[str, Any],
    actor: Member,
    times: Times,
    entry: Entry,
) -> None:
    audit.record(
        action,
        actor=actor,
        subject="touch",
        subject_id=row.pk,
        label=account.name,
        old={key: value for key, value in old.items() if new.get(key) != value},
        new={key: value for key, value in new.items() if value and old.get(key) != value},
        reason=times.reason,
        entry=entry,
    )
