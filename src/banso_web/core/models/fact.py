"""The two kinds of facts: happenings (appended) and states (dated versions)."""

from __future__ import annotations

from django.db import models

from banso_web.core.models.entry import Entry


class Known(models.TextChoices):
    """Where `recorded_at` comes from."""

    SYSTEM = "system"
    CLAIMED = "claimed"
    ASSUMED = "assumed"


class Happening(models.Model):
    """Base of everything that is appended and never changed.

    `code` is the fact's own identifier in its source. A correction is a new row with the same code in a later entry; a
    void is such a row with `is_void`. The row that counts at a watermark is the one of the latest effective entry.
    `contested` marks codes that have more than one row: it only spares the look-up, truth stands in the entries.
    """

    code = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()
    known_basis = models.CharField(max_length=8, choices=Known)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    contested = models.BooleanField(default=False)
    is_void = models.BooleanField(default=False)
    custom = models.JSONField(default=dict)

    class Meta:
        abstract = True


class StateVersion(models.Model):
    """Dated values of one subject: `values` holds the fields this version states, from `valid_from` until `valid_to`.

    Versions are layers: on a given day the value of a field is that of the latest effective entry whose version covers
    the day and names the field. Nothing is edited, so undoing an entry uncovers what lay beneath
    (docs/decisions/0002).
    """

    subject = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    values = models.JSONField()
    valid_from = models.DateField(null=True)  # empty: the unlimited past
    valid_to = models.DateField(null=True)  # exclusive; empty: open
    recorded_at = models.DateTimeField()
    known_basis = models.CharField(max_length=8, choices=Known)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="versions")

    class Meta:
        indexes = [
            models.Index(fields=["subject", "subject_id"], name="version_subject"),
            models.Index(fields=["subject", "valid_from"], name="version_day"),
        ]


class StateRow(models.Model):
    """Base of a current table: the row as of today, projected from its versions. Lists read `live` rows only."""

    STATE: str
    STATE_FIELDS: tuple[str, ...]

    code = models.CharField(max_length=200, unique=True)
    live = models.BooleanField(default=False)
    entry = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    custom = models.JSONField(default=dict)

    class Meta:
        abstract = True
