"""A person in rejected events: the bytes are kept as they came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.collect.models import RejectedEvent
from banso_web.core.bulk import update_rows
from banso_web.core.personal import Whom
from banso_web.core.registry import PersonalField

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def _scrubbed(whom: Whom, body: str) -> str:
    """The body without the person; one that is no JSON, or nested deeper than can be walked, as the text it is."""
    try:
        value = json.loads(body)
        cleaned = whom.scrub_json(value)
        return body if cleaned == value else json.dumps(cleaned, ensure_ascii=False)
    except (ValueError, RecursionError):
        plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), body)
        cleaned = whom.scrub(plain)
        return body if cleaned == plain else cleaned


def _rows(whom: Whom) -> Iterator[tuple[RejectedEvent, str]]:
    for row in RejectedEvent.objects.order_by("pk").iterator(chunk_size=2_000):
        cleaned = _scrubbed(whom, row.body)
        if cleaned != row.body:
            yield row, cleaned


def find(whom: Whom) -> Sequence[dict[str, Any]]:
    """Rejected events that name the person."""
    return [
        {"received_at": row.received_at.isoformat(), "reason": row.reason, "body": row.body}
        for row, _cleaned in _rows(whom)
    ]


def erase(whom: Whom) -> int:
    """The reason stays; what names the person does not."""
    rows = []
    for row, cleaned in _rows(whom):
        row.body = cleaned
        rows.append(row)
    return update_rows(RejectedEvent, ["body"], rows)


FIELDS = (PersonalField("rejected_events", _("受け付けなかったイベント"), find, erase),)
