"""Writing and reading facts: entries, what counts at a watermark, and dated states."""

from banso_web.core.facts.asked import Asked
from banso_web.core.facts.entries import (
    current_watermark,
    hold_watermark,
    new_entry,
    open_entry,
    publish,
    void,
)
from banso_web.core.facts.happenings import counted
from banso_web.core.facts.kinds import FactKind
from banso_web.core.facts.memo import Memo, forget_all, last_change
from banso_web.core.facts.states import history, project, register_projection, states_at, write_state
from banso_web.core.facts.timeline import Timeline, timelines

__all__ = [
    "Asked",
    "FactKind",
    "Memo",
    "Timeline",
    "counted",
    "current_watermark",
    "forget_all",
    "history",
    "hold_watermark",
    "last_change",
    "new_entry",
    "open_entry",
    "project",
    "publish",
    "register_projection",
    "states_at",
    "timelines",
    "void",
    "write_state",
]
