"""Customers: accounts, departments, contacts, contracts, merges. Current rows; their history is `core.StateVersion`."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from banso_web.core.models.fact import StateRow


class Excluded(models.TextChoices):
    """除外区分: such accounts leave every metric and are listed."""

    OWN = "own", _("自社")
    TEST = "test", _("検証")
    TRIAL = "trial", _("無償トライアル")
    POC = "poc", _("PoC")
    LOAN = "loan", _("貸出")


LISTED = models.Q(live=True, merged_into=None)


class Account(StateRow):
    """A customer company as of today. `code` is account_id. Figures (`mrr_units`, …) are written by upper apps through
    `accounts.actions.set_figures` so that lists sort and filter on one table."""

    STATE = "account"
    STATE_FIELDS = (
        "name", "kana", "corporate_number", "industry", "segment", "employees", "prefecture", "fiscal_month",
        "budget_month", "parent_id", "touch", "community", "owner_id", "deputy_id", "started_on", "excluded",
        "success_definition",
    )  # fmt: skip

    name = models.CharField(max_length=300)
    kana = models.CharField(max_length=300, default="")
    corporate_number = models.CharField(max_length=13, default="", db_index=True)
    industry = models.CharField(max_length=100, default="")
    segment = models.CharField(max_length=100, default="")
    employees = models.IntegerField(null=True)
    prefecture = models.CharField(max_length=20, default="")
    fiscal_month = models.SmallIntegerField(null=True)
    budget_month = models.SmallIntegerField(null=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    touch = models.CharField(max_length=30, default="")  # high;low;tech
    community = models.BooleanField(default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="owned"
    )
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="deputised"
    )
    started_on = models.DateField(null=True)
    excluded = models.CharField(max_length=5, choices=Excluded, default="", blank=True)
    success_definition = models.TextField(default="")
    incomplete = models.BooleanField(default=False)  # known only from another file: 未整備
    # No index of its own on "merged into nobody": it is true of nearly everyone, and a planner would follow it.
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="merged", db_index=False
    )

    # Keys made from the text, by banso.names.
    sort_key = models.CharField(max_length=400, default="")
    search_key = models.TextField(default="")  # width-, case- and kana-blind name, kana, code
    core_key = models.CharField(max_length=300, default="")

    # Figures of today, projected (units: 1/10,000 of the reporting currency).
    mrr_units = models.BigIntegerField(default=0)
    # MRR in currencies without a rate, in words (USD 1,200.00): then mrr_units is unknown, and 0 only for sorting.
    mrr_unrated = models.CharField(max_length=200, default="")
    renewal_on = models.DateField(null=True)  # the next end of a contract in force
    last_touch_on = models.DateField(null=True)
    figures_on = models.DateField(null=True)

    class Meta:
        indexes = [
            # Lists read customers who are live and merged into nobody. Both stand in the condition: a bare boolean in
            # a WHERE is no equality to SQLite, so an index that begins with it would never be entered.
            models.Index(fields=["sort_key", "id"], condition=LISTED, name="account_by_name"),
            models.Index(fields=["-mrr_units", "-id"], condition=LISTED, name="account_by_mrr"),
            models.Index(fields=["renewal_on", "id"], condition=LISTED, name="account_by_renewal"),
            models.Index(fields=["last_touch_on", "id"], condition=LISTED, name="account_by_touch"),
            models.Index(fields=["owner", "sort_key", "id"], condition=LISTED, name="account_by_owner"),
            # A segment has a third of the customers: sorting them would cost more than the page.
            models.Index(fields=["segment", "sort_key", "id"], condition=LISTED, name="account_by_segment"),
            models.Index(
                fields=["segment", "-mrr_units", "-id"], condition=LISTED, name="account_segment_mrr"
            ),
            models.Index(
                fields=["segment", "renewal_on", "id"], condition=LISTED, name="account_segment_renewal"
            ),
            models.Index(fields=["core_key"], name="account_core_key"),
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="account_merged"
            ),
            models.Index(
                fields=["-mrr_units", "-id"],
                condition=LISTED & models.Q(incomplete=True),
                name="account_incomplete",
            ),
            models.Index(
                fields=["-mrr_units", "-id"],
                condition=LISTED & ~models.Q(excluded=""),
                name="account_left_out",
            ),
        ]


class AccountKey(models.Model):
    """An identifier of an account in a source (CRM id, customer code…)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="keys")
    source = models.CharField(max_length=40, default="file")
    external_id = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="one_account_per_key")]


class Department(models.Model):
    """利用部署 of a customer; made on first mention."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="departments")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_department_name")]


class Contact(StateRow):
    """先方担当者. Personal data: see docs/personal-data."""

    STATE = "contact"
    STATE_FIELDS = (
        "family_name", "given_name", "family_kana", "given_kana", "department_id", "title", "roles", "email", "phone",
        "status", "left_on", "consent_basis", "consent_on",
    )  # fmt: skip

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts")
    family_name = models.CharField(max_length=100)
    given_name = models.CharField(max_length=100, default="")
    family_kana = models.CharField(max_length=100, default="")
    given_kana = models.CharField(max_length=100, default="")
    department = models.ForeignKey(Department, null=True, on_delete=models.SET_NULL, related_name="contacts")
    title = models.CharField(max_length=100, default="")
    roles = models.CharField(max_length=120, default="")  # decision_maker;champion;…
    email = models.CharField(max_length=254, default="")
    phone = models.CharField(max_length=40, default="")
    status = models.CharField(max_length=6, default="active")
    left_on = models.DateField(null=True)
    consent_basis = models.CharField(max_length=8, default="")
    consent_on = models.DateField(null=True)
    search_key = models.TextField(default="")
    erased = models.BooleanField(default=False)


class Contract(StateRow):
    """A contract as of today. MRR stands in movements only; `stated_units` is what the file said."""

    STATE = "contract"
    STATE_FIELDS = (
        "product", "plan", "seats", "seat_unit", "starts_on", "ends_on", "stated_units", "currency", "signed_on",
        "notified_on", "ended_on", "end_reason", "auto_renew", "renewal_months", "notice_kind", "notice_value",
        "notice_deadline", "user_company_id", "bill_to_id", "dealer_id", "missing_since",
    )  # fmt: skip

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contracts")  # 契約先
    product = models.CharField(max_length=200, default="")
    plan = models.CharField(max_length=200, default="")
    seats = models.IntegerField(null=True)
    seat_unit = models.CharField(max_length=20, default="")
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True, db_index=True)  # last day of service
    stated_units = models.BigIntegerField(null=True)  # monthly, 1/10,000 of the currency unit
    currency = models.CharField(max_length=3, default="JPY")
    signed_on = models.DateField(null=True)
    notified_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=300, default="")
    auto_renew = models.BooleanField(null=True)
    renewal_months = models.IntegerField(null=True)
    notice_kind = models.CharField(max_length=24, default="")
    notice_value = models.IntegerField(null=True)
    notice_deadline = models.DateField(null=True)
    user_company = models.ForeignKey(
        Account, null=True, on_delete=models.SET_NULL, related_name="used_contracts"
    )
    bill_to = models.ForeignKey(
        Account, null=True, on_delete=models.SET_NULL, related_name="billed_contracts"
    )
    dealer = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="dealt_contracts")
    missing_since = models.DateField(
        null=True
    )  # somebody saw that the ledger no longer holds it; no end by itself
    incomplete = models.BooleanField(default=False)  # known only from its movements: 未整備


class Merge(models.Model):
    """A person's decision that two accounts are one company (or are not). Dated, undoable; facts keep their account."""

    class Decision(models.TextChoices):
        SAME = "same"
        DIFFERENT = "different"

    kept = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    decision = models.CharField(max_length=9, choices=Decision)
    reasons = models.JSONField(default=list)
    entry = models.ForeignKey("core.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["kept", "other"], name="merge_pair")]
