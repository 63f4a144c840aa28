"""The desk's daily work on personal data. Safe to run twice, killed anywhere and run again."""

from __future__ import annotations

from django_tasks import task

from banso_web.core import audit


@task(queue_name="long")
def keep_forgetting() -> dict[str, int]:
    """Delete what is past its retention, and finish erasures that a crash or a restore left undone."""
    from banso_web.accounts.actions.erasure import replay_erasures
    from banso_web.core.retention import apply_all

    with audit.through("job"):
        return {**apply_all(), "erased_again": replay_erasures()}
