"""Contacts with the customer: touches, and tickets."""

from __future__ import annotations

from django.db import models

from banso_web.core.models.fact import Happening


class Touch(Happening):
    """One touchpoint. `initiative` empty: not stated."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10)
    initiative = models.CharField(max_length=10, default="")
    member = models.CharField(max_length=200, default="")
    contacts = models.CharField(max_length=500, default="")
    subject = models.CharField(max_length=300, default="")
    note = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-at"], name="touch_account"),
            models.Index(fields=["at"], name="touch_at"),
            models.Index(fields=["code"], name="touch_code"),
            models.Index(fields=["entry"], name="touch_entry"),
        ]


class Ticket(Happening):
    """An inquiry, as known when it was recorded; later steps come as newer rows of the same code."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    first_reply_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    category = models.CharField(max_length=200, default="")
    priority = models.CharField(max_length=6, default="")
    severity = models.CharField(max_length=9, default="")
    subject = models.CharField(max_length=500, default="")
    minutes = models.IntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-opened_at"], name="ticket_account"),
            models.Index(fields=["code"], name="ticket_code"),
            models.Index(fields=["entry"], name="ticket_entry"),
        ]
