"""Jobs of the facts themselves. Each may be run twice or killed anywhere."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="long")
def mend_projections() -> int:
    """Entries whose current rows were left behind by a crash."""
    from banso_web.core.facts.mending import mend_entries

    return mend_entries()


@task(queue_name="long")
def follow_the_day() -> int:
    """Dated changes whose day has come."""
    from banso_web.core.facts.mending import turn_of_day

    return turn_of_day()
