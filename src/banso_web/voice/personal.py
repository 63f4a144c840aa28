"""Contacts named in voices."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_texts
from banso_web.voice.models import Voice

FIELDS = (in_texts("voices", _("お客様の声"), Voice, ("verbatim", "fact", "interpretation")),)
