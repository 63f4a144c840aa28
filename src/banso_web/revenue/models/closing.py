"""月次締め: a month's reported figures, frozen with the watermark they stand on."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Closing(models.Model):
    """One closing of a month. 速報 (flash) may be followed by 確報 (final); re-opening keeps the row and says why."""

    class Kind(models.TextChoices):
        FLASH = "flash"
        FINAL = "final"

    month = models.DateField()  # first day
    kind = models.CharField(max_length=5, choices=Kind)
    watermark = models.BigIntegerField()
    definitions = models.JSONField()  # metric key -> version
    rules = models.JSONField()  # counting rules in force
    values = models.JSONField()  # frozen waterfall, rates, parts
    comment = models.TextField()
    red_comments = models.JSONField(default=dict)  # metric key -> comment
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reopen_reason = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["month", "-id"], name="closing_month")]


class ClosingRow(models.Model):
    """A frozen row of a closing: one customer's line of the waterfall, an exclusion, a pending renewal that was signed."""

    closing = models.ForeignKey(Closing, on_delete=models.CASCADE, related_name="rows")
    part = models.CharField(max_length=20)  # expansion, churn, …, excluded, pending_renewal
    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    payload = models.JSONField()


class Bridge(models.Model):
    """One line of the bridge from the closed MRR to the accounts' MRR (計上月, 日割, 無償, 更新遅延, 税, 為替)."""

    closing = models.ForeignKey(Closing, on_delete=models.CASCADE, related_name="bridge")
    kind = models.CharField(max_length=20)
    amount_units = models.BigIntegerField()
    note = models.CharField(max_length=300, default="")
