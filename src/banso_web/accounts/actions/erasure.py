"""開示 and 消去 of a contact's personal data; the erasures are replayed after every restore."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.accounts.models import Contact
from banso_web.accounts.personal import whom_of
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.personal import Whom, keyed, remember, remembered
from banso_web.core.registry import registry

if TYPE_CHECKING:
    from banso_web.members.models import Member

PERMISSION = "personal.manage"


@dataclass(frozen=True)
class Erased:
    """How many rows and files were rewritten, by place (`PersonalField.key`)."""

    changed: dict[str, int]


def _contact(contact_id: int, actor: Member) -> Contact:
    if not actor.may(PERMISSION):
        raise Forbidden(_("個人情報の開示と消去には権限が必要です。データは変わっていません。"))
    contact = Contact.objects.filter(pk=contact_id).select_related("account").first()
    if contact is None:
        raise NotVisible
    return contact


def stored(contact_id: int, *, actor: Member) -> tuple[Contact, dict[str, list[dict[str, Any]]]]:
    """The contact and what is stored of them, by place. 403 without the right, 404 for nobody."""
    contact = _contact(contact_id, actor)
    whom = whom_of(contact)
    return contact, {field.key: list(field.find(whom)) for field in registry.personal}


def disclose(contact_id: int, *, actor: Member) -> dict[str, Any]:
    """Everything stored of a contact as one JSON object, for the person who asked for it. Audited without the values."""
    contact, found = stored(contact_id, actor=actor)
    audit.record(
        "personal.disclose", actor=actor, subject="personal", subject_id=contact.pk,
        new={key: len(rows) for key, rows in found.items()},
    )  # fmt: skip
    return {"made_at": clock.now().isoformat(), "stored": found}


def erase(contact_id: int, *, actor: Member, reason: str) -> Erased:
    """Take the person out of everything Banso stores, for ever. The company's facts stay.

    Refused without a reason and for somebody erased already; a place may refuse too (an import under way), before
    anything is changed. The ledger is written first: what a crash leaves undone, the next replay does.
    """
    contact = _contact(contact_id, actor)
    if contact.erased:
        raise Refused(_("この担当者は消去済みです。"), code="erased_already")
    reason = reason.strip()
    if not reason:
        message = _("消去の理由を入力してください。何も消していません。")
        raise Refused(message, code="no_reason", fields={"reason": message})
    whom = whom_of(contact)
    for check in registry.erasure_checks:
        if words := check(whom):
            raise Refused(words, code="erasure_waits")
    remember(whom)
    changed = take_out(whom)
    audit.record(
        "personal.erase", actor=actor, subject="personal", subject_id=contact.pk,
        new=changed, reason=whom.scrub(reason, beside=True)[:300],
    )  # fmt: skip
    return Erased(changed)


def take_out(whom: Whom) -> dict[str, int]:
    """Rewrite every place; how many rows and files by place. The ledger is the caller's."""
    # Files first: while the database still holds the person, a replay after a crash knows what to look for.
    changed = {field.key: field.erase(whom) for field in registry.personal if field.in_files}
    with transaction.atomic():
        return changed | {field.key: field.erase(whom) for field in registry.personal if not field.in_files}


def replay_erasures() -> int:
    """Erase again everybody whose id or address stands in the ledger and whose data is there again (after a restore).

    Gives how many people. Safe to run at any time and any number of times; nothing happens without a ledger.
    """
    keys = remembered()
    if not keys:
        return 0
    again = 0
    rows = Contact.objects.filter(erased=False)
    for pk, code, email in rows.values_list("pk", "code", "email").iterator(chunk_size=5_000):
        if keyed("code", code) not in keys and (not email or keyed("email", email) not in keys):
            continue
        contact = Contact.objects.get(pk=pk)
        changed = take_out(whom_of(contact))
        audit.record("personal.erase.replay", actor=None, subject="personal", subject_id=pk, new=changed)
        again += 1
    return again
