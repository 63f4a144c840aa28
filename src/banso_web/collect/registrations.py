"""What collect says of itself when Django starts."""

from __future__ import annotations

from banso_web.collect.personal import FIELDS
from banso_web.core.registry import registry

registry.personal += FIELDS
