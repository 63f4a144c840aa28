"""Banso's library: facts in, results out. No Django, no I/O, no clock; `as_of` is always an argument.

`import banso` costs next to nothing: a part is imported when it is first named (`banso.revenue`, `banso.names`),
so a notebook that only counts business days never loads the statistics.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

PARTS = (
    "effect",
    "health",
    "lifetime",
    "money",
    "names",
    "periods",
    "plays",
    "revenue",
    "simulate",
    "survey",
    "usage",
    "voice",
    "workload",
)


def __getattr__(name: str) -> ModuleType:
    """Import a part on first use (PEP 562). Anything else, or a part that is not built, is an AttributeError."""
    full_name = f"{__name__}.{name}"
    if name in PARTS:
        try:
            return import_module(full_name)
        except ModuleNotFoundError as error:
            if error.name != full_name:  # the part exists and lacks one of its own dependencies: say which
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *PARTS})
