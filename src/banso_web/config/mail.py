"""BANSO_SMTP_URL -> Django's mail settings. Empty: the outbox folder, so nothing leaves the machine."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit


class BadSmtpUrl(ValueError):
    """The URL cannot be read; no mail was sent."""


def mail_settings(url: str) -> dict[str, Any]:
    """Settings for `smtp://user:password@host:25`, `smtp+tls://…:587` (STARTTLS) or `smtps://…:465`; {} when empty.

    A plain `smtp://` to port 587 also uses STARTTLS. Raises BadSmtpUrl for another scheme or a missing host.
    """
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtp+tls", "smtps") or not parts.hostname:
        raise BadSmtpUrl(
            "BANSO_SMTP_URL: use smtp://, smtp+tls:// or smtps:// with a host, or leave it empty."
        )
    port = parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme]
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls" or (parts.scheme == "smtp" and port == 587),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }
