"""What ingest says of itself when Django starts: it finds the handlers that apps declare in their `imports.py`."""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from banso_web.core.registry import NavEntry, registry
from banso_web.ingest import standing as standing
from banso_web.ingest import withdrawing as withdrawing  # its step comes before the apps' own

autodiscover_modules("imports")
registry.nav.append(
    NavEntry("imports", _("取込"), "imports", "import", group="data", order=800, permission="import.run")
)
