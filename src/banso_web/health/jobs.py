"""Health's jobs. Each may be run twice or killed anywhere."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="long")
def keep_all() -> int:
    """Today, days that late facts or another definition made stale, and whatever of history was never computed. Gives how many days
    were computed."""
    from banso_web.health.actions.keeping import fill

    return fill()


@task(queue_name="long")
def keep_today() -> int:
    """Today alone, after an import: lists and pages follow at once, the past by the next night. Gives how many days were computed."""
    from banso_web.health.actions.keeping import fill

    return fill(most=1)
