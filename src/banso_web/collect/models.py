"""Sources that send events, and the events that were rejected."""

from __future__ import annotations

from django.db import models


class Source(models.Model):
    """A product, site or system that sends events. Its write key says where events come from; it opens nothing else."""

    class Kind(models.TextChoices):
        TRACKING = "tracking"
        WEBHOOK = "webhook"
        FILE = "file"
        TABLE = "table"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TRACKING)
    write_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)  # its key is refused from then on; what it sent stays
    # Of a closed one: Japan's day from which nothing is expected of it any more; None: the day it was closed.
    ended_on = models.DateField(null=True)
    version = models.IntegerField(default=0)


class Webhook(models.Model):
    """What a source of kind WEBHOOK signs with, and how its JSON becomes events. Secrets are sealed (core.sealing)."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="webhook")
    secret = models.TextField()
    old_secret = models.TextField(
        default=""
    )  # still taken until `old_until`, so that nothing is lost while the sender changes over
    old_until = models.DateTimeField(null=True)
    mapping = models.JSONField(
        default=dict
    )  # collect.webhooks.WORDS -> path; empty: the body speaks the tracking protocol
    refused_at = models.DateTimeField(
        null=True
    )  # the last request that was not taken, noted at most once a minute
    refused_why = models.CharField(max_length=20, default="")


class RejectedEvent(models.Model):
    """One event that was not taken in, with its own bytes, so that it can be looked at, mended and sent again."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    request = models.CharField(max_length=40)
    index = models.IntegerField()
    path = models.CharField(
        max_length=10, default="batch"
    )  # the address it came by: says what kind a lone event is
    message_id = models.CharField(max_length=200, default="")
    reason = models.CharField(max_length=40)
    field = models.CharField(max_length=40, default="")
    body = models.TextField()
    settled_at = models.DateTimeField(null=True)  # accepted after all, or put aside
    settled_how = models.CharField(max_length=10, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "index"], name="rejected_once")]
        indexes = [models.Index(fields=["source", "-received_at"], name="rejected_source")]
