"""A metric's answer as the caller may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.accounts.access import visible_accounts
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.metrics import MetricResult, MetricSpec, Row, Side, rows_of, spec_of

if TYPE_CHECKING:
    from banso_web.members.models import Member


def permitted(member: Member, key: str) -> MetricSpec:
    """The metric; Refused (422) for an unknown key, 403 where the figure is not the member's to see."""
    spec = spec_of(key)
    if not member.may(spec.permission):
        raise Forbidden(_("この数字を見る権限がありません。"))
    return spec


def without_the_hidden(member: Member, result: MetricResult) -> MetricResult:
    """The same number with the names, ids and movements of customers that the member may not see taken out of its rows."""
    sides = [side.rows for side in (result.numerator, result.denominator) if side]
    seen = _seen(member, [*sides, result.excluded])
    return replace(
        result,
        numerator=_side(result.numerator, seen),
        denominator=_side(result.denominator, seen),
        excluded=hide(result.excluded, seen),
    )


def visible_rows(member: Member, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of one part, likewise."""
    return hide(rows, _seen(member, [rows]))


def _seen(member: Member, lists: Sequence[Sequence[Row]]) -> set[int]:
    wanted = {row.account_id for rows in lists for row in rows if row.account_id is not None}
    if not wanted:
        return set()
    shown = set(visible_accounts(member).values_list("pk", flat=True))
    return wanted & shown


def _side(side: Side | None, seen: set[int]) -> Side | None:
    return replace(side, rows=hide(side.rows, seen)) if side else None


def hide(rows: Sequence[Row], seen: set[int]) -> Sequence[Row]:
    """What is seen stays as it is; of the rest only the amounts, under an empty id."""
    return [row if row.account_id is None or row.account_id in seen else _hidden(row) for row in rows]


def _hidden(row: Row) -> Row:
    return replace(
        row, account_id=0, code="", name=_("(表示する権限がありません)"), movements=(), reason="", extra={}
    )


def parts_of(result: MetricResult) -> list[str]:
    """Every part whose rows can be asked."""
    named = [name for name in ("numerator", "denominator") if getattr(result, name)]
    return [*named, *result.part_rows, "excluded"]


def part(result: MetricResult, name: str) -> tuple[Sequence[Row], Any]:
    """(rows, the value they must reproduce or None); Refused for a part that the metric does not have."""
    known = parts_of(result)
    if name not in known:
        text = _("「%(part)s」という内訳はありません。見られる内訳: %(parts)s")
        raise Refused(text % {"part": name[:40], "parts": ", ".join(known)}, code="bad_part")
    side: Mapping[str, Side | None] = {"numerator": result.numerator, "denominator": result.denominator}
    found = side.get(name)
    return rows_of(result, name), found.value if found else result.parts.get(name)
