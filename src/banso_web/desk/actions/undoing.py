"""元に戻す: take back what was just saved on a customer's page, whatever it was, while nothing later stands on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.accounts.access import require_edit
from banso_web.accounts.actions.editing import undo_edit
from banso_web.accounts.actions.stating import home_of, latest, tell
from banso_web.accounts.reads.owners import account_of_contact, account_of_contract, holds_things
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark, project, void
from banso_web.core.models import Entry
from banso_web.lifecycle.reads import tasked_by
from banso_web.revenue.reads.entered import moved_by
from banso_web.touch.reads import touched_by, touches

if TYPE_CHECKING:
    from banso_web.members.models import Member

LABELS = ("account.add", "account.edit", "contact.", "contract.", "movement.", "touch.", "task.")


def undo(entry_id: int, *, actor: Member) -> int:
    """Take an entry back; gives how many customers it was about.

    One's own, or anybody's with the right to edit all; 403 without the right to edit the customer now. Refused where it
    was undone already, or where a later change stands on it (that one has to go first).
    """
    entry = Entry.objects.filter(pk=entry_id, kind=Entry.Kind.ACTION).exclude(seq=None).first()
    if entry is None or entry.voided_seq is not None or not entry.label.startswith(LABELS):
        raise Refused(_("元に戻せる変更が見つかりません。"), code="nothing_to_undo")
    if entry.label.startswith("account.edit"):
        return undo_edit(entry_id, actor=actor)
    if entry.actor_id != actor.pk and not actor.may("account.edit_all"):
        raise Forbidden(_("ほかの人の変更は元に戻せません。データは変わっていません。"))
    subjects = sorted(set(entry.versions.values_list("subject", "subject_id")))
    contracts = {key for subject, key in subjects if subject == "contract"}
    moved, touched, tasked = moved_by(entry, contracts), touched_by(entry), tasked_by(entry)
    accounts = {_account_of(*one) for one in subjects} | moved.accounts | touched.accounts | tasked.accounts
    if not accounts:
        raise Refused(_("元に戻せる変更が見つかりません。"), code="nothing_to_undo")
    homes = {home_of(actor, key).pk: home_of(actor, key) for key in accounts}
    for account in homes.values():
        require_edit(actor, account)
    if "contact" in {subject for subject, _id in subjects} and not actor.may("contact.view"):
        raise NotVisible
    later = any(latest(*one) != entry.pk for one in subjects) or (
        entry.label == "account.add" and any(_has_things(key) for key in accounts)
    )
    if later or moved.followed or touched.followed or tasked.followed:
        raise Refused(
            _("この変更のあとに、別の変更が保存されています。先にそちらを元に戻すか、編集で直してください。"),
            code="stands_on_it",
        )
    with transaction.atomic():
        void(entry, actor=actor, reason="undo")
        audit.record(
            f"{entry.label.partition('.')[0]}.undo",
            actor=actor,
            subject="entry",
            subject_id=entry.pk,
            label="、".join(account.name for account in homes.values()),
            new={"action": entry.label, "accounts": sorted(homes)},
            entry=entry,
        )
    for subject, subject_id in subjects:
        project(subject, [subject_id], notify=subject == "account")
    Entry.objects.filter(pk=entry.pk).update(projected=True)
    tell(entry.pk)
    return len(homes)


def _has_things(account_id: int) -> bool:
    """Whether something was entered for a customer since it was added."""
    now = Asked(as_of=clock.today(), today=clock.today(), watermark=current_watermark())
    return holds_things(account_id) or bool(touches(now, account_id, limit=1))


def _account_of(subject: str, subject_id: int) -> int:
    if subject == "contact":
        return account_of_contact(subject_id)
    return account_of_contract(subject_id) if subject == "contract" else subject_id
