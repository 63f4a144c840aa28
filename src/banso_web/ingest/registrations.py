"""What ingest says of itself when Django starts: it finds the handlers that apps declare in their `imports.py`."""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules

from banso_web.ingest import standing as standing

autodiscover_modules("imports")
