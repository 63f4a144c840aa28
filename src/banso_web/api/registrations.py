"""What the API registers at start-up."""

from __future__ import annotations

from banso_web.api import personal
from banso_web.api.jobs import purge_kept_answers
from banso_web.core.periodic import Periodic
from banso_web.core.registry import registry

registry.periodic.append(Periodic("api.kept_answers", purge_kept_answers.enqueue, every="hour"))
registry.personal += personal.FIELDS
