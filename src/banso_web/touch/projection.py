"""Keeping the customers' last touch in step with what was imported or undone."""

from __future__ import annotations

from banso_web.accounts.actions.touched import set_last_touch
from banso_web.accounts.counting import families, merged_by
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.touch.models import Touch
from banso_web.touch.reads import last_touches


def refresh_last_touches(account_ids: set[int]) -> int:
    """Write today's last touch of these customers."""
    if not account_ids:
        return 0
    today = clock.today()
    found = last_touches(Asked(as_of=today, today=today, watermark=current_watermark()), account_ids)
    return set_last_touch({key: found.get(key) for key in account_ids})


def after_publish(entry_id: int) -> None:
    """The hook after every import and undo."""
    rows = Touch.objects.filter(entry_id=entry_id).order_by()
    touched = set(rows.values_list("account_id", flat=True).distinct()) | merged_by(entry_id)
    refresh_last_touches(touched | set(families(touched).values()))
