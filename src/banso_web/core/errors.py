"""What an action refuses, with the words for the person who asked."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404


class Refused(Exception):
    """A deed that the rules do not allow now (HTTP 422). `message` says what happened to the data and what to do."""

    status = 422

    def __init__(self, message: str, *, code: str = "refused", fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.fields = message, code, fields or {}


class Conflict(Refused):
    """Somebody else changed the same thing first (HTTP 409)."""

    status = 409


class Unavailable(Refused):
    """What Banso stands on does not answer now (HTTP 503)."""

    status = 503

    def __init__(self, message: str) -> None:
        super().__init__(message, code="unavailable")


class Forbidden(PermissionDenied):
    """The deed is not this member's to do (HTTP 403)."""


class NotVisible(Http404):
    """The thing does not exist for this member (HTTP 404)."""
