"""お客様の声 as it was heard."""

from __future__ import annotations

from django.db import models

from banso_web.core.models.fact import Happening


class Voice(Happening):
    """One voice: 原文, 事実 and 解釈 stand apart."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    channel = models.CharField(max_length=20)
    role = models.CharField(max_length=14, default="")
    contract_state = models.CharField(max_length=7, default="")
    verbatim = models.TextField()
    fact = models.TextField(default="")
    interpretation = models.TextField(default="")
    polarity = models.CharField(max_length=10, default="")
    themes = models.CharField(max_length=500, default="")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-on"], name="voice_account"),
            models.Index(fields=["code"], name="voice_code"),
            models.Index(fields=["entry"], name="voice_entry"),
        ]
