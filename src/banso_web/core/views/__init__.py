"""Pages of the frame itself."""

from banso_web.core.views.errors import bad_request, forbidden, health, not_found, server_error

__all__ = ["bad_request", "forbidden", "health", "not_found", "server_error"]
