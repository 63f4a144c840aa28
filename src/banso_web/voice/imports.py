"""お客様の声 as files bring them."""

from __future__ import annotations

from banso_web.core.facts import FactKind
from banso_web.core.imports import Field, HappeningHandler
from banso_web.core.registry import registry
from banso_web.voice.models import Voice


class VoicesHandler(HappeningHandler[Voice]):
    def __init__(self) -> None:
        texts = (
            "channel", "role", "contract_state", "verbatim", "fact", "interpretation", "polarity", "themes",
        )  # fmt: skip
        super().__init__(
            key="voices",
            model=Voice,
            identity=("voice_id",),
            on="on",
            fields=(
                Field("account_id", reference="accounts"),
                Field("on", blank=None),
                *(Field(name) for name in texts),
            ),
        )


registry.file_handlers["voices"] = VoicesHandler
registry.facts["voices"] = FactKind("voices", "voice", Voice, since=("on",), own=True)
