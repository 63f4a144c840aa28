"""Targets of the KGI/KPI board as files bring them."""

from __future__ import annotations

from banso_web.core.imports import Field, HappeningHandler
from banso_web.core.registry import registry
from banso_web.reports.models import Target


class TargetsHandler(HappeningHandler[Target]):
    def __init__(self) -> None:
        super().__init__(
            key="targets",
            model=Target,
            identity=("metric", "scope", "period"),
            on="",
            fields=(
                Field("metric"),
                Field("scope"),
                Field("period", blank="month"),
                Field("op"),
                Field("value", blank=None),
                Field("owner"),
            ),
        )


registry.file_handlers["targets"] = TargetsHandler
