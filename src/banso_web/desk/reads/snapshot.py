"""The customer list of another day: owner, segment, exclusion, MRR and renewal as they were on the asked 基準日.

Built once for a question and kept in this process (a few questions at a time), because every row of it comes from
dated versions and movements. Filters and order then work in memory; a page costs one query for its names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from banso.names import search_key
from banso_web.accounts.reads.choices import excluded_word
from banso_web.accounts.reads.lists import keys_of_all
from banso_web.core.facts import Asked, Memo, states_at
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Order, Page
from banso_web.desk.reads.customers import (
    NOT_COMPUTED,
    ListQuery,
    Totals,
    following,
    grid_span,
    late_for,
)
from banso_web.health.reads.bands import Shown, bands_on
from banso_web.health.words import BAND_KEYS
from banso_web.members.reads import member_names
from banso_web.revenue.reads.customers import counted_movements
from banso_web.revenue.reads.months import closing_units, standing
from banso_web.revenue.reads.rated import held_in, held_of, held_text
from banso_web.touch.reads import last_touches

if TYPE_CHECKING:
    from banso_web.members.models import Member

KEPT = 3
SIZE = 50


@dataclass(frozen=True)
class Named:
    """A member's name, where the list expects a member."""

    id: int
    name: str


@dataclass(frozen=True)
class Then:
    """A customer on the asked day, with the names the list's template reads."""

    pk: int
    code: str
    name: str
    kana: str
    sort_key: str
    search_key: str
    segment: str
    touch: str
    owner_id: int | None
    deputy_id: int | None
    mrr_units: int
    mrr_unrated: str  # in words, where a currency has no rate: then the units are unknown
    renewal_on: date | None
    last_touch_on: date | None
    excluded: str
    incomplete: bool
    industry: str
    prefecture: str
    employees: int | None
    started_on: date | None
    health: Shown | None
    owner: Named | None = None
    deputy: Named | None = None

    def get_excluded_display(self) -> str:
        return excluded_word(self.excluded)


_kept: Memo[list[Then]] = Memo(KEPT)


def _renewals(asked: Asked) -> dict[int, date]:
    """The next last day of service of each customer's contracts, as known for the day."""
    from banso_web.accounts.reads.contracts import next_ends

    return next_ends(asked)


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else value


def rows_at(asked: Asked) -> list[Then]:
    """Every customer known on the asked day (merged ones through the account that was kept), unordered."""
    return _kept.get(asked.key, lambda: _read(asked))


def _read(asked: Asked) -> list[Then]:
    states = states_at("account", as_of=asked.as_of, watermark=asked.watermark, known_at=asked.known_at)
    fall = standing(asked, asked.as_of)
    held = closing_units(fall)
    unrated = {int(item.customer) for item in fall.excluded if item.reason == "missing_rate"}
    own = held_of(counted_movements(asked), unrated, asked.as_of) if unrated else {}
    renewals, touched, names = _renewals(asked), last_touches(asked), member_names()
    bands = bands_on(asked) or {}
    found = []
    for pk, code, sort_key, key in keys_of_all():
        values = states.get(pk)
        if values is None:
            continue
        started = _day(values.get("started_on"))
        if started is not None and started > asked.as_of:
            continue
        owner, deputy = values.get("owner_id"), values.get("deputy_id")
        found.append(
            Then(
                pk=pk,
                code=code,
                name=values.get("name") or code,
                kana=values.get("kana") or "",
                sort_key=sort_key,
                search_key=key,
                segment=values.get("segment") or "",
                touch=values.get("touch") or "",
                owner_id=owner,
                deputy_id=deputy,
                mrr_units=held.get(pk, 0),
                mrr_unrated=held_text(held_in(own.get(pk, {}))),
                renewal_on=renewals.get(pk),
                last_touch_on=touched.get(pk),
                excluded=values.get("excluded") or "",
                incomplete=bool(values.get("incomplete")),
                industry=values.get("industry") or "",
                prefecture=values.get("prefecture") or "",
                employees=values.get("employees"),
                started_on=started,
                health=bands.get(pk),
                owner=Named(owner, names.get(owner, "")) if owner else None,
                deputy=Named(deputy, names.get(deputy, "")) if deputy else None,
            )
        )
    return found


def _holds(key: str) -> Callable[[Then], bool]:
    return lambda row: key in row.search_key


def _tests(
    query: ListQuery, member: Member, day: date, late: Collection[int]
) -> list[Callable[[Then], bool]]:
    tests: list[Callable[[Then], bool]] = []
    for word in query.text.split():
        tests.append(_holds(search_key(word)))
    if query.owner == "me":
        tests.append(lambda row: member.pk in (row.owner_id, row.deputy_id))
    elif query.owner == "none":
        tests.append(lambda row: row.owner_id is None)
    elif query.owner.isdecimal():
        owner = int(query.owner)
        tests.append(lambda row: row.owner_id == owner)
    if query.segment:
        tests.append(lambda row: row.segment == query.segment)
    if query.touch:
        tests.append(lambda row: query.touch in row.touch)
    if query.renewal_days is not None:
        until = day + timedelta(days=query.renewal_days)
        tests.append(lambda row: row.renewal_on is not None and day <= row.renewal_on <= until)
    if query.renewal_month is not None:
        first, behind = query.renewal_month, following(query.renewal_month)
        tests.append(lambda row: row.renewal_on is not None and first <= row.renewal_on < behind)
    if query.silent_days is not None:
        limit = day - timedelta(days=query.silent_days)
        tests.append(lambda row: row.last_touch_on is None or row.last_touch_on <= limit)
    if query.excluded:
        tests.append(lambda row: bool(row.excluded) and query.excluded in ("only", row.excluded))
    if query.band == NOT_COMPUTED:
        tests.append(lambda row: row.health is None)
    elif query.band:
        code = BAND_KEYS.index(query.band)
        tests.append(lambda row: row.health is not None and row.health.band == code)
    wanted = {
        "active": lambda row: row.mrr_units > 0 or bool(row.mrr_unrated),
        "ended": lambda row: row.mrr_units == 0 and not row.mrr_unrated,
        "incomplete": lambda row: row.incomplete,
    }
    if query.state in wanted:
        tests.append(wanted[query.state])
    if query.ends:
        tests += [wanted["active"], lambda row: not row.excluded]
        begins, beyond = grid_span(day)
        lines: dict[str, Callable[[Then], bool]] = {
            "all": lambda row: True,
            "over": lambda row: row.pk in late,
            "ahead": lambda row: row.pk not in late,
            "later": lambda row: (
                row.pk not in late and row.renewal_on is not None and row.renewal_on >= beyond
            ),
            "none": lambda row: row.pk not in late and (row.renewal_on is None or row.renewal_on < begins),
        }
        tests.append(lines[query.ends])
    return tests


def chosen(member: Member, query: ListQuery, asked: Asked) -> list[Then]:
    """The rows the filters leave, for a member who may see customers."""
    if not member.may("account.view"):
        return []
    tests = _tests(query, member, asked.as_of, late_for(query, asked))
    return [row for row in rows_at(asked) if all(test(row) for test in tests)]


def ordered(rows: Sequence[Then], order: Order) -> list[Then]:
    """By the list's order; empty values last, the id ends it."""
    found = sorted(rows, key=lambda row: row.pk)
    for _key, field, descending in reversed(order.terms):
        values = {row.pk: _value(row, field) for row in found}
        present = [row for row in found if values[row.pk] is not None]
        absent = [row for row in found if values[row.pk] is None]
        found = sorted(present, key=lambda row: values[row.pk], reverse=descending) + absent
    return found


def _value(row: Then, path: str) -> Any:
    found: Any = row
    for name in path.split("__"):
        found = getattr(found, name, None)
    return found


def list_page(
    member: Member, query: ListQuery, asked: Asked, order: Order, request: HttpRequest
) -> tuple[Page, Totals]:
    """One page of that day's list, and the totals of what the filters leave."""
    rows = ordered(chosen(member, query, asked), order)
    at = request.GET.get("after", "")
    start = min(int(at), len(rows)) if at.isdecimal() and len(at) < 9 else 0
    shown = rows[start : start + SIZE]
    page = Page(
        rows=shown,
        next_url=changed_query(request, after=start + SIZE) if start + SIZE < len(rows) else "",
        previous_url=changed_query(request, after=max(0, start - SIZE)) if start else "",
        first=start == 0,
    )
    return page, totals_of(rows)


def totals_of(rows: Sequence[Then]) -> Totals:
    """Count and MRR of these rows, and how many of them no rate leads to the reporting currency."""
    return Totals(len(rows), sum(row.mrr_units for row in rows), sum(1 for row in rows if row.mrr_unrated))


__all__ = ["Then", "chosen", "list_page", "ordered", "rows_at", "totals_of"]
