"""Daily usage as files bring it. Events have their own store and never become rows here."""

from __future__ import annotations

from django.db import models

from banso_web.core.models.fact import Happening


class UsageDaily(Happening):
    """One account, day, product, department and feature. `code` is made of those five."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    product = models.CharField(max_length=200, default="")
    department = models.CharField(max_length=200, default="")
    feature = models.CharField(max_length=200)
    users = models.IntegerField()
    events = models.IntegerField(null=True)
    seats = models.IntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-day"], name="usage_account"),
            models.Index(fields=["code"], name="usage_code"),
            models.Index(fields=["entry"], name="usage_entry"),
        ]
