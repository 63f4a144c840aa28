"""Revenue's jobs. Each may be run twice or killed anywhere: it finds out itself what is left to do."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="long")
def refresh_all() -> int:
    """Every account's figures of today: movements that become effective, ends that pass."""
    from banso_web.revenue.actions.figures import refresh_figures

    return refresh_figures()


@task(queue_name="long")
def fill_values() -> int:
    """Today's stored values of every scope, and days that late facts made stale."""
    from banso_web.revenue.actions.values import fill_nightly

    return fill_nightly()


@task(queue_name="long")
def fill_company() -> int:
    """The company's values of today, after an import: the first reader finds them."""
    from banso_web.revenue.actions.values import fill_today

    return fill_today()
