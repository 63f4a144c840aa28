"""Writing the audit log. Every action calls `record` in its own transaction."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from banso_web.core import clock
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
