"""Tables of the company's own databases: how each is reached and read, how far it was read, and what each read did."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class TableRead(models.Model):
    """What a source of kind TABLE reads. `secret` is sealed (core.sealing)."""

    class Engine(models.TextChoices):
        POSTGRES = "postgres"
        DUCKDB = "duckdb"
        PARQUET = "parquet"
        BIGQUERY = "bigquery"
        SNOWFLAKE = "snowflake"

    source = models.OneToOneField("collect.Source", on_delete=models.PROTECT, related_name="+")
    engine = models.CharField(max_length=10, choices=Engine)
    options = models.JSONField(default=dict)  # host, port, database, path, …: connectors.engines says which
    secret = models.TextField(default="")
    table = models.CharField(max_length=200, default="")
    target = models.CharField(max_length=20)  # the canonical file that its rows become: events, usage_daily
    found = models.JSONField(default=list)  # the table's columns when the connection was tried last
    columns = models.JSONField(default=dict)  # canonical column -> column of the table, or "=text"
    further = models.JSONField(default=list)  # columns that become contents of an event
    cursor = models.CharField(max_length=200, default="")
    overlap = models.IntegerField(
        default=0
    )  # read again so far before the cursor: minutes, days or plain numbers
    zone = models.CharField(max_length=20, default="Asia/Tokyo")  # of moments without an offset
    every = models.IntegerField(default=0)  # minutes; 0: only by hand
    position = models.JSONField(null=True)  # the highest cursor value that was read (connectors.position)
    due_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(
        null=True
    )  # a read is under way; it ends by itself where its process was killed


class ReadRun(models.Model):
    """One read. `rows`: those read, the overlap among them; `more`: the rest is for the next read."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    table = models.ForeignKey(TableRead, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    rows = models.IntegerField(default=0)
    without = models.IntegerField(
        null=True
    )  # rows whose cursor is empty; counted when a person asks for the read
    more = models.BooleanField(default=False)
    import_run = models.IntegerField(null=True)  # where the rows became an import
    problem = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["table", "-id"], name="read_runs")]
