"""The sample company's log-ins: only the demo command calls this, on a home it made itself."""

from __future__ import annotations

from banso_web.core import audit
from banso_web.members.models import Member, Role

# The one who tries the product sees every side of it.
OWNER_ROLES = ("manager", "admin")


def give_sample_roles() -> None:
    """Everybody of the sample works in the role of their job, so that each home can be seen."""
    roles = {role.key: role for role in Role.objects.all()}
    for member in Member.objects.filter(is_active=True, roles=None):
        if member.job in roles:
            member.roles.add(roles[member.job])


def enable_sample_member(code: str, email: str, password: str, *, owner: bool = False) -> bool:
    """Give one of the sample an address and a password; the owner also every role needed. False where there is none."""
    member = Member.objects.filter(code=code).first()
    if member is None:
        return False
    member.email = email
    member.set_password(password)
    member.save(update_fields=["email", "password"])
    if owner:
        member.roles.set(Role.objects.filter(key__in=OWNER_ROLES))
    audit.record("member.sample", actor=None, subject="member", subject_id=member.pk, label=member.name)
    return True
