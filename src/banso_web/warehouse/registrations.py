"""What warehouse says of itself when Django starts."""

from __future__ import annotations

from banso_web.core.registry import registry
from banso_web.warehouse.personal import FIELDS

registry.personal += FIELDS
