"""What health says of itself when Django starts."""

from __future__ import annotations

from banso_web.health import rules

rules.declare_all()
