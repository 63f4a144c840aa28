from banso_web.core.models.audit import AuditRow
from banso_web.core.models.entry import Entry, Watermark
from banso_web.core.models.fact import Happening, Known, StateVersion
from banso_web.core.models.organisation import Closure, PeriodicRun, SavedView, Setting

__all__ = [
    "AuditRow",
    "Closure",
    "Entry",
    "Happening",
    "Known",
    "PeriodicRun",
    "SavedView",
    "Setting",
    "StateVersion",
    "Watermark",
]
