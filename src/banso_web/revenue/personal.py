"""Contacts named in what was written beside money."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_every_row, in_texts
from banso_web.revenue.models import Bridge, Closing, Movement

FIELDS = (
    in_texts("movements", _("MRRの動き"), Movement, ("reason", "note")),
    in_every_row("closings", _("月次締めのコメント"), Closing, ("comment", "red_comments", "reopen_reason")),
    in_every_row("bridges", _("月次締めの差の説明"), Bridge, ("note",)),
)
