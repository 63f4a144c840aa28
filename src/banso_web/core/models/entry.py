"""Entries: every change of facts belongs to one, and an entry's number is the watermark."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Watermark(models.Model):
    """One row (id 1): the last number given. It is raised inside the publishing transaction, so numbers follow commits."""

    seq = models.BigIntegerField(default=0)


class Entry(models.Model):
    """One act of writing facts: an import, or one action of a person or a job.

    Rows point at their entry. An entry without `seq` is unpublished and invisible; publishing is one UPDATE of this
    row. `voided_seq` is the watermark from which the whole entry no longer counts (undo).
    """

    class Kind(models.TextChoices):
        IMPORT = "import"
        ACTION = "action"
        SAMPLE = "sample"

    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(max_length=200, default="")
    reason = models.TextField(default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    seq = models.BigIntegerField(null=True, unique=True)
    entered_at = models.DateTimeField(null=True)
    voided_seq = models.BigIntegerField(null=True, unique=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    void_reason = models.TextField(default="")
    projected = models.BooleanField(
        default=False
    )  # current rows follow the versions; False: the projection is due

    class Meta:
        indexes = [
            models.Index(fields=["projected"], condition=models.Q(projected=False), name="entry_unprojected")
        ]
