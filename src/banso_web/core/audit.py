"""Writing the audit log. Every action calls `record` in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from banso_web.core import clock
from banso_web.core.bulk import insert_rows
from banso_web.core.models import AuditRow, Entry

if TYPE_CHECKING:
    from banso_web.members.models import Member

_via: ContextVar[str] = ContextVar("via", default="command")


@contextmanager
def through(via: str) -> Iterator[None]:
    """Say by which door the changes inside come: page, api, command or job."""
    token = _via.set(via)
    try:
        yield
    finally:
        _via.reset(token)


def record(
    action: str,
    *,
    actor: Member | None,
    subject: str = "",
    subject_id: int | None = None,
    label: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    reason: str = "",
    entry: Entry | None = None,
) -> AuditRow:
    """Add one row. `old` and `new` must be JSON; give only what changed, and never a secret."""
    return AuditRow.objects.create(
        at=clock.now(),
        actor=actor,
        actor_name=actor.name if actor else "system",
        via=_via.get(),
        action=action,
        subject=subject,
        subject_id=subject_id,
        subject_label=label[:300],
        old=old or {},
        new=new or {},
        reason=reason,
        entry=entry,
    )


def record_many(
    action: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    actor: Member | None,
    subject: str,
    reason: str = "",
    entry: Entry | None = None,
) -> int:
    """One row per thing of a deed done to many, in one statement: each of `rows` has subject_id, label, old and new.

    Gives how many. The same fields as `record`; used where a row at a time would hold the transaction too long.
    """
    shared = {
        "at": clock.now(),
        "actor_id": actor.pk if actor else None,
        "actor_name": actor.name if actor else "system",
        "via": _via.get(),
        "action": action,
        "subject": subject,
        "reason": reason,
        "entry_id": entry.pk if entry else None,
    }
    return insert_rows(
        AuditRow,
        (
            {
                **shared,
                "subject_id": row["subject_id"],
                "subject_label": row["label"][:300],
                "old": row["old"],
                "new": row["new"],
            }
            for row in rows
        ),
    )
