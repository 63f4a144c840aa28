"""Targets, owners and countermeasures of the KGI/KPI board; saved LTV scenarios."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from banso_web.core.models.fact import Happening


class Target(Happening):
    """A target of a metric. `code` is metric:scope:period. Inclusive: op is <= or >=."""

    metric = models.CharField(max_length=60)
    scope = models.CharField(max_length=120, default="")
    period = models.CharField(max_length=12, default="month")
    op = models.CharField(max_length=2)
    value = models.DecimalField(max_digits=20, decimal_places=6)
    owner = models.CharField(max_length=200, default="")
    effective_on = models.DateField(null=True)


class Countermeasure(models.Model):
    """改善策 of a missed target: owner, due day, expected effect, related churn reason. Edited by actions, audited."""

    class Kind(models.TextChoices):
        FEEDBACK = "feedback"  # メンバーへのフィードバック
        STRATEGY = "strategy"  # 戦略の修正
        PRODUCT = "product"  # プロダクトの改修依頼

    metric = models.CharField(max_length=60)
    month = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    expected_effect = models.CharField(max_length=300)
    churn_reason = models.CharField(max_length=300, default="")
    done_on = models.DateField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


class Scenario(models.Model):
    """A saved LTV what-if: its inputs with their sources, who made it and for which day."""

    name = models.CharField(max_length=120)
    form = models.CharField(max_length=8)  # article, churn
    inputs = models.JSONField()
    result = models.JSONField()
    as_of = models.DateField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
