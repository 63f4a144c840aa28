"""Current rows that fell behind: entries whose projection was cut off, and versions whose day has come."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Q

from banso_web.core import clock
from banso_web.core.facts.entries import current_watermark
from banso_web.core.facts.happenings import effective
from banso_web.core.facts.states import project, project_entry
from banso_web.core.models import Entry, PeriodicRun, StateVersion
from banso_web.core.registry import registry

REACH = 7  # days back that the nightly look goes, so that nights on which a run failed are made up for
FOLLOWS = "core.follow_the_day"  # the nightly look's name among the periodic jobs


def mend_entries() -> int:
    """Finish the projection of every published or voided entry that a crash left behind; gives how many."""
    left = list(Entry.objects.filter(projected=False).exclude(seq=None).order_by("seq"))
    for entry in left:
        project_entry(entry)
        for hook in registry.after_publish:
            hook(entry.pk)
    return len(left)


def turn_of_day() -> int:
    """Project the subjects one of whose versions begins or ends today (or since the last look, however long Banso stood
    still or how old the backup was that it came from); gives how many."""
    today = clock.today()
    since = _last_look(today) - timedelta(days=REACH)
    turns = Q(valid_from__gt=since, valid_from__lte=today) | Q(valid_to__gt=since, valid_to__lte=today)
    rows = StateVersion.objects.filter(effective(current_watermark()) & turns)
    subjects: dict[str, set[int]] = defaultdict(set)
    for subject, subject_id in rows.values_list("subject", "subject_id").distinct():
        subjects[subject].add(subject_id)
    for subject, ids in subjects.items():
        project(subject, ids)
    return sum(len(ids) for ids in subjects.values())


def _last_look(today: date) -> date:
    """The last day before today on which the nightly look was due and somebody was there to begin it; today if never."""
    runs = PeriodicRun.objects.filter(key__startswith=f"{FOLLOWS}:", key__lt=f"{FOLLOWS}:{today.isoformat()}")
    latest = runs.order_by("-key").values_list("key", flat=True).first()
    return date.fromisoformat(latest.removeprefix(f"{FOLLOWS}:")) if latest else today
