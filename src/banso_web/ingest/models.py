"""Imports: the uploaded file, its mapping, the run with its counts, and the rows that were refused."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Mapping(models.Model):
    """A saved mapping from a file's shape to canonical files; versions are kept, the latest is used."""

    name = models.CharField(max_length=120)
    body = models.JSONField()  # see ingest.mapping
    shape = models.JSONField(default=dict)  # fingerprint of the file it was made for
    version = models.IntegerField(default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()


class ImportRun(models.Model):
    """One import: from the stored file to a published (or undone) entry."""

    class State(models.TextChoices):
        UPLOADED = "uploaded"
        CHECKING = "checking"
        READY = "ready"  # checked; waits for a person when rows are rejected
        WRITING = "writing"
        DONE = "done"
        DROPPED = "dropped"
        FAILED = "failed"
        UNDONE = "undone"

    state = models.CharField(max_length=8, choices=State)
    file_name = models.CharField(max_length=300)
    stored_as = models.CharField(max_length=300)  # below BANSO_HOME/files/imports
    sha256 = models.CharField(max_length=64)
    mapping = models.ForeignKey(Mapping, null=True, on_delete=models.PROTECT, related_name="+")
    options = models.JSONField(default=dict)  # sheet, header row, kind, known basis, date readings
    entry = models.ForeignKey("core.Entry", null=True, on_delete=models.PROTECT, related_name="+")
    progress = models.JSONField(default=dict)  # per canonical file: {checked, written, total}
    counts = models.JSONField(default=dict)  # per canonical file: read, new, changed, same, rejected
    notes = models.JSONField(default=list)
    failure = models.TextField(default="")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class RejectedRow(models.Model):
    """A row that was not taken, with where, why and how to mend it."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejected")
    file = models.CharField(max_length=60)
    row_number = models.IntegerField()
    column = models.CharField(max_length=200, default="")
    code = models.CharField(max_length=60)  # reason code; words by ingest.words
    detail = models.JSONField(default=dict)
    raw = models.JSONField()
