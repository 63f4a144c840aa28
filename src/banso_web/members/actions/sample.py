"""The sample company's log-in: only the demo command calls it, on a home it made itself."""

from __future__ import annotations

from banso_web.core import audit
from banso_web.members.models import Member, Role

ROLES = ("manager", "admin")


def enable_sample_manager(code: str, email: str, password: str) -> bool:
    """Give the sample's manager an address, a password and the roles to see everything; False where there is none."""
    member = Member.objects.filter(code=code).first()
    if member is None:
        return False
    member.email = email
    member.set_password(password)
    member.save(update_fields=["email", "password"])
    member.roles.set(Role.objects.filter(key__in=ROLES))
    audit.record("member.sample", actor=None, subject="member", subject_id=member.pk, label=member.name)
    return True
