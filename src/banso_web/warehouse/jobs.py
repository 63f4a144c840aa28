"""Warehouse's job. It may be run twice or killed anywhere."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="long")
def count_shapes() -> int:
    """Every hour: the days whose events changed are counted anew. Gives how many days."""
    from banso_web.warehouse.shapes import count_days

    return count_days()
