"""What touch says of itself when Django starts."""

from __future__ import annotations

from banso_web.core.registry import TimelineSource, registry
from banso_web.revenue.reads.renewals import contact_marks, contact_sources
from banso_web.touch import imports as imports
from banso_web.touch.metrics import register_all
from banso_web.touch.projection import after_publish
from banso_web.touch.reads import last_touches, ticket_entries, touch_entries, touch_mark, touched_between
from banso_web.usage.reads.beside import touch_sources

register_all()
registry.timeline.append(TimelineSource("touch", touch_entries))
registry.timeline.append(TimelineSource("ticket", ticket_entries))
registry.after_publish.append(after_publish)
contact_sources.append(touched_between)
contact_marks[touched_between] = touch_mark
touch_sources.append(last_touches)
