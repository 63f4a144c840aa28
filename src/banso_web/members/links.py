"""Links that are sent or printed: always built on BANSO_PUBLIC_URL, never on the Host header of a request."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse


def public_base() -> str:
    """BANSO_PUBLIC_URL, or nothing where the operator gave none: then no link is mailed."""
    base: str = settings.ENV.public_url
    return base


def console_base() -> str:
    """For links printed on the console: the public address, else the one the server listens at."""
    host, port = settings.ENV.host, settings.ENV.port
    return public_base() or f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::') else host}:{port}"


def token_link(base: str, url_name: str, token: str) -> str:
    """The address of a one-time page with its token."""
    return f"{base}{reverse(url_name)}?{urlencode({'token': token})}"
