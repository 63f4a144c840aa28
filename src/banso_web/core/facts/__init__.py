"""Writing and reading facts: entries, what counts at a watermark, and dated states."""

from banso_web.core.facts.asked import Asked
from banso_web.core.facts.entries import current_watermark, new_entry, open_entry, publish, void
from banso_web.core.facts.happenings import counted
from banso_web.core.facts.states import history, project, register_projection, states_at, write_state

__all__ = [
    "Asked",
    "counted",
    "current_watermark",
    "history",
    "new_entry",
    "open_entry",
    "project",
    "publish",
    "register_projection",
    "states_at",
    "void",
    "write_state",
]
