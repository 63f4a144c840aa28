"""From the library's lines to rows a reader can open: names, amounts, the movements behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import F

from banso.revenue import Line, Lines
from banso_web.accounts import counting
from banso_web.core.clock import JST
from banso_web.core.metrics import MovementLine, Row, Rows
from banso_web.revenue.metrics import words
from banso_web.revenue.models import Movement
from banso_web.revenue.reads.customers import Counted
from banso_web.revenue.reads.planned import PlannedEnd

UNITS = Decimal(10_000)


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


def line_rows(
    lines: Lines,
    counted: Counted,
    *,
    amount: Callable[[Line], Decimal],
    movements: bool,
    part: str = "",
) -> Rows:
    """One row per line, read when looked at. `movements`: with what was written in the month, and the reason."""
    return Rows(len(lines), lambda: _rows(list(lines), counted, amount, movements, part))


def _rows(
    lines: Sequence[Line], counted: Counted, amount: Callable[[Line], Decimal], movements: bool, part: str
) -> list[Row]:
    names = counting.called([int(line.customer) for line in lines])
    behind = written((pk for line in lines for pk in line.rows), counted) if movements else {}
    reasons = counting.end_reasons(item.contract_id for item in behind.values() if item.contract_id)
    out = []
    for line in lines:
        key = int(line.customer)
        called = names.get(key)
        moved = [behind[pk] for pk in line.rows if pk in behind]
        out.append(
            Row(
                account_id=key,
                code=called.code if called else str(key),
                name=called.name if called else "",
                part=part or line.kind,
                amount=amount(line),
                opening=line.opening,
                closing=line.closing,
                on=max((item.line.on for item in moved), default=None),
                reason=_reason(line, moved, reasons),
                movements=tuple(item.line for item in moved),
                extra=_extra(line, called),
            )
        )
    return sorted(out, key=lambda row: (-(row.amount or 0), row.code))


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
