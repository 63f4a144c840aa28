"""What lists share: columns and their order, filters as chips, keyset pages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest

from banso_web.core.ui.links import changed_query


@dataclass(frozen=True)
class Column:
    """One column: `sort` is the ORM field it sorts by (none: not sortable), `num` aligns right, `fixed` cannot be hidden."""

    key: str
    label: Any
    sort: str = ""
    num: bool = False
    default: bool = True
    fixed: bool = False
    help: Any = ""


@dataclass(frozen=True)
class Chip:
    """A filter in words with the address that takes it away (or sets it, where `on` is False)."""

    label: Any
    url: str
    on: bool = True


@dataclass(frozen=True)
class Tab:
    label: Any
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Crumb:
    label: Any
    url: str = ""


def chosen_columns(columns: Sequence[Column], request: HttpRequest) -> list[Column]:
    """The columns of `?columns=name,mrr` (or the chooser's `?column=name&column=mrr`) in the declared order, else the default ones; fixed ones always."""
    wanted = {
        key for key in (*request.GET.get("columns", "").split(","), *request.GET.getlist("column")) if key
    }
    if not wanted & {column.key for column in columns}:
        return [column for column in columns if column.default or column.fixed]
    return [column for column in columns if column.fixed or column.key in wanted]


MOST_KEYS = 3


@dataclass(frozen=True)
class Order:
    """The list's order: `?sort=-mrr,name` by column keys; only declared sortable columns count."""

    terms: tuple[tuple[str, str, bool], ...]  # (column key, ORM field, descending)

    @classmethod
    def read(cls, request: HttpRequest, columns: Sequence[Column], default: str) -> Order:
        """`default` is used where the query names nothing sortable; it is written in the same way."""
        fields = {column.key: column.sort for column in columns if column.sort}
        for text in (request.GET.get("sort", ""), default):
            names = [part.strip() for part in text.split(",") if part.strip().lstrip("-") in fields]
            if names:
                return cls(
                    tuple(
                        (n.lstrip("-"), fields[n.lstrip("-")], n.startswith("-")) for n in names[:MOST_KEYS]
                    )
                )
        return cls(())

    def direction(self, key: str) -> str:
        """ascending, descending, or an empty string."""
        for name, _field, descending in self.terms:
            if name == key:
                return "descending" if descending else "ascending"
        return ""

    def rank(self, key: str) -> int:
        """1 for what is sorted by first; 0 where the column does not sort."""
        return next((place for place, term in enumerate(self.terms, start=1) if term[0] == key), 0)

    def adding(self, key: str, wanted: str) -> str:
        """`?sort=` with one key more: behind the others, or turned round in its place. The last of three gives way."""
        names = [f"-{name}" if descending else name for name, _field, descending in self.terms]
        place = self.rank(key)
        kept = [*names[: place - 1], wanted, *names[place:]] if place else [*names[: MOST_KEYS - 1], wanted]
        return ",".join(kept)


@dataclass(frozen=True)
class Page:
    """One keyset page: rows, and the addresses before and after. `total` only where counting is cheap."""

    rows: list[Any]
    next_url: str = ""
    previous_url: str = ""
    total: int | None = None
    first: bool = True
    extra: dict[str, Any] = field(default_factory=dict)


def _encode(values: Sequence[Any]) -> str:
    return (
        urlsafe_b64encode(json.dumps(values, default=str, ensure_ascii=False).encode()).decode().rstrip("=")
    )


def _decode(text: str, length: int) -> list[Any] | None:
    try:
        values = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != length:
        return None
    return values if all(map(_is_place, values)) else None


def _is_place(value: Any) -> bool:
    """Whether a row can hold it: no infinity, no number that a database could not keep."""
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, int) or abs(value) < 2**63


@dataclass(frozen=True)
class _Term:
    name: str
    descending: bool
    nullable: bool


def _nullable(model: type[Model], name: str) -> bool:
    """Whether the path can be empty; what is no plain field (an annotation) is taken to be."""
    found = False
    current: Any = model
    for part in ("id" if name == "pk" else name).split("__"):
        try:
            one = current._meta.get_field(part)
        except (FieldDoesNotExist, AttributeError):
            return True
        found = found or bool(getattr(one, "null", True))
        current = getattr(one, "related_model", None)
    return found


def _beyond(terms: Sequence[_Term], values: Sequence[Any], *, forwards: bool) -> Q:
    """Rows behind (or before) a place, lexicographically; empty values stand last in either direction."""
    found = Q(pk__in=[])
    same = Q()
    for term, value in zip(terms, values, strict=True):
        if value is None:
            step = Q(pk__in=[]) if forwards else Q(**{f"{term.name}__isnull": False})
        else:
            step = Q(**{f"{term.name}__{'gt' if term.descending != forwards else 'lt'}": value})
            if forwards and term.nullable:
                step |= Q(**{f"{term.name}__isnull": True})
        found |= same & step
        same &= Q(**{f"{term.name}__isnull": True}) if value is None else Q(**{term.name: value})
    first, start = terms[0], values[0]
    if start is not None and not first.nullable:  # says the same once more, so that an index can start there
        found &= Q(**{f"{first.name}__{'gte' if first.descending != forwards else 'lte'}": start})
    return found


def _ordering(terms: Sequence[_Term], *, forwards: bool) -> list[Any]:
    """Empty values last (first, when read backwards). Plain names where nothing can be empty: an index serves those."""
    ordering: list[Any] = []
    for term in terms:
        down = term.descending if forwards else not term.descending
        if not term.nullable:
            ordering.append(f"-{term.name}" if down else term.name)
            continue
        place = {"nulls_last": True} if forwards else {"nulls_first": True}
        ordering.append(F(term.name).desc(**place) if down else F(term.name).asc(**place))
    return ordering


def _terms(model: type[Model], order: Order) -> list[_Term]:
    """The order's terms; the primary key ends every order, in the direction of the term before it."""
    last_down = order.terms[-1][2] if order.terms else True
    terms = [_Term(name, down, _nullable(model, name)) for _key, name, down in order.terms]
    return [*terms, _Term("pk", last_down, nullable=False)]


def whole_ordering(model: type[Model], order: Order) -> list[Any]:
    """For `order_by`: the rows of all pages of `keyset_page`, one after the other (an export holds the screen's order)."""
    return _ordering(_terms(model, order), forwards=True)


def _value(row: Model | Mapping[str, Any], name: str) -> Any:
    if isinstance(row, Mapping):
        return row[name]
    value: Any = row
    for part in name.split("__"):
        value = getattr(value, part, None)
    return value


def keyset_page(query: QuerySet[Any], request: HttpRequest, order: Order, *, size: int = 100) -> Page:
    """One page behind `?after=` or before `?before=`; the primary key ends every order. Costs one query.

    Sorted fields must be readable from the rows (`.values()` rows must hold them and `pk`). A place that cannot be
    read gives the first page.
    """
    terms = _terms(query.model, order)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    place = _decode(after or before, len(terms)) if after or before else None
    forwards = not (place and before and not after)
    if place is not None:
        try:
            query = query.filter(_beyond(terms, place, forwards=forwards))
        except (
            ValueError,
            TypeError,
            ValidationError,
        ):  # a place of another order, or one that somebody made up
            place, forwards = None, True
    rows = list(query.order_by(*_ordering(terms, forwards=forwards))[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if not forwards:
        rows.reverse()
    has_next = more if forwards else True
    has_previous = (place is not None) if forwards else more
    ends = (
        [_encode([_value(row, term.name) for term in terms]) for row in (rows[0], rows[-1])]
        if rows
        else ["", ""]
    )
    return Page(
        rows=rows,
        next_url=changed_query(request, after=ends[1]) if rows and has_next else "",
        previous_url=changed_query(request, before=ends[0]) if rows and has_previous else "",
        first=place is None,
    )
