"""What every page's frame needs: the rail, 基準日, the reader."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from banso_web.core.registry import NavEntry, registry


def _visible(request: HttpRequest) -> list[NavEntry]:
    member = getattr(request, "user", None)
    if member is None or not member.is_authenticated:
        return []
    entries = sorted(registry.nav, key=lambda entry: entry.order)
    return [entry for entry in entries if not entry.permission or member.may(entry.permission)]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame: `nav`, `asked`, `asof_changed`."""
    asked = getattr(request, "asked", None)
    return {"nav": _visible(request), "asked": asked, "asof_changed": bool(asked and not asked.is_today)}
