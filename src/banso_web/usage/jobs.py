"""Usage's jobs. Each may be run twice or killed anywhere."""

from __future__ import annotations

from django_tasks import task


@task(queue_name="long")
def detect_today() -> int:
    """The morning's look at every customer's use, on business days. Gives how many verdicts were written."""
    from banso_web.core import clock
    from banso_web.core.reads.calendar import calendar
    from banso_web.usage.actions import detect, see

    day = clock.today()
    if not calendar().is_business_day(day):
        return 0
    see()
    return detect(day, actor=None).written


@task(queue_name="long")
def see_ids() -> int:
    """What new events say of unknown users and groups. Gives how many weeks were read."""
    from banso_web.usage.actions import see

    return see()


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


@task(queue_name="long")
def keep_all() -> int:
    """All of history of every definition: what is new, what late data or another definition changed, what a cut-off filling left.
    Gives how many days were counted."""
    from banso_web.core import clock
    from banso_web.core.facts import Asked, current_watermark
    from banso_web.usage.actions.keeping import fill
    from banso_web.usage.reads.own import all_defined

    today = clock.today()
    return sum(fill(one) for one in all_defined(Asked(today, today, current_watermark())))
