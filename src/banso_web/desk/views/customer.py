"""顧客詳細: one customer, in the order of `screens.md`; editing; history; print."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from banso_web.accounts.access import access_account, require_edit
from banso_web.accounts.actions.editing import edit_account, latest_entry
from banso_web.accounts.reads.choices import segments
from banso_web.core.errors import Conflict, Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Tab
from banso_web.desk.forms import AccountForm
from banso_web.desk.reads.customer import customer_page, timeline
from banso_web.desk.reads.money import mrr_history
from banso_web.desk.words import FIELD_WORDS, TIMELINE_WORDS, shown_value
from banso_web.lifecycle.reads import goals, next_tasks
from banso_web.members.reads import member_names
from banso_web.touch.reads import last_touches


@page("account.view")
def customer(request: HttpRequest, account_id: int) -> HttpResponse:
    """The page. 404 for a customer the reader may not see; read-only at another 基準日."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    kind = request.GET.get("kind", "")
    found = customer_page(member, account_id, asked, kind=kind)
    names = member_names()
    kinds = [Tab(_("すべて"), changed_query(request, kind=None), current=not kind)]
    kinds += [
        Tab(TIMELINE_WORDS.get(key, key), changed_query(request, kind=key), current=kind == key)
        for key, _l in found.kinds
    ]
    context: dict[str, Any] = {
        "found": found,
        "account": found.account,
        "owner": names.get(found.account.owner_id, ""),
        "deputy": names.get(found.account.deputy_id, ""),
        "departments": found.groups,
        "goals": goals(asked, account_id),
        "next_tasks": next_tasks(asked, account_id),
        "money": mrr_history(member, account_id, asked),
        "timeline_kinds": kinds,
        "changes": [
            (
                change,
                FIELD_WORDS.get(change.field, change.field),
                shown_value(change.field, change.value, names),
            )
            for change in found.changes[:40]
        ],
        "today": asked.as_of,
        "health": dict(found.blocks).get("health/_block.html", {}),
        "last_touch": last_touches(asked, [account_id]).get(account_id),
        "may_personal": member.may("personal.manage"),
        "undo": request.session.pop("undo_entry", None),
    }
    return render_page(request, "desk/customer.html", context, fragment="desk/_timeline.html" if kind else "")


@page("account.view")
def customer_timeline(request: HttpRequest, account_id: int) -> HttpResponse:
    """The whole timeline, on a page of its own."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    account = access_account(member, account_id)
    items = timeline(member, account_id, asked, kind=request.GET.get("kind", ""), limit=500)
    return render_page(request, "desk/timeline.html", {"account": account, "items": items})


@page("account.view", edits=True)
def customer_edit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Edit the customer's fields from a day on. Two people editing the same thing are told before anything is lost."""
    member = reader(request)
    account = access_account(member, account_id)
    require_edit(member, account)
    form = AccountForm(request.POST or None, account=account, seen=latest_entry(account_id))
    if request.method == "POST" and form.is_valid():
        try:
            done = edit_account(
                account_id,
                form.values(),
                actor=member,
                reason=form.cleaned_data["reason"],
                valid_from=form.cleaned_data["valid_from"],
                recorded_on=form.cleaned_data["recorded_on"],
                seen_entry=form.cleaned_data["seen"],
            )
        except Conflict as problem:
            form.add_error(None, problem.message)
        except Refused as problem:
            form.add_error(None, problem.message)
            for field, words in problem.fields.items():
                form.add_error(form.name_of(field), words)
        else:
            if done.entry_id is not None:
                request.session["undo_entry"] = done.entry_id
            messages.success(
                request, _("保存しました。") if done.changed else _("変わったところはありません。")
            )
            return redirect(reverse("customer", args=[account_id]))
    context = {"form": form, "account": account, "segments": segments()}
    return render_page(request, "desk/customer_edit.html", context, status=422 if form.errors else 200)
