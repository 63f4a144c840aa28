"""From the library's lines to rows a reader can open: names, amounts, the movements behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any, overload

import numpy as np
from django.db.models import F
from numpy.typing import NDArray

from banso.revenue import Line, Lines, exact
from banso_web.accounts import counting
from banso_web.core.clock import JST
from banso_web.core.metrics import MovementLine, Row, Rows
from banso_web.revenue.metrics import words
from banso_web.revenue.models import Movement
from banso_web.revenue.reads.customers import Counted
from banso_web.revenue.reads.planned import PlannedEnd

UNITS = Decimal(10_000)
KEPT_ROWS = 2_000  # so many are made at once; more are not kept
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Written:
    """A movement as it was written, for showing."""

    line: MovementLine
    account_id: int
    contract_id: int | None


def written(pks: Iterable[int], counted: Counted) -> dict[int, Written]:
    """Movements by the row ids the library gives back; negative ids are what an exclusion made."""
    wanted = sorted(set(pks))
    found: dict[int, Written] = {}
    stored = [pk for pk in wanted if pk >= 0]
    for start in range(0, len(stored), counting.CHUNK):
        rows = Movement.objects.filter(pk__in=stored[start : start + counting.CHUNK])
        for row in rows.annotate(contract_code=F("contract__code")):
            line = MovementLine(
                code=row.code,
                on=row.effective_on,
                amount=Decimal(row.delta_units) / UNITS,
                currency=row.currency,
                reason=row.reason,
                cause=row.cause,
                product=row.product,
                recorded_at=row.recorded_at,
                contract=row.contract_code or "",
                note=row.note,
            )
            found[row.pk] = Written(line, row.account_id, row.contract_id)
    for pk in wanted:
        if pk < 0 and pk in counted.synthetic:
            found[pk] = _made(pk, counted)
    return found


def _made(pk: int, counted: Counted) -> Written:
    made = counted.synthetic[pk]
    text = f"{words.EXCLUSION_CHANGED} ({words.EXCLUDED.get(made.excluded, made.excluded)})"
    moment = datetime.combine(made.on, time.min, tzinfo=JST)
    line = MovementLine("", made.on, Decimal(made.delta_units) / UNITS, made.currency, text, "", "", moment)
    return Written(line, made.account_id, None)


class ByAmount(Rows):
    """Rows that stand on columns: the largest amount first, equal amounts by the customer's code.

    `amounts` gives whole numbers of 1/10**`places`, `customers` the internal ids at some places of the columns, `make`
    the rows at some places. Names and movements are looked up for the rows somebody looks at, and a slice makes no row
    beside its own. Whoever runs through many is given them in chunks, and they are not kept.
    """

    def __init__(
        self,
        size: int,
        amounts: Callable[[], NDArray[Any]],
        places: int,
        customers: Callable[[Places], Sequence[int]],
        make: Callable[[Places], list[Row]],
    ) -> None:
        super().__init__(size, lambda: self._made(0, size))
        self._amounts, self._places, self._customers, self._rows_at = amounts, places, customers, make

    @cached_property
    def _sorted(self) -> tuple[NDArray[Any], Places]:
        """(amounts, places of the columns), the largest first."""
        amounts = self._amounts()
        order = np.argsort(-amounts, kind="stable")
        return amounts[order], order

    def total(self) -> Decimal:
        return exact(int(sum(self._sorted[0].tolist())), self._places)

    def unrated(self) -> int:
        return 0  # what stands on columns of the reporting currency has its rate

    def with_amount(self) -> int:
        return int(np.count_nonzero(self._sorted[0]))

    def __iter__(self) -> Iterator[Row]:
        if len(self) <= KEPT_ROWS:
            yield from self._read()
            return
        order = self._by_code(0, len(self))
        for start in range(0, len(order), KEPT_ROWS):
            yield from self._rows_at(order[start : start + KEPT_ROWS])

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if len(self) <= KEPT_ROWS:
            return self._read()[index]
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            return self._made(start, stop)[::step] if step > 0 else tuple(self)[index]
        at = range(len(self))[index]
        return self._made(at, at + 1)[0]

    def _made(self, start: int, stop: int) -> list[Row]:
        return self._rows_at(self._by_code(start, stop)) if start < stop else []

    def _by_code(self, start: int, stop: int) -> Places:
        """What stands at these places of the whole order. Only who stands in a tie with it is asked for a code."""
        amounts, order = self._sorted
        if not len(amounts):
            return order
        falling = -amounts
        low = int(np.searchsorted(falling, falling[start], side="left"))
        high = int(np.searchsorted(falling, falling[stop - 1], side="right"))
        near = order[low:high]
        keys = self._customers(near)
        codes = counting.codes(keys)
        named = sorted(
            zip(amounts[low:high].tolist(), keys, near.tolist(), strict=True),
            key=lambda item: (-item[0], codes.get(item[1], str(item[1]))),
        )
        return np.array([place for _, _, place in named[start - low : stop - low]], dtype=np.int64)


Measure = Callable[[Lines], NDArray[Any]]  # one amount a line, as whole numbers of 1/10**lines.places


def units(name: str) -> Measure:
    """The measure of that name (see the library's `Lines.units`)."""
    return lambda lines: lines.units(name)


def line_rows(lines: Lines, counted: Counted, *, amount: Measure, movements: bool, part: str = "") -> Rows:
    """One row per line, read when looked at. `movements`: with what was written in the month, and the reason."""
    return ByAmount(
        len(lines),
        lambda: amount(lines),
        lines.places,
        lambda places: [int(key) for key in lines.customers(places)],
        lambda places: _rows(lines.at(places), counted, amount, movements, part),
    )


def _rows(lines: Lines, counted: Counted, amount: Measure, movements: bool, part: str) -> list[Row]:
    shown, amounts = list(lines), amount(lines).tolist()
    names = counting.called([int(line.customer) for line in shown])
    behind = written((pk for line in shown for pk in line.rows), counted) if movements else {}
    reasons = counting.end_reasons(item.contract_id for item in behind.values() if item.contract_id)
    out = []
    for line, held in zip(shown, amounts, strict=True):
        key = int(line.customer)
        called = names.get(key)
        moved = [behind[pk] for pk in line.rows if pk in behind]
        out.append(
            Row(
                account_id=key,
                code=called.code if called else str(key),
                name=called.name if called else "",
                part=part or line.kind,
                amount=exact(held, lines.places),
                opening=line.opening,
                closing=line.closing,
                on=max((item.line.on for item in moved), default=None),
                reason=_reason(line, moved, reasons),
                movements=tuple(item.line for item in moved),
                extra=_extra(line, called),
            )
        )
    return out


def _reason(line: Line, moved: Sequence[Written], reasons: dict[int, str]) -> str:
    """Why it happened: what the lowering movement says, else what its contract says, else 理由未確認 for a churn."""
    if line.kind not in ("churn", "contraction"):
        return next((item.line.reason for item in reversed(moved) if item.line.reason), "")
    for item in reversed(moved):
        if item.line.amount < 0:
            text = item.line.reason or (reasons.get(item.contract_id, "") if item.contract_id else "")
            if text:
                return text
    return str(words.CAUSE_UNKNOWN) if line.kind == "churn" else ""


def _extra(line: Line, called: counting.Called | None) -> dict[str, object]:
    extra: dict[str, object] = {}
    if line.kind == "churn" and called:
        extra["last_touch_on"] = called.last_touch_on
    if line.kind == "expansion" and line.cross_sell:
        extra |= {"upsell": line.upsell, "cross_sell": line.cross_sell}
    if line.paused or line.resumed:
        extra["paused"] = line.paused
    return extra


def called_row(
    names: dict[int, counting.Called],
    key: int,
    *,
    part: str,
    reason: str,
    amount: Decimal | None = None,
    on: date | None = None,
    movements: tuple[MovementLine, ...] = (),
) -> Row:
    """A row of one customer by internal id."""
    called = names.get(key)
    code, name = (called.code, called.name) if called else (str(key), "")
    return Row(key, code, name, part=part, amount=amount, on=on, reason=reason, movements=movements)


def held_json(held: Iterable[tuple[str, int]]) -> list[dict[str, object]]:
    """Amounts in their own currencies, where no rate leads to the reporting one."""
    return [{"currency": currency, "mrr": Decimal(units) / UNITS} for currency, units in held]


def planned_rows(ends: Sequence[PlannedEnd]) -> list[Row]:
    """Announced ends with the day of the last service and of the announcement."""
    names = counting.called([end.account_id for end in ends])
    codes = counting.contract_codes(end.contract_id for end in ends if end.contract_id)
    out = []
    for end in ends:
        called = names.get(end.account_id)
        out.append(
            Row(
                account_id=end.account_id,
                code=called.code if called else str(end.account_id),
                name=called.name if called else "",
                part="planned_churn",
                amount=None if end.units is None else Decimal(end.units) / UNITS,
                on=end.ends_on,
                reason=str(words.EXCLUDED["missing_rate"]) if end.units is None else "",
                extra={
                    **({"held": held_json(end.held)} if end.units is None else {}),
                    "notified_on": end.notified_on,
                    "contract_id": codes.get(end.contract_id, "") if end.contract_id else "",
                },
            )
        )
    return out
