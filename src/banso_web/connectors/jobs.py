"""Reading tables in the worker. Each job may be run twice or killed anywhere: the position says what is left."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import transaction
from django_tasks import task

from banso_web.connectors.actions import next_due
from banso_web.connectors.models import TableRead
from banso_web.connectors.reading import read
from banso_web.core import audit, clock
from banso_web.core.errors import Conflict


@task(queue_name="long")
def read_table(table_id: int, member_id: int | None = None) -> int:
    """Read what is new in a table, and go on in another job where that was more than one read takes. Gives the rows."""
    table = TableRead.objects.select_related("source").filter(pk=table_id, source__closed_at=None).first()
    if table is None or not table.cursor:
        return 0
    by = get_user_model().objects.filter(pk=member_id).first() if member_id else None
    with audit.through("job"):
        try:
            run = read(table, by=by)
        except Conflict:
            return 0  # another read is at it
    if run.more:
        read_table.enqueue(table_id)
    return run.rows


def enqueue_due() -> int:
    """Put reads that are due into the queue, once each, whoever asks; how many. The scheduler calls it every minute."""
    moment, queued = clock.machine(), 0
    due = TableRead.objects.filter(due_at__lte=moment, source__closed_at=None)
    for table in due:
        with transaction.atomic():
            mine = TableRead.objects.filter(pk=table.pk, due_at=table.due_at)
            if mine.update(due_at=next_due(table.every, moment)):
                read_table.enqueue(table.pk)
                queued += 1
    return queued
