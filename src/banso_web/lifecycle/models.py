"""Tasks, renewals, goals and onboarding as files bring them; the work on them comes with the lifecycle."""

from __future__ import annotations

from django.db import models

from banso_web.core.models.fact import Happening

HEARING = "hearing:"  # how the codes of 能動ヒアリング begin


class Task(Happening):
    """One thing to do for a customer."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=300)
    owner = models.CharField(max_length=200, default="")
    due_on = models.DateField(null=True)
    state = models.CharField(max_length=20, default="open")

    class Meta:
        indexes = [
            models.Index(fields=["account", "due_on"], name="task_account"),
            models.Index(fields=["code"], name="task_code"),
        ]


class Renewal(Happening):
    """The renewal sheet's line of one contract. `code` is the contract's."""

    contract = models.ForeignKey("accounts.Contract", on_delete=models.PROTECT, related_name="+")
    forecast = models.CharField(max_length=60, default="")
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    next_action = models.CharField(max_length=500, default="")
    note = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["contract"], name="renewal_contract"),
            models.Index(fields=["code"], name="renewal_code"),
        ]


class Goal(Happening):
    """A success metric agreed with the customer."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=200, default="")
    baseline = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    target = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    due_on = models.DateField(null=True)
    agreed_on = models.DateField(null=True)
    approver = models.CharField(max_length=200, default="")

    class Meta:
        indexes = [
            models.Index(fields=["account"], name="goal_account"),
            models.Index(fields=["code"], name="goal_code"),
        ]


class Onboarding(Happening):
    """An onboarding project. `code` is account:template:started_on."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    template = models.CharField(max_length=200, default="")
    started_on = models.DateField()
    completed_on = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account"], name="onboarding_account"),
            models.Index(fields=["code"], name="onboarding_code"),
        ]
