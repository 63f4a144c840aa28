"""Runs whose process was cut off: nothing has moved for a while by the machine's own clock. They are seen and go on."""

from __future__ import annotations

import time

from django.db.models import Q
from django.utils import translation

from banso_web.ingest import jobs, undoing
from banso_web.ingest.models import ImportRun
from banso_web.ingest.reads import STILL_AFTER, stalled, state_key

LIVING_AFTER = 120  # seconds: beside a living worker a long silence is more often a long step than an end
MOST = 3  # so often a run is taken up by itself; then a person has to look
State = ImportRun.State


def stalled_runs(after: float = STILL_AFTER) -> list[ImportRun]:
    """Runs that are at work by their state and have not moved for so many seconds, oldest first."""
    now = time.time()
    working = Q(state__in=(State.UPLOADED, State.CHECKING, State.READY, State.WRITING))
    runs = ImportRun.objects.filter(working | Q(options__queued__deed="undo"))
    return [run for run in runs.select_related("made_by").order_by("pk") if stalled(run, now, after)]


def resume_stalled(after: float = STILL_AFTER) -> list[int]:
    """Queue what was cut off, so that it goes on where its last commit was. Those that failed wait for a person.

    Safe beside a process that still works on the run: it holds the run's turn, and a finished run is not touched.
    """
    taken = []
    for run in stalled_runs(after):
        times = int(run.options.get("taken_up", 0))
        if run.failure or times >= MOST:
            continue
        run.options["taken_up"] = times + 1
        queued = run.options.get("queued", {})
        taken.append(run.pk)
        if undoing.is_asked(run):
            jobs.queue_undo(run, queued)
            continue
        deed = "check" if state_key(run) in ("queued", "checking") else "write"
        with translation.override(str(queued.get("language") or "ja")):
            jobs.queue(run, deed, actor=run.made_by, accept_rejects=bool(queued.get("accept_rejects")))
    return taken
