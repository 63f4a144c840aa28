"""The audit log: who did what to what, with old and new values. Rows are only ever added."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models


class AuditRow(models.Model):
    """One change. `subject`/`subject_id` name the thing; `old` and `new` hold only the fields that changed."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=200)  # as it was then; "system" for jobs and commands
    via = models.CharField(max_length=10, default="page")  # page, api, command, job
    action = models.CharField(max_length=60)  # e.g. account.edit
    subject = models.CharField(max_length=30, default="")
    subject_id = models.BigIntegerField(null=True)
    subject_label = models.CharField(max_length=300, default="")
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    reason = models.TextField(default="")
    entry = models.ForeignKey("core.Entry", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["subject", "subject_id", "-id"], name="audit_subject")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise TypeError("An audit row is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("An audit row is never deleted.")
