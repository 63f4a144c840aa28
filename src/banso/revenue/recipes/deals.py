"""Won deals by kind: 新規, 更新, 増額, 減額, 解約."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from banso.money import MoneyError, to_units
from banso.revenue.recipes.dates import CANCEL_READINGS, EndReading, changes_month, last_day
from banso.revenue.recipes.preview import preview_of
from banso.revenue.recipes.rows import (
    Cause,
    Collector,
    Derived,
    Mark,
    Row,
    RowProblem,
    day,
    number,
    place,
    text,
    ymd,
)

DealKind = Literal["new", "renewal", "increase", "decrease", "end"]
_WORDS: Mapping[str, DealKind] = {
    "new": "new", "新規": "new", "新規契約": "new", "新規受注": "new",
    "renewal": "renewal", "更新": "renewal", "契約更新": "renewal", "継続": "renewal",
    "increase": "increase", "増額": "increase", "アップセル": "increase", "クロスセル": "increase", "追加": "increase",
    "upsell": "increase", "cross_sell": "increase",
    "decrease": "decrease", "減額": "decrease", "ダウングレード": "decrease", "縮小": "decrease", "downgrade": "decrease",
    "end": "end", "解約": "end", "終了": "end", "churn": "end",
}  # fmt: skip
_ORDER: Mapping[DealKind, int] = {"new": 0, "renewal": 1, "increase": 2, "decrease": 3, "end": 4}


@dataclass(frozen=True, slots=True)
class _Deal:
    row: int
    kind: DealKind
    on: date
    units: int | None
    name: str
    key: tuple[str, str, str, str]  # account, contract, product, currency


def from_won_deals(
    rows: Iterable[Row],
    *,
    change_amounts: Literal["delta", "level"] = "delta",
    cancel_reading: EndReading = "last_day",
    kinds: Mapping[str, DealKind] | None = None,
    sheet_totals: Mapping[date, Decimal] | None = None,
    currency: str = "JPY",
) -> Derived:
    """Movements from won deals. Pure; row order does not matter (a day's deals go new, renewal, up, down, end).

    Rows: ``account_id``, ``kind`` (the words above, or the company's own through `kinds`), a day (``effective_on``, else
    ``starts_on``, else ``closed_on``), ``mrr``; optional ``deal_id``, ``contract_id``, ``product``, ``currency``, ``row``.

    新規 and 更新 carry the new monthly amount; 増額 and 減額 carry the difference, with or without sign
    (`change_amounts="level"`: the new amount). 解約 ends what the customer has of that contract and product, dated its
    last day of service by `cancel_reading`; a smaller amount on it is a partial end (marked). An end with nothing to end
    and a decrease below zero are problems. A later deal that names no contract or product means the one the customer has
    (an end: all of them). Ids are ``deal:<deal_id>``.
    """
    out = Collector()
    deals = []
    shifts: dict[EndReading, int] = {}
    for at, row in enumerate(rows):
        deal = _read(row, place(row, at), kinds or {}, cancel_reading, currency, out, shifts)
        if deal is not None:
            deals.append(deal)
    levels: dict[tuple[str, str, str, str], int] = {}
    held: set[tuple[str, str]] = set()
    for deal in sorted(deals, key=lambda d: (d.on, _ORDER[d.kind], d.name, d.units or 0)):
        targets = _targets(deal, levels)
        for target in targets:
            # An amount cannot be shared out among several: all of each ends.
            units = deal.units if len(targets) == 1 else None
            _apply(replace(deal, key=target, units=units), levels, held, change_amounts, out)
    movements = out.finished()
    preview = preview_of(
        movements, sheet_totals=sheet_totals, currency=currency, end_shifts={"cancel_reading": shifts}
    )
    return Derived(movements, preview, tuple(out.problems), tuple(out.marks))


def _read(
    row: Row, at: int, kinds: Mapping[str, DealKind], reading: EndReading, currency: str, out: Collector,
    shifts: dict[EndReading, int],
) -> _Deal | None:  # fmt: skip
    account, word = text(row, "account_id"), text(row, "kind")
    kind = kinds.get(word) or _WORDS.get(word.casefold())
    on = day(row, "effective_on") or day(row, "starts_on") or day(row, "closed_on")
    amount = number(row, "mrr")
    problem = (
        RowProblem("no_account", at, "account_id") if not account
        else RowProblem("no_kind", at, "kind", word) if kind is None
        else RowProblem("no_date", at, "effective_on") if on is None
        else RowProblem("no_amount", at, "mrr") if amount is None and kind != "end"
        else None
    )  # fmt: skip
    if problem is not None or kind is None or on is None:
        out.problems.append(problem or RowProblem("no_date", at))
        return None
    if kind == "end":
        for other, moved in changes_month(on, reading, CANCEL_READINGS, day(row, "ends_on")).items():
            shifts[other] = shifts.get(other, 0) + moved
        on = last_day(on, reading, day(row, "ends_on"))
    contract, product = text(row, "contract_id"), text(row, "product")
    name = text(row, "deal_id") or f"{account}:{contract}:{product}:{ymd(on)}:{kind}"
    try:
        units = None if amount is None else to_units(amount)
    except MoneyError:
        out.problems.append(RowProblem("amount_too_large", at, "mrr"))
        return None
    return _Deal(at, kind, on, units, name, (account, contract, product, text(row, "currency") or currency))


def _targets(deal: _Deal, levels: Mapping[tuple[str, str, str, str], int]) -> list[tuple[str, str, str, str]]:
    """What a deal is about: its own key; where that has nothing, what it may mean by leaving contract or product empty.

    An end without product ends all the customer has; a change or renewal takes the one thing there is.
    """
    if deal.kind == "new" or levels.get(deal.key):
        return [deal.key]
    meant = [
        key for key, level in sorted(levels.items())
        if level and key[0] == deal.key[0] and key[3] == deal.key[3]
        and all(mine in {"", theirs} for mine, theirs in zip(deal.key[1:3], key[1:3], strict=True))
    ]  # fmt: skip
    return meant if meant and (deal.kind == "end" or len(meant) == 1) else [deal.key]


def _apply(
    deal: _Deal, levels: dict[tuple[str, str, str, str], int], held: set[tuple[str, str]],
    change_amounts: Literal["delta", "level"], out: Collector,
) -> None:  # fmt: skip
    account, contract, product, money = deal.key
    level = levels.get(deal.key, 0)
    change = _change(deal, level, change_amounts, out)
    if change is None:
        return
    if level + change < 0:
        out.problems.append(RowProblem("below_zero", deal.row, "mrr"))
        return
    levels[deal.key] = level + change
    cause: Cause
    if deal.kind == "end":
        cause = "churn" if level + change == 0 else "downgrade"
    elif level == 0:
        cause = "reactivation" if (account, product) in held else "new"
    else:
        cause = "upsell" if change > 0 else "downgrade"
    held.add((account, product))
    out.move(
        f"deal:{deal.name}", account=account, on=deal.on, units=change, currency=money, cause=cause, contract=contract,
        product=product,
    )  # fmt: skip


def _change(deal: _Deal, level: int, amounts: Literal["delta", "level"], out: Collector) -> int | None:
    """The change a deal makes to the level it meets; None (with a problem) for an end of nothing."""
    account, contract = deal.key[0], deal.key[1]
    units = deal.units or 0
    if deal.kind == "end":
        if level == 0:
            out.problems.append(RowProblem("end_without_start", deal.row, "kind"))
            return None
        if 0 < abs(units) < level:
            out.marks.append(Mark("partial_end", account, contract, deal.on, deal.row))
            return -abs(units)
        return -level
    if deal.kind == "new":
        return units
    if deal.kind == "renewal":
        if level == 0:
            out.marks.append(Mark("renewal_without_start", account, contract, deal.on, deal.row))
        return units - level
    if level == 0 and deal.kind == "increase":
        out.marks.append(Mark("change_without_start", account, contract, deal.on, deal.row))
    if amounts == "level":
        return units - level
    return abs(units) if deal.kind == "increase" else -abs(units)
