"""Writing the scorecards of today into their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from banso_web.accounts.projection import fill
from banso_web.core.facts import register_projection
from banso_web.health.models import Card


def _project(ids: Sequence[int], values: dict[int, dict[str, Any]]) -> None:
    for row in Card.objects.filter(pk__in=ids):
        fill(row, values.get(row.pk))
        row.save()


register_projection(Card.STATE, Card, _project)
