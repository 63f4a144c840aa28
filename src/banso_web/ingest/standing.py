"""What stands on a published import: later changes of the same things. (Closed months are told by revenue.)"""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from banso_web.core.imports import HappeningHandler
from banso_web.core.models import Entry, StateVersion
from banso_web.core.registry import registry


def later_changes(entry: Entry) -> list[tuple[str, str]]:
    """How many versions and happenings entered later concern the same things."""
    found = []
    mine = StateVersion.objects.filter(
        entry=entry, subject=OuterRef("subject"), subject_id=OuterRef("subject_id")
    )
    later = StateVersion.objects.filter(entry__seq__gt=entry.seq, entry__voided_seq=None)
    if edits := later.filter(Exists(mine)).count():
        text = _("この取り込みの顧客・先方担当者・契約・メンバーに、後からの変更が %(count)s 件あります")
        found.append(("later_edits", text % {"count": edits}))
    corrections = 0
    for make in registry.file_handlers.values():
        handler = make()
        if isinstance(handler, HappeningHandler):
            rows = handler.model._default_manager
            same = rows.filter(entry=entry, code=OuterRef("code"), contested=True)
            later_rows = rows.filter(entry__seq__gt=entry.seq, entry__voided_seq=None, contested=True)
            corrections += later_rows.filter(Exists(same)).count()
    if corrections:
        text = _("この取り込みの行に、後からの訂正が %(count)s 件あります")
        found.append(("later_corrections", text % {"count": corrections}))
    return found


registry.undo_checks.append(later_changes)
