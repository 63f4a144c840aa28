"""Links that keep the question (基準日, known_at, watermark), and the current address with one thing changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest

from banso_web.core.ui.display import current

# Never carried along: they belong to one view of one list.
PLACES = ("after", "before", "drawer", "lang")


def keep_question(url: str) -> str:
    """The same address with the page's as_of, known_at and watermark, where it does not say its own."""
    kept = current().kept
    if not kept:
        return url
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = {key for key, _ in query}
    query += [(key, value) for key, value in kept if key not in given]
    return urlunsplit(parts._replace(query=urlencode(query)))


def changed_query(request: HttpRequest, **changes: Any) -> str:
    """This page's address (path and query) with parameters set, or removed where None. A list sets several values.

    Paging starts again and the drawer closes, because another question has other rows.
    """
    query = request.GET.copy()
    for key in PLACES:
        query.pop(key, None)
    for key, value in changes.items():
        query.pop(key, None)
        if isinstance(value, list | tuple):
            query.setlist(key, [str(one) for one in value])
        elif value is not None and value != "":
            query[key] = str(value)
    encoded = query.urlencode()
    return f"{request.path}?{encoded}" if encoded else request.path


def hidden_pairs(request: HttpRequest, *without: str) -> list[tuple[str, str]]:
    """The query as hidden fields of a GET form, without the fields the form itself asks."""
    dropped = {*without, *PLACES}
    return [(key, value) for key, values in request.GET.lists() if key not in dropped for value in values]
