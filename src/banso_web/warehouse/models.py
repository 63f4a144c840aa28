"""The manifest of the event store: which files or batches count, which logs are in, which days changed."""

from __future__ import annotations

from django.db import models


class EventSegment(models.Model):
    """One immutable Parquet file. Only files of this table are read; a file it does not name is swept away.

    `day`, `to_day`: the first and last UTC day of the clients' own time (of receipt where they sent none); messageIds are looked up
    in it. One day, until the quarter is merged. `first_day`, `last_day`: Japan's days of the events in it. `retired_at`: replaced, its file goes a little later.
    """

    path = models.CharField(max_length=200, unique=True)
    day = models.DateField()
    to_day = models.DateField()
    first_day = models.DateField()
    last_day = models.DateField()
    rows = models.IntegerField()
    untimed = models.IntegerField(default=0)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["day", "to_day"], name="segment_day"),
            models.Index(fields=["first_day", "last_day"], name="segment_days"),
        ]


class EventBatch(models.Model):
    """The rows of one add to ClickHouse, by the number they bear there. Open or given up, nobody reads them; settled ones go
    from this table, but for the newest."""

    class State(models.TextChoices):
        OPEN = "open"
        SETTLED = "settled"
        GIVEN_UP = "given_up"

    number = models.BigIntegerField(unique=True)
    begun_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)


class TakenOut(models.Model):
    """Events in ClickHouse that nobody reads from here on, and that are being deleted: those of one moment of receipt."""

    source = models.IntegerField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "received_at"], name="taken_out")]


class LogTaken(models.Model):
    """A sealed log whose events are in the store: written in the transaction that makes them count."""

    name = models.CharField(max_length=100, unique=True)
    taken_at = models.DateTimeField()
    accepted = models.IntegerField()
    duplicates = models.IntegerField()
    rejected = models.IntegerField()
    damaged_bytes = models.BigIntegerField(default=0)


class SourceDay(models.Model):
    """Counts of one source on one of Japan's days of receipt."""

    source = models.IntegerField()
    day = models.DateField()
    accepted = models.IntegerField(default=0)
    duplicates = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    last_received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "day"], name="source_day")]


class ImportedEvents(models.Model):
    """The events of one import: the moment of receipt that is theirs alone, and how far they are on their way in or out."""

    run = models.OneToOneField("ingest.ImportRun", on_delete=models.PROTECT, related_name="+")
    source = models.IntegerField()
    received_at = models.DateTimeField(unique=True)
    sent_at = models.DateTimeField(null=True)
    taken_out_at = models.DateTimeField(null=True)  # undone, and out of the store


class TouchedDay(models.Model):
    """Japan's days whose events changed, with the running number of the change: what was computed from them is stale.

    `counted`: the change whose events the shapes of the day were counted from.
    """

    day = models.DateField(unique=True)
    change = models.BigIntegerField()
    counted = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["change"], name="touched_change")]


class EventShape(models.Model):
    """One event name of a source on one of Japan's days: how many came, and the types of their properties.

    `kind` and `name` "": all names beyond the most frequent ones together. types: {property: {type: events}} of `looked` events.
    """

    source = models.IntegerField()
    day = models.DateField()
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=200)
    events = models.BigIntegerField()
    looked = models.IntegerField(default=0)
    types = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "source", "kind", "name"], name="event_shape_once")
        ]
        indexes = [models.Index(fields=["source", "day"], name="event_shape_source")]


class Duplicate(models.Model):
    """One of the newest events that had come before, for looking at: the newest thousand are kept."""

    source = models.IntegerField()
    message_id = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=200)
    user_id = models.CharField(max_length=200)
    group_id = models.CharField(max_length=200)
    day = models.DateField()


class Lease(models.Model):
    """Who may do a thing that only one process does at a time."""

    name = models.CharField(max_length=40, unique=True)
    holder = models.CharField(max_length=80, default="")
    until = models.DateTimeField(null=True)
