"""Every address that exists, from the URL resolver, and real ids to fill into them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLResolver, get_resolver


@dataclass(frozen=True)
class Address:
    """One pattern. `name`: what tests call it, the pattern's own name, with `api:` before those of the API."""

    pattern: str
    name: str

    def path(self, values: Mapping[str, object]) -> str:
        """The path with `values` by parameter name; KeyError where a parameter has none, so that nothing is left out."""
        filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), self.pattern)
        return "/" + filled


def addresses() -> list[Address]:
    """Each pattern once (the API has one pattern for each of its methods)."""
    found = {one.name: one for one in _walk(get_resolver(), "")}
    return list(found.values())


def _walk(resolver: URLResolver, before: str) -> Iterator[Address]:
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one, pattern)
        elif pattern.startswith("^"):
            yield Address("api/v1/no-such-address", "api:missing")
        elif pattern.startswith("api/"):
            yield Address(pattern, "api:" + pattern.removeprefix("api/v1/"))
        else:
            yield Address(pattern, one.name or pattern)
