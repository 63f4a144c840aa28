"""Settling whose an unknown user or group is. Dated, audited, undoable; the past follows, because events are put to customers
when they are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso.usage import domain_is_free
from banso_web.accounts.access import access_account, visible_contacts
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark, new_entry, void
from banso_web.usage.models import IdentityLink
from banso_web.usage.reads.identity import ASIDE, identity

if TYPE_CHECKING:
    from banso_web.members.models import Member

PERMISSION = "account.edit_all"
LONGEST = 200
MOST = 200  # ids settled at once
DOMAIN, RULE, USER = IdentityLink.Kind.DOMAIN, IdentityLink.Kind.RULE, IdentityLink.Kind.USER
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


@dataclass(frozen=True)
class About:
    """What a decision is about. kind: group, user, domain or rule; `field` of a rule: group_id, user_id, email or a trait's name;
    `source` None: of every source."""

    kind: str
    key: str
    source: int | None = None
    field: str = ""


@dataclass(frozen=True)
class Whose:
    """The customer, the contact (and so their customer), or nobody (`aside`): one of the three. `until` is exclusive."""

    account_id: int | None = None
    contact_id: int | None = None
    since: date | None = None
    until: date | None = None
    aside: bool = False


@dataclass(frozen=True)
class Followed:
    """What a decision did to the past: (customer's id, events that count for it now and did not), the most first; events that
    count for nobody now."""

    links: tuple[int, ...]
    gained: tuple[tuple[str, int], ...]
    lost: int


def may_settle(member: Member) -> bool:
    return member.may(PERMISSION) and member.may("contact.view")


def settle(about: Sequence[About], whose: Whose, *, actor: Member, reason: str = "") -> Followed:
    """Decide about ids, a domain or a rule; one entry for all of them.

    403 without the right; 404 for a customer or contact that the actor may not see; Refused for a bad or free mail domain, a
    pattern that fits everything, days the wrong way round, and a contact for anything but a user.
    """
    require(actor)
    if not about or len(about) > MOST:
        raise Refused(
            _("一度に決められるのは1件から%(most)s件までです。何も変えていません。") % {"most": MOST},
            code="too_many",
        )
    if (whose.account_id is not None) + (whose.contact_id is not None) + whose.aside != 1:
        problem = _("顧客、先方担当者、除外のどれか1つを選んでください。何も変えていません。")
        raise Refused(problem, code="whose", fields={"account_id": problem})
    checked = [_checked(one, whose) for one in about]
    if whose.since and whose.until and whose.since >= whose.until:
        problem = _("終わりの日を、始まりの日より後にしてください。何も変えていません。")
        raise Refused(problem, code="bad_days", fields={"until": problem})
    told = _told(whose, actor)
    before = _counted()
    with new_entry(label="usage.identity", reason=reason, actor=actor) as entry:
        made = [
            IdentityLink.objects.create(
                kind=one.kind, source=one.source, key=one.key, field=one.field, entry=entry,
                account_id=whose.account_id, contact_id=whose.contact_id, since=whose.since, until=whose.until,
            )
            for one in checked
        ]  # fmt: skip
        for link in made:
            audit.record(
                "identity.aside" if whose.aside else "identity.link",
                actor=actor,
                subject="identity",
                subject_id=link.pk,
                label=link.key,
                new={**_said(link), **told},
                reason=reason,
                entry=entry,
            )
    return _followed(before, [link.pk for link in made])


def undo(link_id: int, *, actor: Member, reason: str = "") -> Followed:
    """Take a decision back, with those made in the same act: what follows from the rest holds again. 404 for none that stands."""
    require(actor)
    link = IdentityLink.objects.filter(pk=link_id).select_related("entry").first()
    if link is None:
        raise NotVisible
    before = _counted()
    with transaction.atomic():
        rows = list(
            IdentityLink.objects.filter(entry=link.entry).select_related("account", "contact__account")
        )
        if link.entry.voided_seq is not None:
            raise Refused(_("すでに取り消されています。何も変えていません。"), code="nothing_to_undo")
        void(link.entry, actor=actor, reason=reason or "undo")
        for row in rows:
            audit.record(
                "identity.undo",
                actor=actor,
                subject="identity",
                subject_id=row.pk,
                label=row.key,
                old=_said(row) | ({"account": row.account.code} if row.account else {}),
                reason=reason,
                entry=link.entry,
            )
    return _followed(before, [row.pk for row in rows])


def require(actor: Member) -> None:
    """403 for who may not settle."""
    if not may_settle(actor):
        raise Forbidden(
            _(
                "利用者とグループの対応を決めるには、すべての顧客を編集でき、先方担当者を見られる権限が必要です。何も変えていません。"
            )
        )


def _checked(one: About, whose: Whose) -> About:
    key = one.key.strip()
    if one.kind not in IdentityLink.Kind.values or not key or len(key) > LONGEST or len(one.field) > 100:
        problem = _("対象を200文字以内で入れてください。何も変えていません。")
        raise Refused(problem, code="bad_key", fields={"key": problem})
    if whose.contact_id is not None and one.kind != USER:
        raise Refused(
            _("先方担当者に結び付けられるのは利用者だけです。何も変えていません。"), code="contact_of_user"
        )
    if one.kind == DOMAIN:
        key = key.lower().removeprefix("@")
        if not _DOMAIN.fullmatch(key) or domain_is_free(key):
            problem = _(
                "会社のメールドメインを example.co.jp の形で入れてください。gmail.com のような無料メールは使えません。何も変えていません。"
            )
            raise Refused(problem, code="bad_domain", fields={"key": problem})
    if one.kind == RULE and (not one.field or not key.strip("*")):
        problem = _(
            "何のどんな値に当てはめるかを入れてください。* だけのルールは作れません。何も変えていません。"
        )
        raise Refused(problem, code="bad_rule", fields={"key": problem})
    return replace(one, key=key, field=one.field if one.kind == RULE else "")


def _told(whose: Whose, actor: Member) -> dict[str, Any]:
    """Whose it is, in the audit log's words; empty where it is put aside."""
    if whose.contact_id is not None:
        contact = visible_contacts(actor).filter(pk=whose.contact_id).select_related("account").first()
        if contact is None:
            raise NotVisible
        return {"account": contact.account.code, "contact": contact.code}
    return {"account": access_account(actor, whose.account_id).code} if whose.account_id is not None else {}


def _said(link: IdentityLink) -> dict[str, Any]:
    days = {name: day.isoformat() for name in ("since", "until") if (day := getattr(link, name))}
    named = {"kind": link.kind, "source": link.source, "field": link.field}
    return {name: value for name, value in named.items() if value not in (None, "")} | days


def _counted() -> dict[str | None, int]:
    """{customer's id: events of ids that do not say themselves whose they are}; None: those that nobody knows."""
    today = clock.today()
    found = identity(Asked(as_of=today, today=today, watermark=current_watermark()))
    counts: dict[str | None, int] = {}
    for place, seen in found.seen.items():
        belongs = found.of.get(place)
        account = belongs.account if belongs else None
        counts[account] = counts.get(account, 0) + seen.events
    return counts


def _followed(before: dict[str | None, int], links: Sequence[int]) -> Followed:
    now = _counted()
    gained = [
        (code, number - before.get(code, 0))
        for code, number in now.items()
        if code and number > before.get(code, 0)
    ]
    lost = max(now.get(ASIDE, 0) - before.get(ASIDE, 0), now.get(None, 0) - before.get(None, 0), 0)
    return Followed(tuple(links), tuple(sorted(gained, key=lambda one: (-one[1], one[0]))), lost)
