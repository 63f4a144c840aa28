"""Contacts named in touches and tickets."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.personal_rows import in_texts
from banso_web.touch.models import Ticket, Touch

FIELDS = (
    in_texts("touches", _("接点"), Touch, ("contacts", "subject", "note")),
    in_texts("tickets", _("問い合わせ"), Ticket, ("subject",)),
)
