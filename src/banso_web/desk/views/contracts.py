"""Contracts by hand: terms, the end and its undo, the ledger's gaps, changes of MRR."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso.money import from_units
from banso_web.accounts.access import access_account, require_edit
from banso_web.accounts.actions import contracts as actions
from banso_web.accounts.actions.stating import Done
from banso_web.accounts.fields import company_text
from banso_web.accounts.reads.choices import products
from banso_web.core.pages import page, reader
from banso_web.core.ui.formats import date_text, money_text
from banso_web.desk.forms import (
    CancelEndForm,
    ConfirmForm,
    ContractForm,
    EndForm,
    MissingForm,
    MovementForm,
    NewContractForm,
)
from banso_web.desk.views.deeds import Deed, answer
from banso_web.revenue.actions import ending, movements

if TYPE_CHECKING:
    from banso_web.accounts.models import Contract


def _lists() -> dict[str, Any]:
    return {"products": products(), "currencies": ContractForm.currencies()}


@page("account.view", edits=True)
def add(request: HttpRequest, account_id: int) -> HttpResponse:
    """A new contract of a customer."""
    member = reader(request)
    account = access_account(member, account_id)
    require_edit(member, account)
    form = NewContractForm(request.POST or None, priced=member.may("price.view"))
    deed = Deed(
        _("契約を登録"),
        _("登録する"),
        _("契約を登録しました。"),
        _("月額を入れると、契約開始日から MRR に入ります。"),
        draft=f"contract-new-{account_id}",
        context=_lists(),
    )

    def act() -> Done:
        return actions.add_contract(
            account_id, form.values(), actor=member, times=form.times, code=form.cleaned_data["code"]
        )

    return answer(request, account, form, deed, act)


def plain(value: Decimal) -> str:
    """120000.0000 as a person would type it."""
    return f"{value.normalize():,f}"


def _initial(contract: Contract) -> dict[str, Any]:
    initial: dict[str, Any] = {
        name: getattr(contract, name) for name in ContractForm.OWN if name in contract.STATE_FIELDS
    }
    initial["auto_renew"] = {True: "1", False: "0", None: ""}[contract.auto_renew]
    for name in ("user_company", "bill_to", "dealer"):
        initial[f"{name}_id"] = company_text(getattr(contract, name))
    if contract.stated_units is not None:
        initial["mrr"] = plain(from_units(contract.stated_units))
    return initial


@page("account.view", edits=True)
def edit(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Other terms from a day on. The price is not asked where MRR comes from movements of the contract's own."""
    member = reader(request)
    contract, account = actions.editable_contract(member, contract_id)
    own = movements.supplied(contract_id)
    form = ContractForm(
        request.POST or None,
        initial=_initial(contract),
        seen=actions.latest_of(contract_id),
        priced=member.may("price.view") and not own,
    )
    deed = Deed(
        _("契約 %(code)s を編集") % {"code": contract.code},
        _("変更を保存する"),
        lead=_(
            "この契約の MRR は、取り込んだ(登録した)動きで決まります。金額を変えるときは「MRR の増減」を使います。"
        )
        if own
        else "",
        draft=f"contract-{contract_id}",
        context=_lists(),
    )

    def act() -> Done:
        values = form.values()
        if not values.get("mrr"):
            values.pop("mrr", None)  # nothing typed says nothing; a free contract is 0
        return actions.edit_contract(
            contract_id, values, actor=member, times=form.times, seen=form.seen_entry
        )

    return answer(request, account, form, deed, act)


@page("account.view", edits=True)
def end(request: HttpRequest, contract_id: int) -> HttpResponse:
    """解約: the day, the 申出, the reason."""
    member = reader(request)
    contract, account = actions.editable_contract(member, contract_id)
    initial = {"ended_on": contract.ends_on, "notified_on": contract.notified_on}
    form = EndForm(request.POST or None, initial=initial, seen=actions.latest_of(contract_id))
    lead = ""
    if member.may("revenue.view"):
        amount = money_text(movements.price_of(contract_id), contract.currency)
        lead = _("いまの MRR は %(amount)s です。") % {"amount": amount}
    deed = Deed(
        _("契約 %(code)s の解約を登録") % {"code": contract.code},
        _("解約を登録する"),
        _("解約を登録しました。"),
        lead,
        danger=True,
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: ending.end_contract(
            contract_id, form.values(), actor=member, times=form.times, seen=form.seen_entry
        ),
    )


@page("account.view", edits=True)
def end_back(request: HttpRequest, contract_id: int) -> HttpResponse:
    """解約の取り消し: the contract goes on."""
    member = reader(request)
    contract, account = actions.editable_contract(member, contract_id)
    form = CancelEndForm(request.POST or None, seen=actions.latest_of(contract_id))
    day = date_text(contract.ended_on) if contract.ended_on else "—"
    deed = Deed(
        _("契約 %(code)s の解約を取り消す") % {"code": contract.code},
        _("解約を取り消す"),
        _("解約を取り消しました。"),
        _("解約日 %(day)s をなかったことにし、MRR を元に戻します。解約を登録した記録は履歴に残ります。")
        % {"day": day},
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: ending.cancel_end(contract_id, actor=member, times=form.times, seen=form.seen_entry),
    )


@page("account.view", edits=True)
def missing(request: HttpRequest, contract_id: int) -> HttpResponse:
    """The ledger no longer holds the contract, or does again."""
    member = reader(request)
    contract, account = actions.editable_contract(member, contract_id)
    gone = contract.missing_since is not None
    if gone:
        form: Any = ConfirmForm(request.POST or None)
        deed = Deed(_("契約 %(code)s は台帳にありました") % {"code": contract.code}, _("印を外す"))
    else:
        form = MissingForm(request.POST or None)
        deed = Deed(
            _("契約 %(code)s が台帳にありません") % {"code": contract.code},
            _("印を付ける"),
            lead=_(
                "確認が済むまでの印です。解約にはならず、MRR も変わりません。解約と分かったら「解約を登録」を使います。"
            ),
        )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: actions.mark_missing(contract_id, actor=member, times=form.times, missing=not gone),
    )


def _after_closing(day: date) -> str:
    if movements.closed(day):
        return _("締めた月の動きです。締めた数字は変わらず、次の締めの「締め後修正」に載ります。")
    return ""


@page("revenue.view", edits=True)
def movement(request: HttpRequest, contract_id: int) -> HttpResponse:
    """A change of MRR from a day."""
    member = reader(request)
    contract, account = actions.editable_contract(member, contract_id)
    form = MovementForm(request.POST or None, seen=actions.latest_of(contract_id))
    amount = money_text(movements.price_of(contract_id), contract.currency)
    deed = Deed(
        _("契約 %(code)s の MRR の増減を登録") % {"code": contract.code},
        _("登録する"),
        lead=_("いまの MRR は %(amount)s です。") % {"amount": amount},
        draft=f"movement-{contract_id}",
    )
    if request.method == "POST" and form.is_valid():
        said = _after_closing(form.cleaned_data["effective_on"])
        deed = Deed(
            **{**vars(deed), "saved": " ".join(filter(None, (_("MRR の増減を登録しました。"), said)))}
        )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: movements.add_movement(
            contract_id, form.values(), actor=member, times=form.times, seen=form.seen_entry
        ),
    )


@page("revenue.view", edits=True)
def movement_edit(request: HttpRequest, movement_id: int) -> HttpResponse:
    """A correction: a newer row that supersedes the older one."""
    member = reader(request)
    row, _contract, account = movements.access_movement(member, movement_id)
    initial = {
        "effective_on": row.effective_on,
        "delta": plain(from_units(row.delta_units)),
        "cause": row.cause,
        "reason_text": row.reason,
        "note": row.note,
    }
    form = MovementForm(request.POST or None, initial=initial, seen=row.entry_id)
    deed = Deed(
        _("MRR の動きを訂正"),
        _("訂正を保存する"),
        _("訂正しました。"),
        " ".join(filter(None, (_("訂正する前の動きは履歴に残ります。"), _after_closing(row.effective_on)))),
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: movements.correct_movement(
            movement_id, form.values(), actor=member, times=form.times, seen=form.seen_entry
        ),
    )


@page("revenue.view", edits=True)
def movement_void(request: HttpRequest, movement_id: int) -> HttpResponse:
    """A movement that never was."""
    member = reader(request)
    row, contract, account = movements.access_movement(member, movement_id)
    form = ConfirmForm(request.POST or None, seen=row.entry_id)
    amount = money_text(from_units(row.delta_units), contract.currency, signed=True)
    deed = Deed(
        _("MRR の動きを取り消す"),
        _("取り消す"),
        _("取り消しました。"),
        " ".join(
            filter(
                None,
                (
                    _("%(day)s の %(amount)s を、すべての数字から外します。記録は履歴に残ります。")
                    % {"day": date_text(row.effective_on), "amount": amount},
                    _after_closing(row.effective_on),
                ),
            )
        ),
        danger=True,
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: movements.void_movement(movement_id, actor=member, times=form.times, seen=form.seen_entry),
    )
