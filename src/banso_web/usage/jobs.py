"""Usage's job. It may be run twice or killed anywhere."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="long")
def detect_today() -> int:
    """The morning's look at every customer's use, on business days. Gives how many verdicts were written."""
    from banso_web.core import clock
    from banso_web.core.reads.calendar import calendar
    from banso_web.usage.actions import detect

    day = clock.today()
    if not calendar().is_business_day(day):
        return 0
    return detect(day, actor=None).written
