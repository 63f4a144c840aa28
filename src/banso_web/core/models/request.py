"""個人情報の請求: what a person asked about their own data, and what was done."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PersonalRequest(models.Model):
    """One request of one person. It is never deleted; who asked is taken out when the person is erased.

    `contact_id` is the contact it is about, where Banso knows them (0: not found yet, or nobody here).
    """

    class Kind(models.TextChoices):
        DISCLOSE = "disclose", _("開示")
        CORRECT = "correct", _("訂正・追加・削除")
        SUSPEND = "suspend", _("利用停止・第三者提供の停止")
        ERASE = "erase", _("消去")

    class Outcome(models.TextChoices):
        DONE = "done", _("応じた")
        PARTLY = "partly", _("一部に応じた")
        REFUSED = "refused", _("応じなかった")
        WITHDRAWN = "withdrawn", _("本人が取り下げた")

    received_on = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    person = models.CharField(max_length=200)  # as they named themselves
    contact_id = models.BigIntegerField(default=0, db_index=True)
    due_on = models.DateField()
    identity = models.CharField(max_length=300, default="", blank=True)  # how it was made sure who asks
    identity_on = models.DateField(null=True)
    done = models.TextField(default="", blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default="", blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["closed_at", "due_on"], name="personal_request_open")]
