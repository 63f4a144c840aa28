"""Daily usage as files bring it, and what was said of usage. Events have their own store and never become rows here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from banso_web.core.models.fact import Happening, StateRow


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
            models.Index(fields=["day", "account"], name="usage_by_day"),
        ]


class UsageWeek(models.Model):
    """Everybody's events of one whole week, counted (`actions.weeks`): what can be counted anew at any time.

    change: the newest number of its touched days when it was counted; attribution: a digest of who events belonged to then;
    people False: only who sent is known, not how many people used it.
    """

    monday = models.DateField(unique=True)
    change = models.BigIntegerField()
    attribution = models.CharField(max_length=64)
    people = models.BooleanField()
    made_at = models.DateTimeField()
    counted = models.BinaryField()


class Feature(StateRow):
    """機能: a named set of events and of features in files of daily use. A definition holds for all of history; its versions are
    those of any state, so that a watermark pins them and an entry can be undone.

    `rules`: [{name, starts, property, values}], `plans`: [[product, plan]] (see banso.usage.Feature). `instead`, `at_least`,
    `link`, `advice`: what a card of advice says where it is not used.
    """

    STATE = "feature"
    STATE_FIELDS = ("name", "core", "plans", "rules", "instead", "at_least", "link", "advice")

    name = models.CharField(max_length=100)
    core = models.BooleanField(default=False)
    plans = models.JSONField(default=list)
    rules = models.JSONField(default=list)
    instead = models.CharField(max_length=200, default="")  # the code of the feature whose work it would save
    at_least = models.IntegerField(default=1)
    link = models.CharField(max_length=500, default="")
    advice = models.TextField(default="")


class OwnMetric(StateRow):
    """A usage metric that an organisation defines for itself: what is counted of a feature ("" of any use), in how many days, per seat
    or not. A definition holds for all of history."""

    STATE = "usage_metric"
    STATE_FIELDS = ("name", "feature", "measure", "days", "per_seat")

    class Measure(models.TextChoices):
        USERS = "users"
        EVENTS = "events"
        PER_USER = "per_user"

    name = models.CharField(max_length=100)
    feature = models.CharField(max_length=200, default="")  # the feature's code
    measure = models.CharField(max_length=8, choices=Measure, default=Measure.USERS)
    days = models.SmallIntegerField(default=1)  # 1, 7 or 28
    per_seat = models.BooleanField(default=False)


class UsageKept(models.Model):
    """What a definition counts on one day (in the period that ends with it), computed over all of history when it is made.

    mark: a digest of the definition; change: the newest number of the period's touched days; attribution: a digest of who events
    belonged to, and of the seats where they count. The next filling counts a row anew that differs in one of them; until then a row with another mark or change does
    not stand. seats: of the customers whose seats are known.
    """

    subject = models.CharField(max_length=8)  # feature or metric
    subject_id = models.BigIntegerField()
    day = models.DateField()
    mark = models.CharField(max_length=64)
    change = models.BigIntegerField()
    attribution = models.CharField(max_length=64, default="")
    accounts = models.IntegerField()
    users = models.IntegerField()
    events = models.BigIntegerField()
    seats = models.BigIntegerField()
    seated_users = models.IntegerField()
    seated_events = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_id", "day"], name="usage_kept_once")
        ]
        indexes = [models.Index(fields=["day"], name="usage_kept_day")]


class SeenId(models.Model):
    """An id of the product that does not say by itself whose it is (`actions.seeing`): what can be read from the events at any time.

    kind group: no customer's own id. user: its use names no group, or it is the person behind an `earlier` id. earlier: identify or
    alias ties it to another; first_day is when it was first used (None: never yet), and its use is not counted. weeks: {Monday: [events
    of use, first day, last day]}; groups: {group: when that was first known}; ties: [[moment, later id, when that was known], …].
    The traits are those told at `described_at`, known at `told_at`.
    """

    class Kind(models.TextChoices):
        GROUP = "group"
        USER = "user"
        EARLIER = "earlier"

    kind = models.CharField(max_length=7, choices=Kind)
    source = models.IntegerField()
    key = models.CharField(max_length=200)
    events = models.IntegerField(default=0)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    weeks = models.JSONField(default=dict)
    groups = models.JSONField(default=dict)
    ties = models.JSONField(default=list)
    email = models.CharField(max_length=254, default="")
    name = models.CharField(max_length=200, default="")
    traits = models.JSONField(default=dict)
    described_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "source", "key"], name="seen_id_once")]
        indexes = [models.Index(fields=["last_day"], name="seen_id_last")]


class SeenUpTo(models.Model):
    """One row (id 1). change: the newest touched day that `SeenId` stands on; version: rises whenever its rows change."""

    change = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)


class IdentityLink(models.Model):
    """A person's decision whose an id of the product is. Dated, undoable (its entry is voided); a later one lies over it.

    With neither account nor contact the id is put aside: its events count for nobody. `field` of a rule: group_id, user_id, email or
    the name of a trait; its `key` is a pattern with `*`. `source` None: of every source.
    """

    class Kind(models.TextChoices):
        GROUP = "group"
        USER = "user"
        DOMAIN = "domain"
        RULE = "rule"

    kind = models.CharField(max_length=6, choices=Kind)
    source = models.IntegerField(null=True)
    key = models.CharField(max_length=200)
    field = models.CharField(max_length=100, default="")
    account = models.ForeignKey("accounts.Account", null=True, on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey("accounts.Contact", null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateField(null=True)
    until = models.DateField(null=True)  # exclusive
    entry = models.ForeignKey("core.Entry", on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["kind", "key"], name="identity_link_key")]


class UsageRun(models.Model):
    """One pass of the detection for a day: when, on what, and which days of which source were silent (欠測)."""

    day = models.DateField()
    made_at = models.DateTimeField()
    watermark = models.BigIntegerField()
    gaps = models.JSONField(default=dict)  # {source: [day, …]}, "file" or the source's id
    counts = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["-day", "-id"], name="usage_run_day")]


class UsageVerdict(models.Model):
    """What was said of an account, with everything it stands on. Written once, never changed.

    It holds from `day` until the day before `until` (None: it is the newest). A recomputation of the same day ends the
    older row on that day, so it holds for no day but stays readable. `turn`: the how-manieth row of this day.
    """

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    turn = models.IntegerField(default=0)
    until = models.DateField(null=True)
    made_at = models.DateTimeField()
    verdict = models.CharField(max_length=12)
    reason = models.CharField(max_length=14, default="")
    change = models.FloatField(null=True)  # for order alone; exact in `evidence`
    evidence = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day", "turn"], name="usage_verdict_once")]
        indexes = [
            models.Index(
                fields=["verdict", "account"], condition=models.Q(until=None), name="usage_verdict_now"
            )
        ]


class UsageAlert(models.Model):
    """A signal somebody should look at: use has fallen, or seats have (a signal of the contract)."""

    class Kind(models.TextChoices):
        USAGE = "usage"
        SEATS = "seats"

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        WITHDRAWN = "withdrawn"  # a recomputation of its own day no longer says so

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind)
    raised_on = models.DateField()
    verdict = models.ForeignKey(UsageVerdict, on_delete=models.PROTECT, related_name="+")
    change = models.FloatField()  # for order alone
    further = models.BooleanField(default=False)  # inside the lock, but 10 points deeper
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    closed_on = models.DateField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    close_reason = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "raised_on"], name="usage_alert_once")
        ]
        indexes = [models.Index(fields=["state", "raised_on"], name="usage_alert_state")]


class UsageSnooze(models.Model):
    """Somebody knows why: no alert of this account up to and including `until`."""

    class Why(models.TextChoices):
        BUSY = "busy"
        SEASON = "season"
        PROJECT = "project"
        KNOWN = "known"
        OTHER = "other"

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=8, choices=Why)
    note = models.CharField(max_length=300, default="")
    since = models.DateField()
    until = models.DateField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "-until"], name="usage_snooze")]

    @property
    def why_word(self) -> Any:
        from banso_web.usage.words import WHY

        return WHY[self.why]


class Release(models.Model):
    """A release of a product, marked on the trends of the customers who have it; `product` "": of all products."""

    product = models.CharField(max_length=200, default="")
    on = models.DateField()
    text = models.CharField(max_length=100)

    class Meta:
        indexes = [models.Index(fields=["-on"], name="release_on")]
