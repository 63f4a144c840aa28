"""担当所感 as people gave it, and what was computed of health: columns that can be computed again from facts at any time."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from banso_web.core.models.fact import Happening, StateRow

#: A 担当所感 holds at most so long.
MOST_DAYS = 365


class Sentiment(Happening):
    """担当所感: what somebody who knows the customer thinks of it. It holds from `on` to `until` (both inclusive;
    None: for 90 days), or until the next."""

    class Mark(models.TextChoices):
        EXCELLENT = "excellent", _("◎ とても良い")
        GOOD = "good", _("○ 良い")
        FAIR = "fair", _("△ 気がかり")
        POOR = "poor", _("× 危ない")

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    until = models.DateField(null=True)
    mark = models.CharField(max_length=9, choices=Mark)
    member = models.CharField(max_length=200, default="")
    reason = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-on"], name="sentiment_account"),
            models.Index(fields=["code"], name="sentiment_code"),
            models.Index(fields=["entry"], name="sentiment_entry"),
        ]


class Card(StateRow):
    """A scorecard: each version's whole text (YAML), from the day it is effective on. `code` is the scorecard's key."""

    STATE = "scorecard"
    STATE_FIELDS = ("text",)

    text = models.TextField(default="")


class HealthDay(models.Model):
    """Whether a day's signals and readings are kept (`HealthBlock`): begun, done, or stale because a late fact touches it.

    digest: of the signals and scorecards they stand on; cards: the versions of these, by their numbers in the blocks. follows: the day
    whose bands it was handed (None: none was kept)."""

    class State(models.TextChoices):
        STARTED = "started"
        DONE = "done"
        STALE = "stale"

    day = models.DateField(unique=True)
    state = models.CharField(max_length=7, choices=State)
    digest = models.CharField(max_length=64)
    watermark = models.BigIntegerField()
    made_at = models.DateTimeField()
    accounts = models.IntegerField(default=0)
    cards = models.JSONField(default=list)
    follows = models.DateField(null=True)
    silences = models.JSONField(default=dict)  # {source: the first day of a silence that runs, or null}

    class Meta:
        indexes = [models.Index(fields=["state", "day"], name="health_day_state")]


class HealthBlock(models.Model):
    """Signals and readings of one shard of accounts on one day, as columns: all of them (`full`), or what changed since the day before."""

    day = models.DateField()
    shard = models.IntegerField()
    full = models.BooleanField()
    columns = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shard", "day"], name="health_block_once")]


class AccountReading(models.Model):
    """The newest reading of an account, for lists: they sort and filter by it. All else is in the blocks of its day.

    band: its place in `banso.health.Band`, worst first; held: the band before a gap, which still stands (`frozen`) or is shown beside 不明.
    `known`: per cent of the scorecard's weight; `since`: the day from which it has this band.
    """

    account = models.OneToOneField("accounts.Account", on_delete=models.CASCADE, related_name="health")
    day = models.DateField()
    card = models.CharField(max_length=80)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    known = models.FloatField(default=0)
    band = models.SmallIntegerField()
    held = models.SmallIntegerField(null=True)
    frozen = models.BooleanField(default=False)
    since = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["band", "account"], name="health_by_band")]


class BacktestRun(models.Model):
    """A back-test somebody asked for: its question, how far it is, and what came out.

    card, version, digest: of the scorecard as it was in force when asked; the rebuilt months are read by the versions in force on
    their own days. result: what the pages show, as JSON. columns: the snapshots and outcomes it stands on (`columns.pack`), so that
    an alert budget is solved without building them again. done: months built so far.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    card = models.CharField(max_length=80)
    version = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    as_of = models.DateField()
    months = models.IntegerField()
    horizon = models.IntegerField()
    capacity = models.IntegerField(null=True)
    watermark = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    done = models.IntegerField(default=0)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    member = models.ForeignKey("members.Member", on_delete=models.SET_NULL, null=True, related_name="+")
    result = models.JSONField(default=dict)
    columns = models.BinaryField(default=bytes)

    class Meta:
        indexes = [models.Index(fields=["card", "-id"], name="backtest_of_card")]
