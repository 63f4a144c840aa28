"""What members registers at start-up."""

from __future__ import annotations

from banso_web.members import imports

__all__ = ["imports"]
