"""Health's jobs. Each may be run twice or killed anywhere."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="long")
def keep_nightly() -> int:
    """Today, the ends of months, and the last month day by day: what was never computed and what late facts or another definition made
    stale. Gives how many days were computed."""
    from banso_web.health.actions.keeping import fill

    return fill(days=31)


@task(queue_name="long")
def keep_on() -> int:
    """Some more of the year before, every hour until it is whole."""
    from banso_web.health.actions.keeping import fill

    return fill(seconds=60)


@task(queue_name="long")
def keep_today() -> int:
    """Today alone, after an import: lists and pages follow at once, the past by the next night. Gives how many days were computed."""
    from banso_web.health.actions.keeping import fill

    return fill(most=1)


@task(queue_name="long")
def backtest(run_id: int) -> str:
    """A back-test that somebody asked for. Gives the state it ended in."""
    from banso_web.health.actions.backtesting import run_backtest

    return run_backtest(run_id).state
