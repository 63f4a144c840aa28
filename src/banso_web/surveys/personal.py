"""Contacts named in the free answers of surveys. The answer's score stays, tied to an erased contact."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_texts
from banso_web.surveys.models import Response

FIELDS = (in_texts("responses", _("アンケート"), Response, ("comment",)),)
