"""A person among the ids of the product: what was told of them, and what was decided whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.core.bulk import update_rows
from banso_web.core.personal import Whom, erased_code
from banso_web.core.registry import PersonalField
from banso_web.usage.actions.seeing import changed
from banso_web.usage.models import IdentityLink, SeenId

FIELDS_OF_SEEN = ("key", "email", "name", "traits", "ties")


def _ids(whom: Whom) -> set[str]:
    """Contact ids, addresses, and ids of which one of the addresses was told."""
    mails = {mail.lower() for mail in whom.emails}
    known = {text for one in (*whom.codes, *whom.emails) for text in (one, one.lower())}
    for key, mail in SeenId.objects.exclude(email="").values_list("key", "email"):
        if mail.lower() in mails:
            known.add(key)
    linked = IdentityLink.objects.filter(kind=IdentityLink.Kind.USER, contact=whom.contact_id)
    return known | set(linked.values_list("key", flat=True))


def _seen(whom: Whom) -> Iterator[SeenId]:
    """Rows that are the person's or name them, already without the person."""
    ids, instead = _ids(whom), _instead(whom)
    for row in SeenId.objects.order_by("pk").iterator(chunk_size=2_000):
        before = [getattr(row, name) for name in FIELDS_OF_SEEN]
        if row.key in ids and row.kind != SeenId.Kind.GROUP:
            row.key, row.email, row.name, row.traits = instead, "", "", {}
        else:
            row.email, row.name = whom.scrub(row.email), whom.scrub(row.name)
            row.traits = whom.scrub_json(row.traits)
        row.ties = [[at, instead if later in ids else later, known] for at, later, known in row.ties]
        if [getattr(row, name) for name in FIELDS_OF_SEEN] != before:
            yield row


def _links(whom: Whom) -> Iterator[IdentityLink]:
    ids, instead = _ids(whom), _instead(whom)
    for row in IdentityLink.objects.order_by("pk").iterator(chunk_size=2_000):
        key = instead if row.kind == IdentityLink.Kind.USER and row.key in ids else whom.scrub(row.key)
        if key != row.key:
            row.key = key
            yield row


def _instead(whom: Whom) -> str:
    """The id that stands in their place in the events too."""
    return erased_code((sorted(whom.codes) or [f"contact-{whom.contact_id}"])[0])


def find_seen(whom: Whom) -> Sequence[dict[str, Any]]:
    """What the product told of the person."""
    rows = SeenId.objects.in_bulk([row.pk for row in _seen(whom)]).values()
    return [
        {"kind": row.kind, "id": row.key, "email": row.email, "name": row.name, "traits": row.traits,
         "first_day": row.first_day and row.first_day.isoformat(), "last_day": row.last_day and row.last_day.isoformat()}
        for row in rows
    ]  # fmt: skip


def find_links(whom: Whom) -> Sequence[dict[str, Any]]:
    rows = IdentityLink.objects.in_bulk([row.pk for row in _links(whom)]).values()
    return [{"kind": row.kind, "id": row.key, "contact": row.contact_id == whom.contact_id} for row in rows]


def erase_seen(whom: Whom) -> int:
    """Their ids give way to the keyed hash that the events carry; an id that has it already is not made twice. The counts stay."""
    rows = list(_seen(whom))
    taken = set(SeenId.objects.filter(key=_instead(whom)).values_list("kind", "source"))
    kept, doubled = [], []
    for row in rows:
        if row.key == _instead(whom) and (row.kind, row.source) in taken:
            doubled.append(row.pk)
            continue
        if row.key == _instead(whom):
            taken.add((row.kind, row.source))
        kept.append(row)
    update_rows(SeenId, FIELDS_OF_SEEN, kept)
    SeenId.objects.filter(pk__in=doubled).delete()
    if rows:
        changed()
    return len(rows)


def erase_links(whom: Whom) -> int:
    """What was decided stands for the keyed hash; a pattern or a domain that names the person becomes one that fits nothing."""
    return update_rows(IdentityLink, ["key"], _links(whom))


FIELDS = (
    PersonalField("identity_links", _("利用者の対応づけ"), find_links, erase_links),
    PersonalField("seen_ids", _("確認待ちの利用者"), find_seen, erase_seen),
)
