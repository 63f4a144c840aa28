"""What several web processes count together."""

from __future__ import annotations

from django.db import models


class SharedCount(models.Model):
    """How often something happened in a span of time, over all processes (`core.shared_count`)."""

    key = models.CharField(max_length=120, unique=True)
    count = models.BigIntegerField(default=0)
    ends_at = models.BigIntegerField(db_index=True)  # seconds since 1970: after it the row is swept
