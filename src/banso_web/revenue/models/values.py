"""Computed values and which days of them are done."""

from __future__ import annotations

from django.db import models


class MetricValue(models.Model):
    """A metric's value for one scope and day at one watermark, with everything needed to show it."""

    key = models.CharField(max_length=40)
    scope = models.CharField(max_length=120, default="")  # "" company, segment:…, team:…
    as_of = models.DateField()
    version = models.CharField(max_length=10)
    watermark = models.BigIntegerField()
    payload = models.JSONField()  # value, numerator, denominator, parts, n, interval, reason, notes
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "scope", "as_of", "version", "watermark"], name="one_metric_value"
            )
        ]


class Fill(models.Model):
    """Which days of a metric and scope are STARTED, DONE or STALE. A crash leaves STARTED; the next run fills again."""

    class State(models.TextChoices):
        STARTED = "started"
        DONE = "done"
        STALE = "stale"

    key = models.CharField(max_length=40)
    scope = models.CharField(max_length=120, default="")
    day = models.DateField()
    state = models.CharField(max_length=7, choices=State)
    watermark = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "scope", "day"], name="one_fill")]
