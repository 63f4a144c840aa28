"""Pages of the frame itself."""

from banso_web.core.views.errors import forbidden, health, not_found, server_error

__all__ = ["forbidden", "health", "not_found", "server_error"]
