"""References between files: a code becomes an internal id; what only a reference knows is created, marked 未整備."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from banso_web.core.imports.protocol import Context

Hints = Mapping[str, Any]


class Resolver(Protocol):
    """How one kind of thing is found and, when nobody has described it yet, created incomplete."""

    def find(self, codes: list[str], context: Context) -> dict[str, int]:
        """Internal ids of the codes that exist (live or not)."""
        ...

    def make(self, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
        """Create each with what is known. Called only while writing."""
        ...


REMEMBERED = 500_000  # ids kept a kind in one pass
resolvers: dict[str, Resolver] = {}


def placeholder(code: str) -> int:
    """A negative id that stands for a thing not created yet, the same for one code within a process."""
    return -1 - (hash(code) & 0x3FFFFFFFFFFFFFFF)


def resolve(kind: str, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
    """Ids of all wanted codes. While checking, what would be created gets a placeholder and is remembered."""
    if not wanted:
        return {}
    resolver = resolvers[kind]
    known = context.resolved.setdefault(kind, {})
    found = {code: known[code] for code in wanted if code in known}
    if len(found) == len(wanted):
        return found
    if len(known) > REMEMBERED:
        known.clear()
    wanted = {code: hints for code, hints in wanted.items() if code not in found}
    fresh = _resolved(kind, resolver, wanted, context)
    known.update(fresh)
    return found | fresh


def _resolved(kind: str, resolver: Resolver, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
    found = resolver.find(list(wanted), context)
    missing = {code: hints for code, hints in wanted.items() if code not in found}
    if not missing:
        return found
    if context.writing:
        found.update(resolver.make(missing, context))
        return found
    context.missing.setdefault(kind, set()).update(missing)
    found.update({code: placeholder(code) for code in missing})
    return found
