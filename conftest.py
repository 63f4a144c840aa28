"""Before Django loads: tests run in a home of their own, marked as a test home (so BANSO_CLOCK may be used)."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_home = Path(tempfile.mkdtemp(prefix="banso-test-"))
(_home / "kind").write_text("test", "ascii")
os.environ["BANSO_HOME"] = str(_home)
os.environ.setdefault("BANSO_SECRET_KEY", "only-for-tests")
os.environ.setdefault("BANSO_CLOCK", "2026-11-24T09:00+09:00")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "banso_web.config.settings")
