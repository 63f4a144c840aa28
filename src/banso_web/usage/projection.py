"""Writing the definitions of today into their rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from banso_web.accounts.projection import fill
from banso_web.core.facts import register_projection
from banso_web.core.models.fact import StateRow
from banso_web.usage.models import Feature, OwnMetric


def _projected(model: type[StateRow]) -> Callable[[Sequence[int], dict[int, dict[str, Any]]], None]:
    def project(ids: Sequence[int], values: dict[int, dict[str, Any]]) -> None:
        for row in model._default_manager.filter(pk__in=ids):
            fill(row, values.get(row.pk))
            row.save()

    return project


for _model in (Feature, OwnMetric):
    register_projection(_model.STATE, _model, _projected(_model))
