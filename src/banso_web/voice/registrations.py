"""What voice says of itself when Django starts."""

from __future__ import annotations

from banso_web.core.registry import CustomerPart, TimelineSource, registry
from banso_web.voice import imports as imports
from banso_web.voice.reads import voice_block, voice_entries

registry.timeline.append(TimelineSource("voice", voice_entries))
registry.customer_parts.append(CustomerPart("voices", 80, "voice/_voices.html", voice_block))
