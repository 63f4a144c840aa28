"""Money facts: movements (the only source of MRR), charges, invoices, rates, LTV inputs."""

from __future__ import annotations

from django.db import models

from banso_web.core.models.fact import Happening


class Movement(Happening):
    """A change of MRR. `delta_units` is 1/10,000 of the currency unit, rounded half up once at entry."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    contract = models.ForeignKey("accounts.Contract", null=True, on_delete=models.PROTECT, related_name="+")
    product = models.CharField(max_length=200, default="")
    effective_on = models.DateField()
    delta_units = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="JPY")
    cause = models.CharField(max_length=14, default="")
    reason = models.CharField(max_length=300, default="")
    note = models.TextField(default="")
    derived = models.BooleanField(
        default=False
    )  # made from contracts; supplied movements of a contract replace these

    class Meta:
        indexes = [
            models.Index(fields=["account", "-effective_on"], name="movement_account"),
            models.Index(fields=["effective_on"], name="movement_day"),
            models.Index(fields=["entry"], name="movement_entry"),
            models.Index(fields=["code"], name="movement_code"),
            models.Index(fields=["contract"], name="movement_contract"),
        ]


class Charge(Happening):
    """One-off money: 初期費用, スポット, 従量. Never MRR."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    currency = models.CharField(max_length=3, default="JPY")
    kind = models.CharField(max_length=8)
    product = models.CharField(max_length=200, default="")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-on"], name="charge_account"),
            models.Index(fields=["code"], name="charge_code"),
            models.Index(fields=["entry"], name="charge_entry"),
        ]


class Invoice(Happening):
    """A bill and its payment."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    billed_on = models.DateField()
    due_on = models.DateField(null=True)
    paid_on = models.DateField(null=True)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    currency = models.CharField(max_length=3, default="JPY")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-billed_on"], name="invoice_account"),
            models.Index(fields=["code"], name="invoice_code"),
            models.Index(fields=["entry"], name="invoice_entry"),
        ]


class Rate(Happening):
    """A currency's rate to the reporting currency from a day on. `code` is currency:day."""

    currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=8)


class LtvInput(Happening):
    """An input of the LTV forms: gross_margin, acquisition_cost, retention_cost_yearly. `code` is segment:key:on."""

    segment = models.CharField(max_length=100, default="")
    key = models.CharField(max_length=30)
    value = models.DecimalField(max_digits=20, decimal_places=6)
    source = models.CharField(max_length=300)
    on = models.DateField()
