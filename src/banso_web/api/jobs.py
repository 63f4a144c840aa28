"""Kept answers of Idempotency-Key go after a day."""

from __future__ import annotations

from django_tasks import task

from banso_web.api.idempotency import purge


@task()
def purge_kept_answers() -> int:
    """Drop answers older than a day; safe to run twice."""
    return purge()
