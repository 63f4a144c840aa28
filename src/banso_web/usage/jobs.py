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


@task(queue_name="long")
def detect_asked(day: str, member_id: int) -> int:
    """再計算 that somebody asked for on the page, where there are too many customers to wait for."""
    from datetime import date

    from django.contrib.auth import get_user_model

    from banso_web.core import audit
    from banso_web.usage.actions import detect

    with audit.through("page"):  # whose deed it is, and by which door it was asked for
        actor = get_user_model().objects.get(pk=member_id)
        return detect(date.fromisoformat(day), actor=actor).written
