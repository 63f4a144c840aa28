"""Members as files bring them: people without any right until somebody gives them a role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from banso_web.core.facts import register_projection
from banso_web.core.imports import (
    Context,
    Field,
    Hints,
    Problem,
    Result,
    Row,
    StateHandler,
    make_incomplete,
    resolvers,
)
from banso_web.core.models import Entry
from banso_web.core.registry import registry
from banso_web.members.models import Member
from banso_web.members.reads import bearers_of


def _plain(name: str) -> str:
    """A name without spaces: 「佐藤 花子」 and 「佐藤花子」 are one spelling."""
    return "".join(name.split())


class MemberResolver:
    """Found by member_id, else by a name that only one member bears; else created incomplete and without rights."""

    def find(self, codes: list[str], context: Context) -> dict[str, int]:
        bearers = bearers_of(codes)
        for code, ids in bearers.items():
            if len(ids) > 1:
                context.note("ambiguous_member", code)
        return {code: ids[0] for code, ids in bearers.items() if len(ids) == 1}

    def make(self, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
        rows = {code: {"name": code[:200], "incomplete": True, "is_active": False} for code in wanted}
        values = {code: {"name": code[:200]} for code in wanted}
        return make_incomplete(Member, "member", values, rows, context)


class MembersHandler(StateHandler):
    """Imported members start without roles and cannot log in; an address that another member has is refused."""

    def __init__(self) -> None:
        super().__init__(
            key="members",
            subject="member",
            model=Member,
            identity="member_id",
            fields=(
                Field("name"),
                Field("email", blank=None),
                Field("job", "role", blank="member"),
                Field("manager_id", blank=None, reference="members"),
                Field("monthly_hours", blank=None),
                Field("internal_share", blank=None),
                Field("joined_on", blank=None),
            ),
            check=_member_problem,
            invisible={"is_active": False, "last_login": None, "roles": None},
        )
        self._addresses: dict[str, str] = {}

    def initial(self, row: Row) -> dict[str, Any]:
        return {"name": row.values["name"], "is_active": False}

    def seen(self, rows: Sequence[Row], context: Context) -> None:
        """Owners may be named by the members' names too, with or without the space."""
        for row in rows:
            context.brought.setdefault(self.key, set()).update(
                {row.values["name"], _plain(row.values["name"])}
            )

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        results = super().look(rows, context)
        addresses = {row.get("email").casefold() for row in rows if row.get("email")}
        held = (
            (email or "", code)
            for email, code in Member.objects.exclude(email=None).values_list("email", "code")
        )
        taken = {email.casefold(): code for email, code in held if email.casefold() in addresses}
        for at, row in enumerate(rows):
            email, code = (row.get("email") or "").casefold(), row.values["member_id"]
            holder = self._addresses.setdefault(email, taken.get(email, code)) if email else code
            if holder != code:
                results[at] = Problem(row.number, "email", "email_taken", {"email": email, "member": holder})
        return results

    def published(self, entry: Entry) -> None:
        """People may be chosen as owners once the import counts. Nobody gets a right by this."""
        Member.objects.filter(entry=entry, is_active=False).update(is_active=True)


def _member_problem(row: Row) -> Problem | None:
    share, hours = row.get("internal_share"), row.get("monthly_hours")
    if share is not None and not 0 <= share <= 1:
        return Problem(row.number, "internal_share", "share_out_of_range", {"text": str(share)})
    if hours is not None and not 0 <= hours <= 744:
        return Problem(row.number, "monthly_hours", "hours_out_of_range", {"text": str(hours)})
    return None


def project_members(ids: Sequence[int], values: dict[int, dict[str, Any]]) -> None:
    """Today's values into the members' rows. Roles, password and log-in are never touched."""
    for member in Member.objects.filter(pk__in=ids):
        state = values.get(member.pk)
        if state is None:
            # Taking an import back shuts nobody out: who has logged in is no longer only what a file said.
            if member.last_login is None:
                member.is_active = False
                member.save(update_fields=["is_active"])
            continue
        member.name = state.get("name") or member.code
        if "email" in state:
            member.email = state["email"]
        member.job = state.get("job") or "member"
        member.manager_id = state.get("manager_id")
        member.monthly_hours = Decimal(state["monthly_hours"]) if state.get("monthly_hours") else None
        member.internal_share = Decimal(state["internal_share"]) if state.get("internal_share") else None
        member.joined_on = date.fromisoformat(state["joined_on"]) if state.get("joined_on") else None
        member.incomplete = bool(state.get("incomplete"))
        fields = [
            "name",
            "email",
            "job",
            "manager",
            "monthly_hours",
            "internal_share",
            "joined_on",
            "incomplete",
        ]
        member.save(update_fields=fields)


register_projection("member", Member, project_members)
resolvers["members"] = MemberResolver()
registry.file_handlers["members"] = MembersHandler
