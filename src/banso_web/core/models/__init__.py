from banso_web.core.models.audit import AuditRow
from banso_web.core.models.entry import Entry, Watermark
from banso_web.core.models.fact import Happening, Known, StateVersion
from banso_web.core.models.organisation import Closure, PeriodicRun, SavedView, Setting
from banso_web.core.models.request import PersonalRequest
from banso_web.core.models.shared import SharedCount

__all__ = [
    "AuditRow",
    "Closure",
    "Entry",
    "Happening",
    "Known",
    "PeriodicRun",
    "PersonalRequest",
    "SavedView",
    "Setting",
    "SharedCount",
    "StateVersion",
    "Watermark",
]
