"""What accounts registers at start-up."""

from __future__ import annotations

from banso_web.accounts import imports, projection

__all__ = ["imports", "projection"]
