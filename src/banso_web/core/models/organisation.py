"""What the organisation sets for itself, and small rows every page shares."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Setting(models.Model):
    """One versioned setting: the row with the latest id for a key is the current one."""

    key = models.CharField(max_length=80, db_index=True)
    value = models.JSONField()
    effective_on = models.DateField(null=True)
    set_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Closure(models.Model):
    """A day on which the company is closed, beside the national holidays."""

    on = models.DateField(unique=True)
    name = models.CharField(max_length=100, default="")


class SavedView(models.Model):
    """A list's filters, columns and order under a name; shared ones are seen by everybody."""

    page = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.JSONField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "name", "owner"], name="one_view_name")]


class PeriodicRun(models.Model):
    """A periodic job's run: the unique key makes it happen once a period, whoever enqueues it."""

    key = models.CharField(max_length=120, unique=True)  # e.g. nightly:2026-11-24
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
