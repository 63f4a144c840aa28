"""One field of many customers: chosen by name beside the ticked rows, one entry, so one undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from banso_web.accounts.actions.editing import edit_many
from banso_web.core.errors import Refused
from banso_web.core.pages import page, reader
from banso_web.desk.actions.undoing import undo as take_back
from banso_web.lifecycle.actions import assign_hearings

FIELDS = {
    "owner": "owner_id",
    "deputy": "deputy_id",
    "segment": "segment",
    "touch": "touch",
    "excluded": "excluded",
}
NONE = "none"  # what empties the field; an answer that was not given never does
_KEPT = "bulk_again"


def _back(request: HttpRequest) -> str:
    """Where the form came from, on this host and among the lists of customers; 顧客一覧 otherwise."""
    wanted = request.POST.get("next", "")
    safe = wanted.startswith(("/customers/", "/portfolio/")) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None
    )
    return wanted if safe else reverse("customers")


def taken_up(request: HttpRequest) -> dict[str, Any] | None:
    """Ticks, field and value of a bulk edit that was refused just now, so that nobody chooses them again."""
    kept: dict[str, Any] | None = request.session.pop(_KEPT, None)
    return kept


@require_POST
@page("account.view")
def bulk_edit(request: HttpRequest) -> HttpResponse:
    """One field of the ticked customers; one entry, so one undo. After a refusal the list shows what was chosen."""
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdecimal() and len(text) < 19]
    chosen = request.POST.get("field", "")
    field = FIELDS.get(chosen)
    values = [text for text in request.POST.getlist(f"value_{chosen}") if text]
    value = "" if NONE in values else ";".join(values)
    back = redirect(_back(request))
    try:
        if not ids or field is None:
            raise Refused(_("変更する顧客と項目を選んでください。"))
        if not values:
            raise Refused(_("新しい値を選んでください。何も変えていません。"))
        done = edit_many(ids, {field: value}, actor=reader(request))
    except Refused as problem:
        request.session[_KEPT] = {"ids": ids, "field": chosen, "values": values}
        messages.error(request, " ".join([problem.message, *problem.fields.values()]))
        return back
    if done.entry_id is not None:
        request.session["undo_entry"] = done.entry_id
    messages.success(
        request,
        ngettext("%(n)s社を変更しました。", "%(n)s社を変更しました。", done.changed) % {"n": done.changed},
    )
    return back


@require_POST
@page("account.view")
def assign(request: HttpRequest) -> HttpResponse:
    """能動ヒアリング for the ticked customers, or for the one whose button was pressed."""
    texts = [request.POST["only"]] if request.POST.get("only") else request.POST.getlist("ids")
    ids = [int(text) for text in texts if text.isdecimal() and len(text) < 19]
    back = redirect(_back(request))
    try:
        done = assign_hearings(ids, actor=reader(request), owner=request.POST.get("assignee", ""))
    except Refused as problem:
        messages.error(request, " ".join([problem.message, *problem.fields.values()]))
        return back
    if done.entry_id is not None:
        request.session["undo_entry"] = done.entry_id
        messages.success(
            request,
            ngettext(
                "%(n)s社の能動ヒアリングを割り当てました。",
                "%(n)s社の能動ヒアリングを割り当てました。",
                done.made,
            )
            % {"n": done.made},
        )
    if done.already:
        messages.info(
            request, _("%(n)s社には、まだ終わっていない能動ヒアリングがあります。") % {"n": done.already}
        )
    return back


@require_POST
@page("account.view")
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the last edit."""
    entry = request.POST.get("entry", "")
    changed = take_back(int(entry), actor=reader(request)) if entry.isdecimal() else 0
    messages.success(request, _("%(n)s社の変更を元に戻しました。") % {"n": changed})
    return redirect(_back(request))
