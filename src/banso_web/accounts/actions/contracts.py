"""Contracts by hand: terms from a day on, parties, the notice rule, and what the ledger no longer holds.

MRR stands in movements: those of a contract without movements of its own follow its terms in the same entry (`derive`).
Ends are registered through `revenue.actions.ending`, which knows whether a movement has to go with them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from banso.money import to_units, yearly_to_monthly_units
from banso_web.accounts.access import require_edit, visible_accounts
from banso_web.accounts.actions import cleaning
from banso_web.accounts.actions.stating import (
    NOW,
    Done,
    Times,
    differences,
    home_of,
    invalid,
    latest,
    require_latest,
    state,
)
from banso_web.accounts.models import Account, Contract
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.facts import current_watermark, history
from banso_web.core.models import Entry

if TYPE_CHECKING:
    from banso_web.members.models import Member

NOTICES = ("months_before", "days_before", "day_of_previous_month", "date", "none")
PARTIES = ("user_company_id", "bill_to_id", "dealer_id")
OPEN_ENDS = ("ends_on", "ended_on")
Beside = Callable[[Entry], None]


def _fields() -> dict[str, cleaning.Clean]:
    return {
        "product": cleaning.text(200, required=_("製品を入れてください。")),
        "plan": cleaning.text(200),
        "seats": cleaning.whole(),
        "seat_unit": cleaning.text(20),
        "starts_on": cleaning.day,
        "ends_on": cleaning.day,
        "mrr": cleaning.amount,
        "amount": cleaning.amount,
        "term_months": cleaning.whole(1),
        "currency": cleaning.currency,
        "signed_on": cleaning.day,
        "auto_renew": cleaning.yes_no,
        "renewal_months": cleaning.whole(1),
        "notice_kind": cleaning.one_of(NOTICES),
        "notice_value": cleaning.whole(),
        "notice_deadline": cleaning.day,
        "missing_since": cleaning.day,
        **dict.fromkeys(PARTIES, cleaning.whole(1)),
    }


def access_contract(actor: Member, contract_id: int) -> tuple[Contract, Account]:
    """A contract and the customer it is seen under, or 404."""
    contract = Contract.objects.filter(pk=contract_id, live=True).first()
    if contract is None:
        raise NotVisible
    return contract, home_of(actor, contract.account_id)


def editable_contract(actor: Member, contract_id: int) -> tuple[Contract, Account]:
    """As `access_contract`; 403 where the actor may not edit the customer."""
    contract, account = access_contract(actor, contract_id)
    require_edit(actor, account)
    return contract, account


def hold_contract(contract: Contract) -> None:
    """Lock the contract until the transaction ends: who changes its MRR at the same moment waits, and looks at the result."""
    Contract.objects.select_for_update().get(pk=contract.pk)


def label_of(contract: Contract, account: Account) -> str:
    return f"{contract.code} · {account.name}"


def _clean(
    actor: Member, account: Account, values: dict[str, Any], was: Contract | None = None
) -> dict[str, Any]:
    """Typed values under the contract's own names; Refused where they cannot stand together."""
    cleaned = cleaning.all_of(values, _fields())
    _price(cleaned)
    problems = _problems(cleaned, was)
    for field in PARTIES:
        if cleaned.get(field) == account.pk:
            cleaned[field] = None  # the customer itself: nothing differs
    wanted = {cleaned[field] for field in PARTIES if cleaned.get(field) is not None}
    known = set(visible_accounts(actor).filter(pk__in=wanted).values_list("pk", flat=True))
    problems |= {
        field: _("この会社は顧客一覧にありません。")
        for field in PARTIES
        if cleaned.get(field) is not None and cleaned[field] not in known
    }
    if problems:
        raise invalid(**problems)
    return cleaned


def _price(cleaned: dict[str, Any]) -> None:
    """`mrr`, or `amount` for `term_months`, become `stated_units` (1/10,000 a month)."""
    mrr, amount, months = (cleaned.pop(name, None) for name in ("mrr", "amount", "term_months"))
    if mrr is not None and amount is not None:
        raise invalid(amount=_("月額か期間の総額の、どちらか一方を入れてください。"))
    for field, value in (("mrr", mrr), ("amount", amount)):
        if value is not None and value < 0:
            raise invalid(**{field: _("契約の金額に負の数は入れられません。減額は MRR の増減で登録します。")})
    if mrr is not None:
        cleaned["stated_units"] = to_units(mrr)
    elif amount is not None:
        if months is None:
            raise invalid(term_months=_("総額を月額にするため、期間の月数を入れてください。"))
        cleaned["stated_units"] = yearly_to_monthly_units(amount, months)


def _problems(cleaned: dict[str, Any], was: Contract | None) -> dict[str, str]:
    def now(field: str) -> Any:
        if field in cleaned:
            return cleaned[field]
        value = getattr(was, field, None)
        return value.isoformat() if isinstance(value, date) else value

    starts, ends, found = now("starts_on"), now("ends_on"), {}
    if not starts:
        found["starts_on"] = _("契約開始日を入れてください。")
    if starts and ends and ends < starts:
        found["ends_on"] = _("満了日が開始日より前です。")
    if starts and now("ended_on") and now("ended_on") < starts:
        found["starts_on"] = _("開始日が解約日より後です。")
    deadline = now("notice_deadline")
    if deadline and ends and deadline > ends and not now("auto_renew"):
        found["notice_deadline"] = _("解約通知期限が満了日より後です。")
    kind, value = now("notice_kind"), now("notice_value")
    if kind in ("months_before", "days_before", "day_of_previous_month") and value is None:
        found["notice_value"] = _("予告の月数・日数を入れてください。")
    if kind == "day_of_previous_month" and value is not None and not 1 <= value <= 31:
        found["notice_value"] = _("前月の日は 1 から 31 で入れてください。")
    if kind == "date" and not deadline:
        found["notice_deadline"] = _("契約書にある解約通知期限の日を入れてください。")
    return found


def add_contract(
    account_id: int,
    values: dict[str, Any],
    *,
    actor: Member,
    times: Times = NOW,
    code: str = "",
    beside: Beside | None = None,
) -> Done:
    """A new contract of a customer (the 契約先), described from its first day on.

    404 for a customer not to be seen, 403 for one not to be edited, Refused with a message per field. `mrr` (a month) or
    `amount` with `term_months` gives its MRR from `starts_on` on. `code`: contract_id; made from the customer's where empty.
    """
    account = home_of(actor, account_id)
    require_edit(actor, account)
    cleaned = _clean(actor, account, {"product": "", **values})
    code = cleaning.all_of({"code": code}, {"code": cleaning.text(190)})["code"]
    if code and Contract.objects.filter(code=code).exists():
        raise invalid(code=_("この契約番号はすでに使われています。"))
    new = {field: value for field, value in cleaned.items() if value not in (None, "")}
    begins = date.fromisoformat(new["starts_on"])
    try:
        with transaction.atomic():
            contract = Contract.objects.create(code=code or _free_code(account), account=account)
            return state(
                contract,
                {**new, "incomplete": False},
                old={},
                action="contract.add",
                label=label_of(contract, account),
                actor=actor,
                times=times,
                valid_from=min(begins, times.day),
                beside=beside,
            )
    except IntegrityError:
        raise invalid(code=_("この契約番号はすでに使われています。")) from None


def _free_code(account: Account) -> str:
    number = Contract.objects.filter(account=account).count() + 1
    while Contract.objects.filter(code=f"{account.code}-{number}").exists():
        number += 1
    return f"{account.code}-{number}"


def edit_contract(
    contract_id: int,
    values: dict[str, Any],
    *,
    actor: Member,
    times: Times = NOW,
    seen: int | None = None,
    beside: Beside | None = None,
) -> Done:
    """Other terms from `times.valid_from` on. What was agreed before that day stays. Nothing differing writes nothing.

    A new month's price changes MRR from that day where the contract has no movements of its own; otherwise use
    `revenue.actions.movements`.
    """
    contract, account = editable_contract(actor, contract_id)
    require_latest("contract", contract.pk, seen)
    cleaned = _clean(actor, account, values, contract)
    old, new = differences(contract, cleaned, times.day)
    if not new:
        return Done(contract.pk, None)
    if "stated_units" in new and contract.ended_on and times.day > contract.ended_on:
        raise invalid(
            valid_from=_("この契約は %(day)s に終わっています。") % {"day": f"{contract.ended_on:%Y/%m/%d}"}
        )
    return state(
        contract,
        {**new, "incomplete": False} if contract.incomplete else new,
        old=old,
        action="contract.edit",
        label=label_of(contract, account),
        actor=actor,
        times=times,
        valid_from=times.day,
        seen=seen,
        beside=beside,
    )


def mark_missing(contract_id: int, *, actor: Member, times: Times = NOW, missing: bool = True) -> Done:
    """The ledger no longer holds the contract (or does again). A mark to be cleared up; neither an end nor a change of MRR."""
    contract, _account = editable_contract(actor, contract_id)
    if missing == (contract.missing_since is not None):
        return Done(contract.pk, None)
    day = times.day.isoformat() if missing else None
    return edit_contract(contract_id, {"missing_since": day}, actor=actor, times=times)


def write_end(
    contract: Contract,
    account: Account,
    *,
    ended_on: date,
    notified_on: date | None,
    end_reason: str,
    actor: Member,
    times: Times,
    seen: int | None,
    beside: Beside,
) -> Done:
    """The versions of an end, known from the day of the 申出 (else from today or the end itself, whichever is earlier)."""
    if contract.starts_on and ended_on < contract.starts_on:
        raise invalid(ended_on=_("解約日が契約開始日より前です。"))
    if notified_on and notified_on > ended_on:
        raise invalid(notified_on=_("申出日が解約日より後です。"))
    if contract.ended_on is not None:
        raise _ended_already(contract.ended_on)

    def still_open(_entry: Entry) -> None:
        """Asked again once the contract is held: the current row follows only after the other end was published."""
        stated = [
            version.values["ended_on"]
            for version in history("contract", contract.pk, watermark=current_watermark())
            if "ended_on" in version.values
        ]
        if stated and stated[-1]:
            raise _ended_already(date.fromisoformat(stated[-1]))

    new: dict[str, Any] = {
        "ended_on": ended_on.isoformat(),
        "notified_on": notified_on.isoformat() if notified_on else None,
        "end_reason": cleaning.all_of({"end_reason": end_reason}, {"end_reason": cleaning.text(300)})[
            "end_reason"
        ],
    }
    if contract.missing_since:
        new["missing_since"] = None
    old = {
        "ended_on": None,
        "notified_on": contract.notified_on.isoformat() if contract.notified_on else None,
        "end_reason": contract.end_reason,
        "missing_since": contract.missing_since.isoformat() if contract.missing_since else None,
    }
    return state(
        contract,
        new,
        old=old,
        action="contract.end",
        label=label_of(contract, account),
        actor=actor,
        times=times,
        valid_from=notified_on or min(times.day, ended_on),
        seen=seen,
        also=still_open,
        beside=beside,
    )


def _ended_already(day: date) -> Refused:
    return Refused(
        _("この契約はすでに %(day)s に終わっています。データは変わっていません。")
        % {"day": f"{day:%Y/%m/%d}"},
        code="nothing_to_end",
    )


def write_end_back(
    contract: Contract, account: Account, *, actor: Member, times: Times, seen: int | None, beside: Beside
) -> Done:
    """Take an end back on every day on which some version states one: the contract goes on as if nobody had ended it."""
    if contract.ended_on is None:
        raise Refused(_("この契約は終わっていません。データは変わっていません。"), code="nothing_to_undo")
    stating = [
        version.valid_from
        for version in history("contract", contract.pk, watermark=current_watermark())
        if version.values.get("ended_on")
    ]
    begins = None if None in stating else min((day for day in stating if day), default=None)
    old = {
        "ended_on": contract.ended_on.isoformat(),
        "notified_on": contract.notified_on.isoformat() if contract.notified_on else None,
        "end_reason": contract.end_reason,
    }
    return state(
        contract,
        {"ended_on": None, "notified_on": None, "end_reason": ""},
        old=old,
        action="contract.end_back",
        label=label_of(contract, account),
        actor=actor,
        times=times,
        valid_from=begins,
        seen=seen,
        beside=beside,
    )


def latest_of(contract_id: int) -> int:
    """The entry a form of this contract is made from."""
    return latest("contract", contract_id)
