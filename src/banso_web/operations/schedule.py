"""The scheduler: enqueues each periodic job once a period (Japan's days), whoever asks and however often."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import IntegrityError, transaction

from banso_web.core import clock
from banso_web.core.models import PeriodicRun
from banso_web.core.periodic import Periodic
from banso_web.core.registry import registry
from banso_web.operations import nightly

registry.periodic.append(nightly.PERIODIC)


def due() -> list[Periodic]:
    """Claim and return the jobs whose period has not been claimed: the unique key decides between schedulers."""
    claimed = []
    for job in registry.periodic:
        period = job.period()
        if period is None:
            continue
        try:
            with transaction.atomic():
                PeriodicRun.objects.create(key=f"{job.key}:{period}", started_at=clock.now())
                job.enqueue()  # a row written in the same transaction
        except IntegrityError:
            continue
        claimed.append(job)
    return claimed


def forget_old_runs() -> int:
    """Drop the marks of periods long past."""
    return PeriodicRun.objects.filter(started_at__lt=clock.now() - timedelta(days=400)).delete()[0]


def loop() -> None:
    """Look once at start and then every minute. What an earlier process left in the middle goes on by itself."""
    from banso_web.connectors.jobs import enqueue_due
    from banso_web.ingest.reads import STILL_AFTER
    from banso_web.ingest.stalled import LIVING_AFTER, resume_stalled

    after: float = STILL_AFTER
    while True:
        due()
        enqueue_due()
        resume_stalled(after)
        after = LIVING_AFTER
        time.sleep(60)
