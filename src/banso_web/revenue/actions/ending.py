"""The end of a contract (解約日, 申出日, 理由) and its undo: the dated terms, and the movement that takes its MRR out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.accounts.actions import cleaning
from banso_web.accounts.actions.contracts import editable_contract, write_end, write_end_back
from banso_web.accounts.actions.stating import NOW, Done, Times, invalid, require_latest
from banso_web.core.facts import counted, current_watermark
from banso_web.core.models import Entry
from banso_web.revenue.actions.movements import ENDS, rows_of, supplied
from banso_web.revenue.models import Movement

if TYPE_CHECKING:
    from banso_web.accounts.models import Contract
    from banso_web.members.models import Member


def _none(_entry: Entry) -> None:
    """Nothing to write beside the terms: the movement follows from them."""


def end_contract(
    contract_id: int, values: dict[str, Any], *, actor: Member, times: Times = NOW, seen: int | None = None
) -> Done:
    """Register an end: `ended_on` (the last day of service), and any of `notified_on`, `end_reason`.

    MRR goes to 0 at the close of `ended_on`. 404, 403; Refused for an end before the start, a second end, and where MRR
    moves after that day (those movements have to be taken back first). An end in the future is valid.
    """
    contract, account = editable_contract(actor, contract_id)
    require_latest("contract", contract.pk, seen)
    found = cleaning.all_of(
        values,
        {"ended_on": cleaning.day, "notified_on": cleaning.day, "end_reason": cleaning.text(300)},
    )
    if not found.get("ended_on"):
        raise invalid(ended_on=_("解約日(最後に使う日)を入れてください。"))
    ended_on = date.fromisoformat(found["ended_on"])
    notified_on = date.fromisoformat(found["notified_on"]) if found.get("notified_on") else None
    own = supplied(contract.pk)
    if own:
        _nothing_after(contract, ended_on)

    def take_out(entry: Entry) -> None:
        _nothing_after(contract, ended_on)  # again, now that nobody else can move it
        left = sum(row.delta_units for row in rows_of(contract.pk))
        if left == 0:
            return
        recorded_at, basis = times.known()
        Movement.objects.create(
            code=f"{ENDS}{contract.code}:{entry.pk}",
            account_id=contract.account_id,
            contract_id=contract.pk,
            product=contract.product,
            currency=contract.currency,
            effective_on=ended_on,
            delta_units=-left,
            cause="churn",
            reason=found.get("end_reason", ""),
            recorded_at=recorded_at,
            known_basis=basis,
            entry=entry,
        )

    return write_end(
        contract,
        account,
        ended_on=ended_on,
        notified_on=notified_on,
        end_reason=found.get("end_reason", ""),
        actor=actor,
        times=times,
        seen=seen,
        beside=take_out if own else _none,
    )


def _nothing_after(contract: Contract, day: date) -> None:
    later = [row for row in rows_of(contract.pk) if row.effective_on > day]
    if later:
        raise invalid(
            ended_on=_("解約日より後の %(day)s に MRR の動きがあります。先にその動きを取り消してください。")
            % {"day": f"{later[0].effective_on:%Y/%m/%d}"}
        )


def cancel_end(contract_id: int, *, actor: Member, times: Times = NOW, seen: int | None = None) -> Done:
    """Take an end back (解約の取り消し): the contract goes on with the MRR it had. The end stays in the history.

    A movement that came with a file is not taken back here: it is a row of its own.
    """
    contract, account = editable_contract(actor, contract_id)
    require_latest("contract", contract.pk, seen)

    def bring_back(entry: Entry) -> None:
        rows = counted(Movement, current_watermark()).filter(
            contract=contract.pk, code__startswith=f"{ENDS}{contract.code}:"
        )
        recorded_at, basis = times.known()
        for row in rows:
            row.pk, row.entry, row.is_void, row.contested = None, entry, True, True
            row.recorded_at, row.known_basis = recorded_at, basis
            row.save(force_insert=True)
            Movement.objects.filter(code=row.code).update(contested=True)

    return write_end_back(contract, account, actor=actor, times=times, seen=seen, beside=bring_back)
