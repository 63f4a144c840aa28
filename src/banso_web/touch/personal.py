"""Contacts named in touches and tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.core.bulk import update_rows
from banso_web.core.models import AuditRow
from banso_web.core.personal import Whom
from banso_web.core.personal_rows import in_texts
from banso_web.core.registry import PersonalField
from banso_web.touch.models import Ticket, Touch


def _named(whom: Whom) -> Iterator[tuple[AuditRow, Any]]:
    """Rows of the log of changes about touches with the person's customers that name them, and what they say without."""
    touched = Touch.objects.filter(account_id__in=whom.account_ids).values("pk")
    for row in AuditRow.objects.filter(subject="touch", subject_id__in=touched).iterator(chunk_size=2_000):
        said = [row.reason, row.old, row.new]
        kept = whom.scrub_json(said)
        if kept != said:
            yield row, kept


def _find(whom: Whom) -> Sequence[dict[str, Any]]:
    return [
        {"at": row.at.isoformat(), "action": row.action, "by": row.actor_name, "old": row.old, "new": row.new}
        for row, _kept in _named(whom)
    ]


def _erase(whom: Whom) -> int:
    rows = []
    for row, kept in _named(whom):
        row.reason, row.old, row.new = kept
        rows.append(row)
    return update_rows(AuditRow, ["reason", "old", "new"], rows)


FIELDS = (
    in_texts("touches", _("接点"), Touch, ("contacts", "subject", "note")),
    PersonalField("touch_changes", _("接点の変更の記録"), _find, _erase),
    in_texts("tickets", _("問い合わせ"), Ticket, ("subject",)),
)
