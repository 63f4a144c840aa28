"""Reading members on behalf of other apps."""

from __future__ import annotations

from banso_web.members.models import Member


def assignable(member_id: int) -> bool:
    """Whether this member may be an owner: active (an imported one without rights may be)."""
    return Member.objects.filter(pk=member_id, is_active=True).exists()


def assignable_members() -> dict[int, str]:
    """{id: name} of everybody who may be an owner, by name."""
    return dict(Member.objects.filter(is_active=True).order_by("name", "pk").values_list("pk", "name"))


def member_names() -> dict[int | None, str]:
    """{id: name} of every member, also those who left."""
    return dict(Member.objects.values_list("pk", "name"))


def team_of(manager_id: int) -> set[int]:
    """Ids of a manager's direct reports."""
    return set(Member.objects.filter(manager_id=manager_id).values_list("pk", flat=True))


def managers() -> list[int]:
    """Ids of everybody who has active direct reports."""
    rows = Member.objects.filter(is_active=True).exclude(manager_id=None)
    return sorted(set(rows.values_list("manager_id", flat=True)))
