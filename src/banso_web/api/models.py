"""Answers kept for a day, so that a request sent twice is carried out once."""

from __future__ import annotations

from django.db import models


class KeptAnswer(models.Model):
    """What a POST or PATCH with an Idempotency-Key was answered. `status` is empty while it is being carried out.

    `holder` is whose key it is ("key:3" an API key, "member:7" a session): two callers may choose the same key.
    """

    holder = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, address and body
    status = models.SmallIntegerField(null=True)
    body = models.TextField(default="")
    headers = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["holder", "key"], name="one_answer_per_key")]
