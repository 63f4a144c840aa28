"""接点の記録: quick to log, to correct, to take out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.accounts.access import access_account, require_edit
from banso_web.accounts.reads.people import people_choices
from banso_web.core import clock
from banso_web.core.pages import page, reader
from banso_web.desk.forms import ConfirmForm, TouchForm
from banso_web.desk.views.deeds import Deed, answer
from banso_web.members.reads import assignable_codes
from banso_web.touch import actions


@page("account.view", edits=True)
def log(request: HttpRequest, account_id: int) -> HttpResponse:
    """A touch with a customer; when, by whom and of what kind are filled in already."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    account = access_account(member, account_id)
    require_edit(member, account)
    now = clock.now().astimezone(clock.JST).replace(second=0, microsecond=0)
    form = TouchForm(
        request.POST or None,
        people=people_choices(member, account_id, asked),
        members=assignable_codes(),
        initial={"at": now, "member": member.code, "kind": "meeting"},
    )
    deed = Deed(_("接点を記録"), _("記録する"), _("接点を記録しました。"), draft=f"touch-new-{account_id}")
    return answer(
        request,
        account,
        form,
        deed,
        lambda: actions.log_touch(account_id, form.values(), actor=member, times=form.times),
    )


@page("account.view", edits=True)
def edit(request: HttpRequest, touch_id: int) -> HttpResponse:
    """A correction: a newer row that supersedes the older one."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    row, account = actions.access_touch(member, touch_id)
    codes = [code for code in row.contacts.split(";") if code]
    people = people_choices(member, account.pk, asked, besides=codes)
    members = assignable_codes()
    if row.member and row.member not in dict(members):
        members = [(row.member, row.member), *members]
    initial: dict[str, Any] = {name: getattr(row, name) for name in actions.FIELDS}
    initial["contacts"] = codes
    initial["at"] = row.at.astimezone(clock.JST)
    form = TouchForm(
        request.POST or None, people=people, members=[("", "—"), *members], initial=initial, seen=row.entry_id
    )
    deed = Deed(
        _("接点の記録を訂正"),
        _("訂正を保存する"),
        _("訂正しました。"),
        _("訂正する前の記録は履歴に残ります。"),
        context={"touch": row},
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: actions.correct_touch(
            touch_id, form.values(), actor=member, times=form.times, seen=form.seen_entry
        ),
    )


@page("account.view", edits=True)
def void(request: HttpRequest, touch_id: int) -> HttpResponse:
    """A touch that never was."""
    member = reader(request)
    row, account = actions.access_touch(member, touch_id)
    form = ConfirmForm(request.POST or None, seen=row.entry_id)
    deed = Deed(
        _("接点の記録を取り消す"),
        _("取り消す"),
        _("取り消しました。"),
        _("タイムラインと最終接点から外します。記録は履歴に残ります。"),
        danger=True,
    )
    return answer(
        request,
        account,
        form,
        deed,
        lambda: actions.void_touch(touch_id, actor=member, times=form.times, seen=form.seen_entry),
    )
