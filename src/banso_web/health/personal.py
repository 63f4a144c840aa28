"""Contacts named in the reasons of 担当所感."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_texts
from banso_web.health.models import Sentiment

FIELDS = (in_texts("sentiments", _("担当所感"), Sentiment, ("reason",)),)
