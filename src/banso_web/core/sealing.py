"""Secrets that Banso itself has to use again (signing keys, passwords of other systems): encrypted in the database.

The key is made from the home's secret key, another one for each purpose. What is only compared is kept as a hash instead.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unreadable(ValueError):
    """The text was sealed under another secret key: it must be entered again."""


def _box(purpose: str) -> Fernet:
    digest = hashlib.sha256(f"banso {purpose}:".encode() + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def sealed(text: str, purpose: str) -> str:
    """The text as it is kept."""
    return _box(purpose).encrypt(text.encode()).decode()


def unsealed(kept: str, purpose: str) -> str:
    """The text again. Raises Unreadable where the home's secret key is another one since."""
    try:
        return _box(purpose).decrypt(kept.encode()).decode()
    except InvalidToken:
        raise Unreadable(purpose) from None
