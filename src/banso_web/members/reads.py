"""Reading members on behalf of other apps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from banso_web.core import clock
from banso_web.members.models import ApiKey, Invitation, Member


def assignable(member_id: int) -> bool:
    """Whether this member may be an owner: active (an imported one without rights may be)."""
    return Member.objects.filter(pk=member_id, is_active=True).exists()


def assignable_members() -> dict[int, str]:
    """{id: name} of everybody who may be an owner, by name."""
    return dict(Member.objects.filter(is_active=True).order_by("name", "pk").values_list("pk", "name"))


def assignable_codes() -> list[tuple[str, str]]:
    """[(member_id, name)] of everybody who may be named beside a fact, by name."""
    return list(Member.objects.filter(is_active=True).order_by("name", "pk").values_list("code", "name"))


def bearers_of(texts: Iterable[str]) -> dict[str, list[int]]:
    """{what a file says: ids of the members it may mean}: whose id it is, else all of that name, spaces aside; [] for nobody."""
    wanted = set(texts)
    by_code = ids_by_code(wanted)
    by_name: dict[str, list[int]] = {}
    if len(by_code) < len(wanted):
        for name, pk in Member.objects.order_by("pk").values_list("name", "pk"):
            by_name.setdefault("".join(name.split()), []).append(pk)
    return {
        text: [by_code[text]] if text in by_code else by_name.get("".join(text.split()), [])
        for text in wanted
    }


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


@dataclass(frozen=True)
class Person:
    """A member as other apps show one: the organisation's own id, what they do, what they may, whom they report to."""

    id: int
    code: str
    name: str
    email: str | None
    job: str
    roles: tuple[str, ...]
    manager: str | None  # the manager's code
    is_active: bool
    joined_on: date | None


def ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """{member_id of the organisation: internal id} of those that exist."""
    return dict(Member.objects.filter(code__in=list(codes)).values_list("code", "pk"))


def people_called(texts: Iterable[str]) -> dict[str, str]:
    """{what a fact says: how the page calls that person}: a member's id by the member's name, a member's name as it is,
    anything else marked 未登録."""
    wanted = set(texts) - {""}
    by_code = names_by_code(wanted)
    rest = wanted - set(by_code)
    named = set(Member.objects.filter(name__in=rest).values_list("name", flat=True)) if rest else set()
    unknown = _("%(text)s(未登録)")
    return {
        text: by_code.get(text) or (text if text in named else unknown % {"text": text}) for text in wanted
    }


def names_by_code(codes: Iterable[str]) -> dict[str, str]:
    """{member_id of the organisation: name} of those that exist; a fact's free text may name nobody."""
    return dict(Member.objects.filter(code__in=set(codes) - {""}).values_list("code", "name"))


def codes_by_id(ids: Iterable[int | None]) -> dict[int | None, tuple[str, str]]:
    """{internal id: (member_id, name)} of those that exist."""
    rows = Member.objects.filter(pk__in={key for key in ids if key is not None})
    return {pk: (code, name) for pk, code, name in rows.values_list("pk", "code", "name")}


def people_after(member_id: int, limit: int, *, active: bool | None = None) -> list[Person]:
    """Members behind an internal id, in order of id, at most `limit`. The right to see them is the caller's matter."""
    rows = (
        Member.objects.filter(pk__gt=member_id)
        .select_related("manager")
        .prefetch_related("roles")
        .order_by("pk")
    )
    if active is not None:
        rows = rows.filter(is_active=active)
    return [person_of(row) for row in rows[:limit]]


def person_of(member: Member) -> Person:
    """One member as other apps show them."""
    return Person(
        id=member.pk,
        code=member.code,
        name=member.name,
        email=member.email,
        job=member.job,
        roles=tuple(sorted(role.key for role in member.roles.all())),
        manager=member.manager.code if member.manager else None,
        is_active=member.is_active,
        joined_on=member.joined_on,
    )


@dataclass(frozen=True)
class Waiting:
    """What waits for who manages people: open invitations, and active members without any role."""

    invitations: int
    without_role: int


def waiting() -> Waiting:
    """Counts for the home of a system administrator."""
    invited = Invitation.objects.filter(
        purpose=Invitation.Purpose.INVITE, used_at=None, expires_at__gt=clock.now()
    )
    return Waiting(invited.count(), Member.objects.filter(is_active=True, roles=None).count())


def keys_after(member: Member, key_id: int, limit: int) -> list[ApiKey]:
    """API keys behind an id, in order of id: one's own, or everybody's for those who manage members."""
    rows = ApiKey.objects.filter(pk__gt=key_id).select_related("member").order_by("pk")
    return list((rows if member.may("member.manage") else rows.filter(member=member))[:limit])
