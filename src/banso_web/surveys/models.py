"""Survey answers: CSAT, NPS, CES and the organisation's own instruments."""

from __future__ import annotations

from django.db import models

from banso_web.core.models.fact import Happening


class Response(Happening):
    """One request and its answer; `answered_on` empty: no answer (which is a fact too)."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey("accounts.Contact", null=True, on_delete=models.PROTECT, related_name="+")
    instrument = models.CharField(max_length=60)
    score = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    sent_on = models.DateField(null=True)
    answered_on = models.DateField(null=True)
    comment = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-sent_on"], name="response_account"),
            models.Index(fields=["code"], name="response_code"),
            models.Index(fields=["entry"], name="response_entry"),
        ]
