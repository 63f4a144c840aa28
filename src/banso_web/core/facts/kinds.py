"""Facts one by one: which rows of a kind count for a question, and what of them needs a further right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import DateTimeField, Q, QuerySet

from banso_web.core import clock
from banso_web.core.facts.asked import Asked
from banso_web.core.facts.happenings import counted, effective
from banso_web.core.models import Happening


@dataclass(frozen=True, eq=False)
class FactKind:
    """How the rows of one canonical file are read one by one; registered by the app that owns them (`registry.facts`).

    `since`: the fields that say when it was so; the first that is filled counts, and what lies behind the asked day is
    not there yet. `undated`: rows whose `since` fields are all empty count. `span`: what a reader's first and last day
    narrow (default: `since`). `account`: the path to the customer, "" where it has none. `see`: the right it needs
    beside seeing customers. `hidden`: fields with rights of their own. `later`: a day that may lie behind the asked one,
    and the fields that are empty with it until then. `own`: whoever may edit the customer may write it; all others are
    written by those who may import. `may_change(row that stands, row that is wanted)` refuses what one row alone does not
    show; None stands for "there was none" and "it is taken back".
    """

    key: str
    singular: str
    model: type[Happening]
    since: tuple[str, ...] = ()
    undated: bool = False
    span: tuple[str, ...] = ()
    account: str = "account"
    see: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: bool = False
    may_change: Callable[[Any | None, Any | None], None] | None = None

    @property
    def spanned(self) -> tuple[str, ...]:
        """The fields that a first and a last day narrow; none where the kind has no day."""
        return self.span or self.since

    def _edge(self, name: str, word: str, day: date) -> Q:
        """The field against a day of Japan; a moment counts to the day's end."""
        if not isinstance(self.model._meta.get_field(name), DateTimeField):
            return Q(**{f"{name}__{word}": day})
        start = datetime.combine(day, time(), clock.JST)
        if word == "lte":
            return Q(**{f"{name}__lt": start + timedelta(days=1)})
        return Q(**{f"{name}__gte": start})

    def _first_filled(self, names: Sequence[str], word: str, day: date) -> Q:
        found, empty = Q(pk__in=[]), Q()
        for name in names:
            found |= empty & self._edge(name, word, day)
            empty &= Q(**{f"{name}__isnull": True})
        return found

    def narrowed(self, rows: QuerySet[Any], first: date | None, last: date | None) -> QuerySet[Any]:
        """Rows whose day lies between two days, both inclusive."""
        if first is not None:
            rows = rows.filter(self._first_filled(self.spanned, "gte", first))
        if last is not None:
            rows = rows.filter(self._first_filled(self.spanned, "lte", last))
        return rows

    def rows(self, asked: Asked, accounts: Collection[int] | None = None) -> QuerySet[Any]:
        """The rows that count for the question, of these customers (None: of all), in no order."""
        rows = counted(self.model, asked.watermark, asked.known_at)
        if self.since:
            there = self._first_filled(self.since, "lte", asked.as_of)
            if self.undated:
                there |= Q(**{f"{name}__isnull": True for name in self.since})
            rows = rows.filter(there)
        if accounts is not None and self.account:
            rows = rows.filter(**{f"{self.account}__in": list(accounts)})
        return rows

    def versions(self, asked: Asked, code: str) -> QuerySet[Any]:
        """Every row of one fact up to the watermark, voids among them, the first entered first."""
        rows = self.model._default_manager.filter(effective(asked.watermark), code=code)
        if asked.known_at is not None:
            rows = rows.filter(recorded_at__lte=asked.known_at)
        return rows.order_by("entry__seq", "pk")

    def as_known(self, row: Any, asked: Asked) -> Any:
        """The row with what happened only behind the asked day taken out (a payment, an answer, a closing)."""
        for name, beside in self.later.items():
            value = getattr(row, name)
            day = value.astimezone(clock.JST).date() if isinstance(value, datetime) else value
            if day is not None and day > asked.as_of:
                setattr(row, name, None)
                for one in beside:
                    column = self.model._meta.get_field(one)
                    setattr(row, one, None if column.null else "")
        return row
