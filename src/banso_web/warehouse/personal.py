"""One person in the event store: by their own ids, by ids that were identified with their address, by texts that name them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal import Whom, erased_code
from banso_web.core.registry import PersonalField
from banso_web.warehouse import shapes
from banso_web.warehouse.compactor import compact, damaged_logs
from banso_web.warehouse.models import Duplicate
from banso_web.warehouse.port import StoreUnavailable
from banso_web.warehouse.store import event_store, left_behind

MOST_SHOWN = 1_000
IDENTIFIED = """SELECT DISTINCT user_id FROM events, (SELECT unnest($1::VARCHAR[]) AS text)
  WHERE kind = 'identify' AND user_id <> '' AND (contains(lower(properties), text) OR contains(lower(context), text))"""
BY_IDS = f"""SELECT kind, name, happened_at, user_id, group_id, properties, context FROM events
  WHERE user_id IN (SELECT unnest($1::VARCHAR[])) OR anonymous_id IN (SELECT unnest($1::VARCHAR[]))
  ORDER BY happened_at DESC LIMIT {MOST_SHOWN}"""


def mentions(whom: Whom) -> list[str]:
    """Texts by which an event's contents name the person, in small letters."""
    full = {mark.join(name) for name in whom.names if all(name) for mark in ("", " ", "　")}
    return sorted({text.lower() for text in (*whom.emails, *whom.phones, *full) if len(text) > 3})


def ids(whom: Whom) -> list[str]:
    """User ids of the person: contact ids, addresses, and ids identified with an address or a name of theirs."""
    known = {*whom.codes, *whom.emails}
    texts = mentions(whom)
    if texts:
        found = event_store().query(IDENTIFIED, [texts])
        known |= {name for (name,) in found}
    return sorted(known - {""})


def find(whom: Whom) -> Sequence[dict[str, Any]]:
    """Events of the person, the newest thousand."""
    compact()
    rows = event_store().query(BY_IDS, [ids(whom)])
    names = ("kind", "name", "happened_at", "user_id", "group_id", "properties", "context")
    return [dict(zip(names, map(str, row), strict=True)) for row in rows]


def erase(whom: Whom) -> int:
    """Their ids give way to a keyed hash, their events' contents and every text that names them go; the counts stay."""
    if told := left_behind():  # their events in the other store would stay, and be moved later
        raise StoreUnavailable(told)
    compact()
    codes = sorted(whom.codes) or [f"contact-{whom.contact_id}"]
    shapes.forget(whom)
    people = ids(whom)
    Duplicate.objects.filter(user_id__in=people).delete()
    _forget_damaged({*people, *mentions(whom)})
    return event_store().erase(people, erased_code(codes[0]), mentions(whom))


def _forget_damaged(texts: set[str]) -> None:
    """A log that was set aside for a bad page goes where it names the person: what is whole in it is in the store."""
    for path in damaged_logs():
        data = path.read_bytes().lower()
        if any(text.lower().encode() in data for text in texts):
            path.unlink(missing_ok=True)


FIELDS = (PersonalField("events", _("利用イベント"), find, erase, in_files=True),)
