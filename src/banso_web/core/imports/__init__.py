"""How apps take over the rows of canonical files. The engine that drives them stands in `ingest`."""

from banso_web.core.imports import closures as closures
from banso_web.core.imports.fields import Field, as_json, resolve_fields
from banso_web.core.imports.happenings import Fact, HappeningHandler, start_of
from banso_web.core.imports.protocol import (
    Context,
    Handler,
    Later,
    Outcome,
    Problem,
    Result,
    Row,
    View,
    later,
)
from banso_web.core.imports.references import Hints, Resolver, resolve, resolvers
from banso_web.core.imports.states import LONG_AGO, StateHandler, make_incomplete, present

__all__ = [
    "LONG_AGO",
    "Context",
    "Fact",
    "Field",
    "Handler",
    "HappeningHandler",
    "Hints",
    "Later",
    "Outcome",
    "Problem",
    "Resolver",
    "Result",
    "Row",
    "StateHandler",
    "View",
    "as_json",
    "later",
    "make_incomplete",
    "present",
    "resolve",
    "resolve_fields",
    "resolvers",
    "start_of",
]
