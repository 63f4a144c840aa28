"""Names of endpoints in the description: written in Japanese, given in the caller's language."""

from __future__ import annotations

from typing import cast

from django.utils.translation import gettext_lazy


def said(text: str) -> str:
    """A lazy translation where the library's type says text; the description turns it into text when it is asked for."""
    return cast(str, gettext_lazy(text))
