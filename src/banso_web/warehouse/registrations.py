"""What warehouse says of itself when Django starts."""

from __future__ import annotations

from banso_web.core.periodic import Periodic
from banso_web.core.registry import registry
from banso_web.warehouse import retention
from banso_web.warehouse.jobs import count_shapes
from banso_web.warehouse.personal import FIELDS

registry.personal += FIELDS
registry.periodic.append(Periodic("warehouse.shapes", count_shapes.enqueue, every="hour"))
retention.declare_settings()
