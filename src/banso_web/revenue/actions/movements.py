"""A change of MRR by hand: from which day, why, how much. Its class is always derived, never taken from the cause.

A contract with movements of its own takes a new row (a correction supersedes it, a void takes it out). A contract whose
movements follow its terms takes another price from that day, so that a later ledger still reads the same contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils.translation import gettext as _

from banso.money import from_units, is_residue, to_units
from banso_web.accounts.actions import cleaning
from banso_web.accounts.actions.contracts import editable_contract, hold_contract, label_of
from banso_web.accounts.actions.stating import NOW, Done, Times, invalid, stale, state, tell
from banso_web.core import audit
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import counted, current_watermark, new_entry, timelines, write_state
from banso_web.core.facts.happenings import effective
from banso_web.core.models import Entry
from banso_web.revenue.models import Closing, Movement
from banso_web.revenue.reads.accounts import CAUSES

if TYPE_CHECKING:
    from banso_web.accounts.models import Account, Contract
    from banso_web.members.models import Member


ENDS = "end:"  # ids of the movements that an end by hand makes


@dataclass(frozen=True)
class Wanted:
    """A movement as somebody states it. `delta`: monthly, in the contract's currency, not 0."""

    effective_on: date
    delta_units: int
    cause: str
    reason: str
    note: str


def supplied(contract_id: int) -> bool:
    """Whether the contract has movements of its own (else they follow its terms)."""
    rows = Movement.objects.filter(effective(current_watermark()), contract=contract_id, derived=False)
    return rows.exists()


def require_money(actor: Member) -> None:
    if not actor.may("revenue.view"):
        raise Forbidden(_("売上の数字を扱う権限がありません。データは変わっていません。"))


def clean(values: dict[str, Any]) -> Wanted:
    """effective_on, delta, and any of cause, reason, note; Refused with a message per field."""
    found = cleaning.all_of(
        values,
        {
            "effective_on": cleaning.day,
            "delta": cleaning.amount,
            "cause": cleaning.one_of(CAUSES),
            "reason": cleaning.text(300),
            "note": cleaning.text(4_000),
        },
    )
    problems = {}
    if not found.get("effective_on"):
        problems["effective_on"] = _("いつからの変更かを入れてください。")
    if not found.get("delta"):
        problems["delta"] = _("0 でない増減額を入れてください。")
    if problems:
        raise invalid(**problems)
    return Wanted(
        date.fromisoformat(found["effective_on"]),
        to_units(found["delta"]),
        found.get("cause", ""),
        found.get("reason", ""),
        found.get("note", ""),
    )


def add_movement(
    contract_id: int, values: dict[str, Any], *, actor: Member, times: Times = NOW, seen: int | None = None
) -> Done:
    """Change the MRR of a contract from a day on. `id` of the answer is the movement's.

    404 for a contract not to be seen, 403 without the right to edit the customer or to see money, Refused where MRR would
    fall below nothing, before the contract begins or after it ended.
    """
    contract, account = editable_contract(actor, contract_id)
    require_money(actor)
    wanted = clean(values)
    _within(contract, wanted.effective_on)
    if not supplied(contract.pk):
        return _by_price(contract, account, wanted, actor=actor, times=times, seen=seen)
    recorded_at, basis = times.known()
    with new_entry(label="movement.add", reason=times.reason, actor=actor) as entry:
        hold_contract(contract)
        _enough(contract, wanted)
        row = Movement.objects.create(
            code=f"hand:{uuid4().hex}",
            account_id=contract.account_id,
            contract_id=contract.pk,
            product=contract.product,
            currency=contract.currency,
            recorded_at=recorded_at,
            known_basis=basis,
            entry=entry,
            **_columns(wanted),
        )
        _audit("movement.add", row, contract, account, {}, wanted, actor, times, entry)
    tell(entry.pk)
    return Done(row.pk, entry.pk)


def correct_movement(
    movement_id: int, values: dict[str, Any], *, actor: Member, times: Times = NOW, seen: int | None = None
) -> Done:
    """A newer row under the same code; the older one stays for whoever asks what was known. `seen`: the movement's entry."""
    row, contract, account = access_movement(actor, movement_id)
    _latest(row, seen)
    wanted = clean(values)
    _within(contract, wanted.effective_on)
    old = shown(row)
    if old == _shown(wanted):
        return Done(row.pk, None)
    return _again(row, contract, account, wanted, "movement.correct", old, actor, times, is_void=False)


def void_movement(movement_id: int, *, actor: Member, times: Times = NOW, seen: int | None = None) -> Done:
    """Take a movement out of every number from now on; asked as known before, it is still there."""
    row, contract, account = access_movement(actor, movement_id)
    _latest(row, seen)
    wanted = Wanted(row.effective_on, row.delta_units, row.cause, row.reason, row.note)
    return _again(row, contract, account, wanted, "movement.void", shown(row), actor, times, is_void=True)


def access_movement(actor: Member, movement_id: int) -> tuple[Movement, Contract, Account]:
    """A standing movement of a contract, for whoever may change it: 404, 403, Conflict where a newer row has
    taken its place, or Refused for one made from the terms."""
    if not actor.may("revenue.view"):
        raise NotVisible
    row = Movement.objects.filter(effective(current_watermark()), pk=movement_id).first()
    if row is None or row.contract_id is None:
        raise NotVisible
    contract, account = editable_contract(actor, row.contract_id)
    standing = counted(Movement, current_watermark()).filter(code=row.code)
    if not standing.filter(pk=movement_id).exists():
        if standing.exists():
            raise stale()  # somebody corrected it meanwhile
        raise NotVisible
    if row.derived:
        raise Refused(
            _(
                "この動きは契約の条件から計算しています。契約の条件を編集すると変わります。データは変わっていません。"
            ),
            code="derived",
        )
    if row.code.startswith(ENDS):
        raise Refused(
            _(
                "この動きは解約の登録で作られました。契約の「解約を取り消す」を使います。データは変わっていません。"
            ),
            code="end",
        )
    return row, contract, account


def _again(
    row: Movement,
    contract: Contract,
    account: Account,
    wanted: Wanted,
    action: str,
    old: dict[str, Any],
    actor: Member,
    times: Times,
    *,
    is_void: bool,
) -> Done:
    recorded_at, basis = times.known()
    with new_entry(label=action, reason=times.reason, actor=actor) as entry:
        hold_contract(contract)
        if not counted(Movement, current_watermark()).filter(pk=row.pk).exists():
            raise stale()
        _enough(contract, None if is_void else wanted, without=row)
        made = Movement.objects.create(
            code=row.code,
            account_id=row.account_id,
            contract_id=row.contract_id,
            product=row.product,
            currency=row.currency,
            custom=row.custom,
            recorded_at=recorded_at,
            known_basis=basis,
            entry=entry,
            contested=True,
            is_void=is_void,
            **_columns(wanted),
        )
        Movement.objects.filter(code=row.code).update(contested=True)
        _audit(action, made, contract, account, old, None if is_void else wanted, actor, times, entry)
    tell(entry.pk)
    return Done(made.pk, entry.pk)


def _latest(row: Movement, seen: int | None) -> None:
    if seen is not None and row.entry.pk != seen:
        raise stale()


def _columns(wanted: Wanted) -> dict[str, Any]:
    return {
        "effective_on": wanted.effective_on,
        "delta_units": wanted.delta_units,
        "cause": wanted.cause,
        "reason": wanted.reason,
        "note": wanted.note,
    }


def _shown(wanted: Wanted) -> dict[str, Any]:
    return {
        "effective_on": wanted.effective_on.isoformat(),
        "delta": str(from_units(wanted.delta_units)),
        "cause": wanted.cause,
        "reason": wanted.reason,
        "note": wanted.note,
    }


def shown(row: Movement) -> dict[str, Any]:
    """A movement's values as the audit log keeps them."""
    return _shown(Wanted(row.effective_on, row.delta_units, row.cause, row.reason, row.note))


def _audit(
    action: str,
    row: Movement,
    contract: Contract,
    account: Account,
    old: dict[str, Any],
    wanted: Wanted | None,
    actor: Member,
    times: Times,
    entry: Entry,
) -> None:
    new = _shown(wanted) if wanted else {}
    audit.record(
        action,
        actor=actor,
        subject="movement",
        subject_id=row.pk,
        label=label_of(contract, account),
        old={key: value for key, value in old.items() if new.get(key) != value},
        new={key: value for key, value in new.items() if old.get(key) != value},
        reason=times.reason,
        entry=entry,
    )


def _within(contract: Contract, day: date) -> None:
    if contract.starts_on and day < contract.starts_on:
        raise invalid(
            effective_on=_("契約開始日 %(day)s より前です。") % {"day": f"{contract.starts_on:%Y/%m/%d}"}
        )
    if contract.ended_on and day > contract.ended_on:
        raise invalid(
            effective_on=_(
                "この契約は %(day)s に終わっています。続ける場合は解約を取り消すか、新しい契約を登録してください。"
            )
            % {"day": f"{contract.ended_on:%Y/%m/%d}"}
        )


def rows_of(contract_id: int) -> list[Movement]:
    """The movements of a contract that count now, in order of days."""
    rows = counted(Movement, current_watermark()).filter(contract=contract_id)
    return list(rows.order_by("effective_on", "id"))


def _enough(contract: Contract, wanted: Wanted | None, without: Movement | None = None) -> None:
    """Refused where the contract's MRR would fall below nothing at the close of some day."""
    moves = [
        (row.effective_on, row.delta_units)
        for row in rows_of(contract.pk)
        if without is None or row.pk != without.pk
    ]
    if wanted is not None:
        moves.append((wanted.effective_on, wanted.delta_units))
    balance: dict[date, int] = {}
    total = 0
    for day, delta in sorted(moves):
        total += delta
        balance[day] = total
    for day, left in balance.items():
        if left < 0 and not is_residue(left, contract.currency):
            field = "delta" if wanted is not None else "effective_on"
            raise invalid(
                **{
                    field: _("%(day)s の MRR が 0 を下回ります。減らせるだけの MRR がありません。")
                    % {"day": f"{day:%Y/%m/%d}"}
                }
            )


def _by_price(
    contract: Contract, account: Account, wanted: Wanted, *, actor: Member, times: Times, seen: int | None
) -> Done:
    """The same change as another price from that day (and from every later day that has a price of its own)."""
    stated = timelines("contract", ("stated_units",), watermark=current_watermark(), ids=[contract.pk])[
        "stated_units"
    ]
    first = wanted.effective_on.toordinal()
    prices = [
        (max(start, first), value or 0) for start, end, value in stated.spans(contract.pk) if end > first
    ]
    steps = [(date.fromordinal(start), value + wanted.delta_units) for start, value in prices or [(first, 0)]]
    for day, units in steps:
        if units < 0 and not is_residue(units, contract.currency):
            raise invalid(
                delta=_("%(day)s の MRR が 0 を下回ります。減らせるだけの MRR がありません。")
                % {"day": f"{day:%Y/%m/%d}"}
            )
    recorded_at, basis = times.known()

    def later_prices(entry: Entry) -> None:
        for day, units in steps[1:]:
            write_state(
                "contract", contract.pk, {"stated_units": units}, entry=entry, valid_from=day,
                recorded_at=recorded_at, known_basis=basis,
            )  # fmt: skip

    def caused(entry: Entry) -> None:
        made = Movement.objects.filter(entry=entry, contract=contract.pk, is_void=False)
        made.filter(effective_on=wanted.effective_on).update(
            cause=wanted.cause, reason=wanted.reason, note=wanted.note
        )
        row = made.order_by("id").first()
        if row is not None:
            _audit("movement.add", row, contract, account, {}, wanted, actor, times, entry)

    return state(
        contract,
        {"stated_units": steps[0][1]},
        old={"stated_units": prices[0][1] if prices else None},
        action="contract.price",
        label=label_of(contract, account),
        actor=actor,
        times=times,
        valid_from=steps[0][0],
        seen=seen,
        also=later_prices,
        beside=caused,
    )


def closed(day: date) -> bool:
    """Whether the month of a day is closed: what is entered for it now goes to 締め後修正."""
    return Closing.objects.filter(month=day.replace(day=1), reopened_at=None).exists()


def price_of(contract_id: int) -> Decimal:
    """The contract's MRR of all its movements, as entered now."""
    return from_units(sum(row.delta_units for row in rows_of(contract_id)))
