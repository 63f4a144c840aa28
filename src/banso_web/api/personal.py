"""Contacts in answers of the API that are kept a day for repeats."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.api.models import KeptAnswer
from banso_web.core.personal_rows import in_every_row

FIELDS = (in_every_row("answers", _("API の控えた応答"), KeptAnswer, ("body",), ids=True),)
