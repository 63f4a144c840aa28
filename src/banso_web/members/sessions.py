"""Where a member is logged in, and ending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from banso_web.core import audit
from banso_web.members.models import Member

# What a browser says about itself -> the name people know it by; the first match counts.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
)


@dataclass(frozen=True)
class OpenSession:
    """One log-in that still counts. `current` is the one that asks."""

    id: int
    device: str
    ip: str
    since: datetime
    last_seen: datetime
    current: bool


def device_name(agent: str) -> str:
    """「Chrome / Windows」 from a User-Agent; the beginning of the text itself where it is unknown."""
    parts = [
        next((name for mark, name in known if mark in agent), "")
        for known in (BROWSERS, (*SYSTEMS, ("Linux", "Linux")))
    ]
    return " / ".join(part for part in parts if part) or agent[:60] or "?"


def open_sessions(member: Member, *, current_key: str | None = None) -> list[OpenSession]:
    """The member's log-ins, the latest first. Expired ones are left out."""
    rows = UserSession.objects.filter(user=member).order_by("-last_seen_at", "-pk")
    alive = set(
        Session.objects.filter(session_key__in=[row.session_key for row in rows]).values_list(
            "session_key", flat=True
        )
    )
    return [
        OpenSession(
            id=row.pk,
            device=device_name(row.user_agent),
            ip=row.ip,
            since=row.created_at,
            last_seen=row.last_seen_at,
            current=row.session_key == current_key,
        )
        for row in rows
        if row.session_key in alive
    ]


def end_sessions(member: Member, *, keep: str | None = None, only: int | None = None) -> int:
    """End the member's log-ins (all, or the one with id `only`) but the one with session key `keep`; how many ended."""
    rows = UserSession.objects.filter(user=member)
    if only is not None:
        rows = rows.filter(pk=only)
    if keep:
        rows = rows.exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


def sign_out(member: Member, *, actor: Member, keep: str | None = None, only: int | None = None) -> int:
    """`end_sessions` as a deed of its own, with its audit row."""
    ended = end_sessions(member, keep=keep, only=only)
    if ended:
        audit.record(
            "member.sign_out",
            actor=actor,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            new={"sessions": ended},
        )
    return ended
