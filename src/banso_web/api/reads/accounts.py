"""Customers with the canonical column names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import Http404

from banso.money import from_units
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.actions.editing import latest_entry
from banso_web.accounts.reads.codes import account_codes
from banso_web.api.paging import in_memory, keyset
from banso_web.api.reads.states import Values, values_of, words
from banso_web.core.facts import Asked
from banso_web.core.metrics import plain
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import ListQuery, customers
from banso_web.members.reads import codes_by_id

if TYPE_CHECKING:
    from banso_web.members.models import Member

# order: (field of the row, its JSON type, descending)
ORDERS: dict[str, tuple[str, type, bool]] = {
    "id": ("pk", int, False),
    "name": ("sort_key", str, False),
    "-name": ("sort_key", str, True),
    "mrr": ("mrr_units", int, False),
    "-mrr": ("mrr_units", int, True),
}
PLAIN = (
    "name", "kana", "corporate_number", "industry", "segment", "employees", "prefecture", "fiscal_month",
    "budget_month", "started_on", "excluded", "success_definition",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What other facts say of the customer on the asked day."""

    mrr_units: int
    renewal_on: date | None
    last_touch_on: date | None
    mrr_unrated: str = ""  # in words, where a currency has no rate: the MRR is null then, and never 0


def find(member: Member, code: str) -> Any:
    """The customer by account_id; `~12` is the internal id (for ids with a slash). 404 for what is not theirs to see."""
    rows = visible_accounts(member)
    found = rows.filter(code=code).first()
    if found is None and code[:1] == "~" and code[1:].isdecimal() and len(code) < 19:
        found = rows.filter(pk=int(code[1:])).first()
    if found is None:
        raise Http404
    return found


def exactly(member: Member, code: str) -> Any:
    """The customer with this account_id and no other, or 404."""
    found = visible_accounts(member).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def page(
    member: Member, query: ListQuery, asked: Asked, sort: str, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of customers that the filters leave, on the asked day, and the cursor behind it."""
    field, kind, down = ORDERS[sort]
    if asked.is_today:
        order = [(f"-{field}" if down else field, kind)] if field != "pk" else []
        rows, behind = keyset(customers(member, query, asked.today), cursor, limit, [*order, ("pk", int)])
        figures = {
            row.pk: Figures(row.mrr_units, row.renewal_on, row.last_touch_on, row.mrr_unrated) for row in rows
        }
        return shown(member, rows, asked, figures), behind
    listed = snapshot.chosen(member, query, asked)
    then, behind = _then_page(listed, field, kind, down, cursor, limit)
    figures = {
        row.pk: Figures(row.mrr_units, row.renewal_on, row.last_touch_on, row.mrr_unrated) for row in then
    }
    stored = visible_accounts(member).in_bulk([row.pk for row in then])
    return shown(member, [stored[row.pk] for row in then if row.pk in stored], asked, figures), behind


def _then_page(
    listed: Sequence[Any], field: str, kind: type, down: bool, cursor: str | None, limit: int
) -> tuple[list[Any], str | None]:
    if field == "pk":
        return in_memory(listed, cursor, limit, lambda row: (row.pk,), [int])
    if not down:
        return in_memory(listed, cursor, limit, lambda row: (getattr(row, field), row.pk), [kind, int])
    if kind is int:
        return in_memory(listed, cursor, limit, lambda row: (-getattr(row, field), row.pk), [int, int])
    upside = sorted(listed, key=lambda row: row.pk)
    upside = sorted(upside, key=lambda row: str(getattr(row, field)), reverse=True)
    place = {row.pk: at for at, row in enumerate(upside)}
    return in_memory(upside, cursor, limit, lambda row: (place[row.pk],), [int])


def one(member: Member, row: Any, asked: Asked) -> dict[str, Any]:
    """One customer on the asked day; 404 where nothing was known of it by then."""
    if asked.is_today:
        figures = Figures(row.mrr_units, row.renewal_on, row.last_touch_on, row.mrr_unrated)
    else:
        then = next((line for line in snapshot.rows_at(asked) if line.pk == row.pk), None)
        if then is None:
            raise Http404
        figures = Figures(then.mrr_units, then.renewal_on, then.last_touch_on, then.mrr_unrated)
    found = shown(member, [row], asked, {row.pk: figures})
    if not found:
        raise Http404
    return found[0]


def etag(account_id: int) -> str:
    """The version an edit stands on: the latest entry with a version of the customer."""
    return f'"{latest_entry(account_id)}"'


def shown(
    member: Member, rows: Sequence[Any], asked: Asked, figures: Mapping[int, Figures]
) -> list[dict[str, Any]]:
    """Rows as objects. MRR is for those who may see money."""
    pairs = values_of(rows, asked)
    people = codes_by_id(values.get(key) for _row, values in pairs for key in ("owner_id", "deputy_id"))
    parents = account_codes(values.get("parent_id") for _row, values in pairs)
    sees_money = member.may("revenue.view")
    return [_account(row, values, figures[row.pk], people, parents, sees_money) for row, values in pairs]


def _account(
    row: Any,
    values: Values,
    figures: Figures,
    people: Mapping[int | None, tuple[str, str]],
    parents: Mapping[int | None, str],
    sees_money: bool,
) -> dict[str, Any]:
    owner, deputy = people.get(values["owner_id"]), people.get(values["deputy_id"])
    return {
        "id": row.pk,
        "account_id": row.code,
        **{name: values[name] if values[name] != "" else None for name in PLAIN},
        "parent_id": parents.get(values["parent_id"]),
        "touch": words(values["touch"]),
        "community": bool(values["community"]),
        "owner": owner[0] if owner else None,
        "owner_name": owner[1] if owner else None,
        "deputy": deputy[0] if deputy else None,
        "deputy_name": deputy[1] if deputy else None,
        "incomplete": row.incomplete,
        "custom": row.custom,
        "mrr": plain(from_units(figures.mrr_units), 20) if sees_money and not figures.mrr_unrated else None,
        "mrr_unrated": (figures.mrr_unrated or None) if sees_money else None,
        "renewal_on": figures.renewal_on,
        "last_touch_on": figures.last_touch_on,
        "hidden": [] if sees_money else ["mrr"],
    }
