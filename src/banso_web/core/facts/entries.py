"""Opening, publishing and voiding entries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

from banso_web.core import clock
from banso_web.core.models import Entry, Watermark

if TYPE_CHECKING:
    from banso_web.members.models import Member


def current_watermark() -> int:
    """The last published number (0 before anything was)."""
    return Watermark.objects.filter(pk=1).values_list("seq", flat=True).first() or 0


def hold_watermark() -> int:
    """Lock the watermark until the transaction ends and give it: nothing is published or voided beside what follows."""
    row = Watermark.objects.select_for_update().filter(pk=1).first()
    if row is None:
        Watermark.objects.get_or_create(pk=1)  # another process may make it at the same moment
        row = Watermark.objects.select_for_update().get(pk=1)
    return row.seq


def _next_seq() -> int:
    """Raise and return the watermark. Must run inside the transaction that publishes: the row stays locked until commit."""
    seq = hold_watermark() + 1
    Watermark.objects.filter(pk=1).update(seq=seq)
    return seq


def open_entry(*, kind: str, label: str = "", reason: str = "", actor: Member | None = None) -> Entry:
    """A new, unpublished entry: rows written under it stay invisible until `publish`."""
    return Entry.objects.create(kind=kind, label=label, reason=reason, actor=actor, opened_at=clock.now())


def publish(entry: Entry) -> Entry:
    """Give the entry its number and its time in one UPDATE. Publishing twice changes nothing, the watermark included."""
    with transaction.atomic():
        if Entry.objects.select_for_update().filter(pk=entry.pk, seq=None).first() is not None:
            Entry.objects.filter(pk=entry.pk).update(seq=_next_seq(), entered_at=clock.now())
            entry.refresh_from_db()
    return entry


def void(entry: Entry, *, actor: Member | None, reason: str) -> Entry:
    """Undo a published entry as a whole from now on; what was read at earlier watermarks stays as it was."""
    with transaction.atomic():
        standing = Entry.objects.filter(pk=entry.pk, voided_seq=None).exclude(seq=None)
        if standing.select_for_update().first() is not None:
            standing.update(
                voided_seq=_next_seq(),
                voided_at=clock.now(),
                voided_by=actor,
                void_reason=reason,
                projected=False,
            )
            entry.refresh_from_db()
    return entry


@contextmanager
def new_entry(*, label: str, reason: str = "", actor: Member | None = None) -> Iterator[Entry]:
    """The entry of one action: opened, and published at the end of the same transaction."""
    with transaction.atomic():
        entry = open_entry(kind=Entry.Kind.ACTION, label=label, reason=reason, actor=actor)
        yield entry
        publish(entry)
        from banso_web.core.facts.states import is_shown

        if not is_shown(entry):  # actions project their own subjects: `project(..., entry=entry)` marks it
            Entry.objects.filter(pk=entry.pk).update(projected=True)
