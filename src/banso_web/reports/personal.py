"""Contacts named in countermeasures."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_every_row
from banso_web.reports.models import Countermeasure

FIELDS = (in_every_row("countermeasures", _("改善策"), Countermeasure, ("text", "expected_effect")),)
