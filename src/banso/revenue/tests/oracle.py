"""A second implementation of the waterfall, written from the definitions alone.

Plain Python, day by day and customer by customer, Fractions throughout, nothing shared with the
library but its dictionary rows. Slow on purpose: it must be easy to believe.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from fractions import Fraction
from typing import Any

HALF_COIN = {"JPY": Fraction(1, 2), "USD": Fraction(1, 200), "EUR": Fraction(1, 200)}
Row = dict[str, Any]


def settle(rows: list[Row], key: str) -> list[Row]:
    """Balances under half a coin at a day's close become 0: a counter-row to the day's last movement."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[(row[key] if key else None, row["currency"])].append(row)
    out = []
    for group in groups.values():
        balance = Fraction(0)
        for day in sorted({row["on"] for row in group}):
            balance += sum(row["delta"] for row in group if row["on"] == day)
            if balance and abs(balance) < HALF_COIN[group[0]["currency"]]:
                last = [row for row in group if row["on"] == day and not row.get("counter")][-1]
                out.append(last | {"delta": -balance, "counter": True})
                balance = Fraction(0)
    return rows + out


def balance(rows: list[Row], until: dt.date) -> dict[str, Fraction]:
    out: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        if row["on"] <= until:
            out[row["currency"]] += row["delta"]
    return out


def live(rows: list[Row], day: dt.date) -> bool:
    return any(amount > 0 for amount in balance(rows, day).values())


def in_force(contracts: list[Row], accounts: set[str], day: dt.date) -> bool:
    for contract in contracts:
        end = contract["ended_on"] or (None if contract["auto_renew"] else contract["ends_on"])
        if contract["account_id"] not in accounts or (end is None and not contract["auto_renew"]):
            continue
        if contract["starts_on"] <= day and (end is None or day < end):
            return True
    return False


def carry(rows: list[Row], contracts: list[Row], accounts: set[str]) -> list[Row]:
    """MRR that returns within 30 days of its last day of service was carried until the return."""
    days = sorted({row["on"] for row in rows})
    moves = []
    for at, day in enumerate(days):
        was = at > 0 and live(rows, days[at - 1])
        if not was or live(rows, day):
            continue
        returns = [later for later in days[at + 1 :] if live(rows, later)]
        if returns and (returns[0] - day).days <= 30 and not in_force(contracts, accounts, day):
            moves.append((day, returns[0]))
    out = []
    for row in rows:
        target = next((back for gone, back in moves if gone <= row["on"] < back), row["on"])
        out.append(row | {"on": target})
    return out


def rate(rates: list[Row], currency: str, day: dt.date) -> Fraction | None:
    if currency == "JPY":
        return Fraction(1)
    fitting = [r for r in rates if r["currency"] == currency and r["on"] <= day]
    return Fraction(max(fitting, key=lambda r: r["on"])["rate_to_reporting"]) if fitting else None


def prepared(
    rows: list[Row],
    as_of: dt.date | None,
    known: dt.date | None,
    customers: dict[str, Any],
    contracts: list[Row],
) -> dict[str, tuple[list[Row], set[str]]]:
    """Rows per customer after all counting rules."""
    if known:
        rows = [row for row in rows if row["known"] <= known]
    if as_of:
        rows = [row for row in rows if row["on"] <= as_of or row["known"] <= as_of]
    per: dict[str, list[Row]] = defaultdict(list)
    accounts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        customer = customers.get(row["account"], row["account"])
        if customer is not None:
            per[customer].append(row)
    for account in {c["account_id"] for c in contracts} | {row["account"] for row in rows}:
        accounts[customers.get(account, account)].add(account)
    out = {}
    for customer, own in per.items():
        own = settle(settle(own, "contract"), "")
        own = carry(own, contracts, accounts[customer])
        if as_of:
            own = [row for row in own if row["on"] <= as_of]
        out[customer] = (own, accounts[customer])
    return out


def month_of(
    per: dict[str, tuple[list[Row], set[str]]],
    month: str,
    as_of: dt.date | None,
    rates: list[Row],
    contracts: list[Row],
) -> tuple[dict[str, Fraction], dict[str, str]]:
    """The bars, and the class of every customer that has one."""
    year, number = map(int, month.split("-"))
    first = dt.date(year, number, 1)
    last = dt.date(year, number, calendar.monthrange(year, number)[1])
    after = last + dt.timedelta(days=1)
    if as_of:
        after = max(min(after, as_of), first)
    bars: dict[str, Fraction] = defaultdict(Fraction)
    kinds: dict[str, str] = {}
    eve = first - dt.timedelta(days=1)
    for customer, (rows, accounts) in per.items():
        start, end = balance(rows, eve), balance(rows, last)
        used = [c for c in set(start) | set(end) if start.get(c, 0) or end.get(c, 0)]
        at_open = {c: rate(rates, c, first) for c in used}
        if None in at_open.values():
            kinds[customer] = "missing_rate"
            continue
        o = sum((start.get(c, Fraction(0)) * (at_open[c] or 0) for c in used), Fraction(0))
        c_ = sum((end.get(c, Fraction(0)) * (at_open[c] or 0) for c in used), Fraction(0))
        restated = sum((end.get(c, Fraction(0)) * (rate(rates, c, after) or 0) for c in used), Fraction(0))
        ever = any(live(rows, row["on"]) for row in rows if row["on"] < first)
        kind = "expansion" if c_ > o else "contraction" if c_ < o else "unchanged"
        if o > 0 >= c_ and not in_force(contracts, accounts, last):
            kind = "churn"
        if o <= 0 < c_:
            if not ever:
                kind = "new"
            elif not in_force(contracts, accounts, eve):
                kind = "reactivation"
        kinds[customer] = kind
        bars["opening"] += o
        bars["closing"] += restated
        bars["fx"] += restated - c_
        bars[kind] += abs(c_ - o)
        bars["held"] += o > 0
        bars["churned"] += kind == "churn"
        if kind == "expansion":
            crossed = min(new_products(rows, eve, last, at_open), c_ - o)
            bars["cross_sell"] += crossed
    return bars, kinds


def new_products(rows: list[Row], eve: dt.date, last: dt.date, rates: dict[str, Fraction | None]) -> Fraction:
    grown = Fraction(0)
    for product in {row["product"] for row in rows} - {None}:
        own = [row for row in rows if row["product"] == product]
        if any(live(own, row["on"]) for row in own if row["on"] <= eve):
            continue
        end = balance(own, last)
        grown += max(Fraction(0), sum((a * (rates.get(c) or 0) for c, a in end.items()), Fraction(0)))
    return grown
