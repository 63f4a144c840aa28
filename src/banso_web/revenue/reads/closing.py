"""Closed months: what was reported, what it would be today, and what was entered in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from banso.revenue import Waterfall
from banso_web.accounts import counting
from banso_web.core import clock
from banso_web.core.facts import Asked
from banso_web.core.forms import value_words
from banso_web.core.metrics import MetricResult, Row, as_json, catalogue, compute, plain
from banso_web.core.models import Entry, StateVersion
from banso_web.core.registry import registry
from banso_web.revenue.models import Closing, Movement, Rate
from banso_web.revenue.reads.customers import CHURN_MONTH, COUNTED_BY, CURRENCY, counted_movements, rules_at
from banso_web.revenue.reads.months import last_day, month_waterfall, months_before, next_month
from banso_web.revenue.reads.renewals import Pending, pending_renewals

UNITS = Decimal(10_000)
#: What a closing freezes beside the waterfall: figures of the month, and figures of its last day.
OF_MONTH = (
    "nrr_monthly", "grr_monthly", "customer_churn_monthly", "customer_churn_annualised", "retention_monthly",
    "mrr_churn_monthly", "gross_revenue_churn", "net_revenue_churn", "quick_ratio",
)  # fmt: skip
TO_MONTH = (
    "nrr_12m",
    "grr_12m",
    "customer_churn_12m_avg",
    "mrr_churn_12m_avg",
    "renewal_rate",
    "renewal_rate_amount",
)
OF_LAST_DAY = ("mrr", "arr", "customers", "arpa", "planned_churn_mrr")
FROZEN = (*OF_MONTH, *TO_MONTH, *OF_LAST_DAY)
BARS = ("new", "reactivation", "expansion", "upsell", "cross_sell", "contraction", "churn", "fx")


@dataclass(frozen=True)
class Closed:
    """A closing as pages show it. `values` is {metric: its frozen --json object without rows}, `waterfall` the bars."""

    id: int
    month: date
    kind: str
    watermark: int
    as_of: date
    closed_at: datetime
    closed_by: str
    comment: str
    red_comments: Mapping[str, str]
    values: Mapping[str, Any]
    waterfall: Mapping[str, Decimal]
    rules: Mapping[str, Any]
    definitions: Mapping[str, str]
    reopened_at: datetime | None
    reopened_by: str
    reopen_reason: str

    @property
    def is_standing(self) -> bool:
        return self.reopened_at is None

    def asked(self) -> Asked:
        """The question the closing answered: the same answer for ever."""
        return Asked(as_of=self.as_of, today=clock.today(), watermark=self.watermark, pinned=True)


def _closed(row: Closing) -> Closed:
    return Closed(
        id=row.pk,
        month=row.month,
        kind=row.kind,
        watermark=row.watermark,
        as_of=date.fromisoformat(row.rules["as_of"]),
        closed_at=row.closed_at,
        closed_by=row.closed_by.name,
        comment=row.comment,
        red_comments=row.red_comments,
        values=row.values["metrics"],
        waterfall={key: Decimal(text) for key, text in row.values["waterfall"].items() if text is not None},
        rules=row.rules,
        definitions=row.definitions,
        reopened_at=row.reopened_at,
        reopened_by=row.reopened_by.name if row.reopened_by else "",
        reopen_reason=row.reopen_reason,
    )


def _rows() -> Any:
    return Closing.objects.select_related("closed_by", "reopened_by")


def standing(month: date) -> Closed | None:
    """The closing that stands for a month (its first day): the latest one that was not re-opened."""
    row = _rows().filter(month=month.replace(day=1), reopened_at=None).order_by("-id").first()
    return _closed(row) if row else None


def by_id(closing_id: int) -> Closed | None:
    row = _rows().filter(pk=closing_id).first()
    return _closed(row) if row else None


def latest(until: date | None = None) -> Closed | None:
    """The latest month with a standing closing (that ended by `until`)."""
    rows = _rows().filter(reopened_at=None)
    if until is not None:
        rows = rows.filter(month__lte=until)
    found = [_closed(row) for row in rows.order_by("-month", "-id")[:2]]
    return next((one for one in found if until is None or last_day(one.month) <= until), None)


def all_of(month: date) -> list[Closed]:
    """Every closing of a month, the latest first: 速報, 確報, re-opened ones."""
    return [_closed(row) for row in _rows().filter(month=month.replace(day=1)).order_by("-id")]


def closed_months(limit: int = 36) -> list[Closed]:
    """The standing closings, the latest month first; of 速報 and 確報 of a month the later one."""
    seen: dict[date, Closed] = {}
    for row in _rows().filter(reopened_at=None).order_by("-month", "-id")[: limit * 2]:
        seen.setdefault(row.month, _closed(row))
    return list(seen.values())[:limit]


# --- what is frozen -----------------------------------------------------------------------------------------------


def month_questions(asked: Asked, month: date) -> dict[str, tuple[Asked, date | None]]:
    """How each frozen metric is asked: of the month, or of its last day."""
    at_end = Asked(last_day(month), asked.today, asked.watermark, asked.known_at, asked.pinned)
    questions: dict[str, tuple[Asked, date | None]] = dict.fromkeys((*OF_MONTH, *TO_MONTH), (asked, month))
    return questions | dict.fromkeys(OF_LAST_DAY, (at_end, None))


def frozen_values(asked: Asked, month: date) -> dict[str, Any]:
    """{metric: its object without rows} for everything a closing freezes."""
    found = {}
    for key, (question, of_month) in month_questions(asked, month).items():
        found[key] = without_rows(compute(key, question, month=of_month))
    return found


def without_rows(result: MetricResult, excluded: int | None = None) -> dict[str, Any]:
    """The `--json` object of a result with every digit, and counts in place of rows (`excluded`: if known already)."""
    body = as_json(_light(result), digits=28)
    for name, side in (("numerator", result.numerator), ("denominator", result.denominator)):
        if side is not None:
            body[name] = {"value": body[name]["value"], "rows": len(side.rows)}
    body["excluded"] = len(result.excluded) if excluded is None else excluded
    return body


def _light(result: MetricResult) -> MetricResult:
    empty: tuple[Row, ...] = ()
    top = replace(result.numerator, rows=empty) if result.numerator else None
    bottom = replace(result.denominator, rows=empty) if result.denominator else None
    return replace(result, numerator=top, denominator=bottom, excluded=empty)


def chained_waterfall(
    asked: Asked, month: date, pending: Sequence[Pending] = ()
) -> dict[str, Decimal | None]:
    """The bars as they are reported: the opening is the closing that was signed for the month before, 締め後修正 is what
    was learnt of that month since, and opening + restatement + the bars = closing.
    """
    fall: Waterfall = month_waterfall(asked, month)
    signed = signed_before(month)
    opening = fall.opening if signed is None else signed
    bars: dict[str, Decimal | None] = {"opening": opening, "restatement": fall.opening - opening}
    bars |= {name: getattr(fall, name) for name in BARS}
    moved = fall.new + fall.reactivation + fall.expansion - fall.contraction - fall.churn + fall.fx
    bars["closing"] = fall.closing
    bars["difference"] = fall.closing - (opening + (fall.opening - opening) + moved)
    bars["pending_renewal"] = pending_sum(pending)
    bars["pending_unrated"] = Decimal(sum(1 for one in pending if one.units is None))
    bars["opening_restated"] = fall.opening
    return bars


def signed_before(month: date) -> Decimal | None:
    """The closing that was signed for the month before; None where that month is not closed."""
    before = standing(months_before(month, 1))
    return before.waterfall["closing"] if before else None


def chain_break(closed: Closed) -> Decimal | None:
    """By how much a closing's opening differs from what now stands signed for the month before: 0 where they chain,
    None where that month is not closed. It can differ while one of the two is 速報 only."""
    signed = signed_before(closed.month)
    return None if signed is None else closed.waterfall["opening"] - signed


def pending_sum(pending: Sequence[Pending]) -> Decimal:
    """更新手続中 added up, as far as rates are known; contracts without one are in no sum and named apart."""
    return Decimal(sum(one.units or 0 for one in pending)) / UNITS


def pending_at(asked: Asked, month: date) -> tuple[Pending, ...]:
    """更新手続中 at the month's end, as known for the question: what was decided by the asked day is not waiting."""
    at_end = Asked(
        min(last_day(month), asked.as_of), asked.today, asked.watermark, asked.known_at, asked.pinned
    )
    return pending_renewals(at_end, counted_movements(at_end), asked.as_of)


def rules_json(asked: Asked) -> dict[str, Any]:
    """The counting rules a closing stands on."""
    rules = rules_at(asked)
    return {
        "as_of": asked.as_of.isoformat(),
        "counted_by": rules.counted_by,
        "currency": rules.currency,
        "churn_month": rules.churn_month,
    }


def rule_words(rules: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(setting, choice) of counting rules in the reader's words; a closing of before a rule was frozen lacks it."""
    named = ((COUNTED_BY, "counted_by"), (CHURN_MONTH, "churn_month"), (CURRENCY, "currency"))
    return [
        (str(registry.settings[key].label), value_words(registry.settings[key], rules[name]))
        for key, name in named
        if name in rules
    ]


def definitions() -> dict[str, str]:
    return {key: catalogue[key].version for key in FROZEN}


# --- reported beside restated --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Beside:
    """One figure as reported and as it would be now; `difference` None where one of them is 算出不可, with its reason."""

    key: str
    unit: str
    reported: Decimal | None
    restated: Decimal | None
    reported_reason: str = ""
    restated_reason: str = ""

    @property
    def changed(self) -> bool:
        return self.reported != self.restated

    @property
    def difference(self) -> Decimal | None:
        if self.reported is None or self.restated is None:
            return None
        return self.restated - self.reported


def reported_beside_restated(closed: Closed, asked: Asked) -> list[Beside]:
    """Every frozen figure beside today's answer to the same question (締め後修正)."""
    found = []
    for key, (question, of_month) in month_questions(asked, closed.month).items():
        frozen = closed.values[key]
        now = compute(key, question, month=of_month)
        reported = None if frozen["value"] is None else Decimal(frozen["value"])
        restated = None if now.value is None else Decimal(plain(now.value, 28) or 0)
        found.append(Beside(key, now.unit, reported, restated, frozen["reason"] or "", str(now.reason or "")))
    return found


def bars_beside(closed: Closed, asked: Asked) -> list[Beside]:
    """The bars of the waterfall, reported and restated."""
    fall = month_waterfall(asked, closed.month)
    unit = str(closed.rules["currency"])
    names = ("opening", *BARS, "closing")
    reported = dict(closed.waterfall) | {"opening": closed.waterfall["opening_restated"]}
    return [Beside(name, unit, reported.get(name), getattr(fall, name)) for name in names]


def replay(closed: Closed) -> dict[str, Any]:
    """The same figures computed again at the closing's watermark. Must equal `closed.values`."""
    return frozen_values(closed.asked(), closed.month)


def replay_differences(closed: Closed) -> list[str]:
    """Metrics and bars whose replay differs from what was frozen, empty as it should be. A metric whose definition got a new
    version since is left out: its frozen value stands, the new formula is another metric."""
    again = replay(closed)
    same = [key for key in again if catalogue[key].version == closed.definitions.get(key)]
    # Notes carry customers' names, which may be erased; figures may not differ.
    compared = ("value", "reason", "numerator", "denominator", "parts", "n", "interval")
    found = [key for key in same if any(again[key][name] != closed.values[key][name] for name in compared)]
    bars, asked = closed.waterfall, closed.asked()
    fall = month_waterfall(asked, closed.month)
    stand = {
        "opening_restated": fall.opening,
        "closing": fall.closing,
        **{name: getattr(fall, name) for name in BARS},
    }
    if catalogue["renewal_rate"].version == closed.definitions.get("renewal_rate"):
        stand["pending_renewal"] = pending_sum(pending_at(asked, closed.month))  # listed by the same rule
    found += [name for name, amount in stand.items() if plain(bars[name], 28) != plain(amount, 28)]
    return found


@dataclass(frozen=True)
class Correction:
    """締め後修正: one entry made after the closing that touches the month or a day before it."""

    entry_id: int
    seq: int
    entered_at: datetime
    by: str
    kind: str
    label: str
    voided: bool
    movements: int
    amount: Decimal
    states: int


def corrections(closed: Closed, until: int) -> list[Correction]:
    """What was entered or undone after the closing's watermark, up to `until`, that the month's figures may stand on.

    `amount` is what an entry changed of the movements that count, in their own currencies: a corrected row adds its
    difference, a row taken back its opposite. Dated states, merges and rates have no amount.
    """
    last = last_day(closed.month)
    came = Q(seq__gt=closed.watermark, seq__lte=until)
    went = Q(voided_seq__gt=closed.watermark, voided_seq__lte=until)
    gone_again = Q(
        seq__gt=closed.watermark, voided_seq__lte=until
    )  # entered and undone in between: nothing remains
    entries = list(
        Entry.objects.filter(came | went)
        .exclude(gone_again)
        .select_related("actor", "voided_by")
        .order_by("seq")
    )
    ids = [entry.pk for entry in entries]
    moved = _moved(entries, closed.watermark, last)
    stated = StateVersion.objects.filter(entry__in=ids, subject__in=("account", "contract", "setting"))
    reaching = stated.exclude(valid_from__gt=last).order_by().values("entry").annotate(count=Count("pk"))
    states = {row["entry"]: row["count"] for row in reaching}
    for entry_id in (*counting.merge_entries(ids), *_rated(ids, last)):
        states[entry_id] = states.get(entry_id, 0) + 1
    return [
        _correction(entry, closed, moved, states)
        for entry in entries
        if entry.pk in moved or entry.pk in states
    ]


def _rated(entries: Sequence[int], last: date) -> list[int]:
    """The entry of every rate these entries gave that the month can stand on: its closing is at the next month's opening rates."""
    rates = Rate.objects.filter(entry__in=entries, on__lte=next_month(last.replace(day=1)))
    return list(rates.order_by().values_list("entry_id", flat=True))


def _moved(entries: Sequence[Entry], closed_at: int, last: date) -> dict[int, tuple[int, int]]:
    """{entry: (its movements up to the day, what they changed)}. Codes with one row are added up by the database; of
    the others, what counted before the entry came (or went) is taken from what counted after it."""
    ids = [entry.pk for entry in entries]
    rows = Movement.objects.filter(entry__in=ids, effective_on__lte=last)
    listed = rows.order_by().values("entry")
    doubled = Movement.objects.filter(entry__in=ids, contested=True).values("code")
    # A row that came after all others of its code were gone is not contested, and its code is among the doubled all the same.
    plain = listed.filter(contested=False).exclude(code__in=doubled)
    plain_sums = dict(plain.annotate(total=Sum("delta_units")).values_list("entry", "total"))
    counts = dict(listed.annotate(count=Count("pk")).values_list("entry", "count"))
    history: dict[str, list[tuple[int, int | None, int]]] = {}  # code -> (came, went, units up to the day)
    codes_of: dict[int, set[str]] = {}
    fields = ("code", "entry", "entry__seq", "entry__voided_seq", "is_void", "effective_on", "delta_units")
    every = Movement.objects.filter(code__in=doubled).exclude(entry__seq=None).order_by()
    for code, entry, came, went, is_void, on, units in every.values_list(*fields).iterator(chunk_size=20_000):
        history.setdefault(code, []).append((came, went, 0 if is_void or on > last else units))
        codes_of.setdefault(entry, set()).add(code)
    found = {}
    for entry in entries:
        assert entry.seq is not None
        undone = entry.seq <= closed_at
        at = (entry.voided_seq or 0) if undone else entry.seq
        total = plain_sums.get(entry.pk, 0) * (-1 if undone else 1)
        for code in codes_of.get(entry.pk, ()):
            total += _units_at(history[code], at) - _units_at(history[code], at - 1)
        if counts.get(entry.pk) or total:
            found[entry.pk] = (counts.get(entry.pk, 0), total)
    return found


def _units_at(rows: Sequence[tuple[int, int | None, int]], mark: int) -> int:
    """What counts of one code at a watermark: the rows of its latest effective entry."""
    counting_rows = [row for row in rows if row[0] <= mark and (row[1] is None or row[1] > mark)]
    latest = max((row[0] for row in counting_rows), default=0)
    return sum(row[2] for row in counting_rows if row[0] == latest)


def _correction(
    entry: Entry, closed: Closed, moved: Mapping[int, tuple[int, int]], states: Mapping[int, int]
) -> Correction:
    undone = entry.seq is not None and entry.seq <= closed.watermark
    count, total = moved.get(entry.pk, (0, 0))  # the total is signed already where the entry was undone
    actor = entry.voided_by if undone else entry.actor
    assert entry.seq is not None and entry.entered_at is not None
    return Correction(
        entry_id=entry.pk,
        seq=(entry.voided_seq or 0) if undone else entry.seq,
        entered_at=(entry.voided_at or entry.entered_at) if undone else entry.entered_at,
        by=actor.name if actor else "",
        kind=entry.kind,
        label=entry.label,
        voided=undone,
        movements=count,
        amount=Decimal(total) / UNITS,
        states=states.get(entry.pk, 0),
    )


@dataclass(frozen=True)
class BridgeLine:
    """One step from the closed MRR to the accounts' MRR."""

    kind: str
    amount: Decimal
    note: str


def bridge(closed: Closed) -> tuple[list[BridgeLine], Decimal]:
    """The bridge's lines, and the accounts' MRR they lead to."""
    rows = Closing.objects.get(pk=closed.id).bridge.order_by("pk").values_list("kind", "amount_units", "note")
    lines = [BridgeLine(kind, Decimal(units) / UNITS, note) for kind, units, note in rows]
    return lines, closed.waterfall["closing"] + sum((line.amount for line in lines), Decimal(0))


def signed_pending(closed: Closed) -> list[tuple[int, dict[str, Any]]]:
    """The 更新手続中 list as it was signed: (customer, line); `mrr` None where no rate led to the reporting currency,
    `held` in its own currencies."""
    rows = Closing.objects.get(pk=closed.id).rows.filter(part="pending_renewal").order_by("pk")
    return [(row.account_id, row.payload) for row in rows]


def frozen_rows(closed: Closed, part: str) -> list[dict[str, Any]]:
    """The rows of a part as they were frozen (the `--json` form)."""
    rows = Closing.objects.get(pk=closed.id).rows.filter(part=part).order_by("pk")
    return [row.payload for row in rows]
