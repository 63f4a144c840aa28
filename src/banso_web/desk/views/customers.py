"""顧客一覧: filters, columns, saved views, bulk edit, export."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from banso_web.accounts.actions.adding import may_add
from banso_web.accounts.actions.editing import edit_many
from banso_web.accounts.reads.choices import excluded_choices, segments
from banso_web.core.errors import Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.formats import month_text
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Chip, Order, chosen_columns, keyset_page
from banso_web.desk import exports
from banso_web.desk.actions.undoing import undo as take_back
from banso_web.desk.columns import columns_for
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import ListQuery, customers, totals
from banso_web.members.reads import assignable_members

TOUCH_WORDS = {
    "high": gettext_lazy("ハイタッチ"),
    "low": gettext_lazy("ロータッチ"),
    "tech": gettext_lazy("テックタッチ"),
}


def _chips(request: HttpRequest, query: ListQuery, owners: dict[int, str]) -> list[Chip]:
    owner = {"me": _("自分の担当"), "none": _("担当なし")}.get(query.owner) or owners.get(
        int(query.owner) if query.owner.isdecimal() else 0, query.owner
    )
    words = [
        ("q", query.text, _("「%(text)s」を含む") % {"text": query.text}),
        ("owner", query.owner, _("担当: %(name)s") % {"name": owner}),
        ("segment", query.segment, _("セグメント: %(name)s") % {"name": query.segment}),
        ("touch", query.touch, TOUCH_WORDS.get(query.touch, query.touch)),
        ("renewal", query.renewal_days, _("満了まで ≦ %(days)s日") % {"days": query.renewal_days}),
        (
            "month",
            query.renewal_month,
            _("満了 %(month)s") % {"month": month_text(query.renewal_month) if query.renewal_month else ""},
        ),
        ("silent", query.silent_days, _("接点なし ≧ %(days)s日") % {"days": query.silent_days}),
        ("excluded", query.excluded, _("除外区分あり") if query.excluded == "only" else query.excluded),
        (
            "state",
            query.state,
            {"active": _("契約中"), "ended": _("MRR なし"), "incomplete": _("未整備")}.get(query.state, ""),
        ),
    ]
    return [
        Chip(label, changed_query(request, **{key: None}))
        for key, value, label in words
        if value not in ("", None)
    ]


@page("account.view")
def customer_list(request: HttpRequest) -> HttpResponseBase:
    """The list. At another 基準日 it is that day's list, read-only."""
    member = reader(request)
    asked = request.asked  # type: ignore[attr-defined]
    query = ListQuery.read(request.GET.dict())
    every = columns_for(member)
    columns = chosen_columns(every, request)
    order = Order.read(request, every, "name")
    if asked.is_today:
        rows = customers(member, query, asked.today)
        shown = keyset_page(rows, request, order, size=50)
        total = totals(rows, asked.watermark, repr((query, member.pk)))
    else:
        shown, total = snapshot.list_page(member, query, asked, order, request)
    if request.GET.get("export") in exports.KINDS and member.may("export.run"):
        return exports.customers_file(request, member, query, asked, columns, order)
    owners = assignable_members()
    context: dict[str, Any] = {
        "query": query,
        "columns": columns,
        "all_columns": every,
        "sees_money": member.may("revenue.view"),
        "order": order,
        "page": shown,
        "total": total,
        "chips": _chips(request, query, owners),
        "owners": owners,
        "segments": segments(),
        "excluded": excluded_choices(),
        "today": asked.as_of,
        "may_add": asked.is_today and may_add(member),
        "may_bulk": asked.is_today and member.may("account.edit_own"),
        "undo": request.session.pop("undo_entry", None),
    }
    return render_page(request, "desk/customers.html", context, fragment="desk/_customers.html")


def _back(request: HttpRequest) -> str:
    """Where the form came from, on this host and below the customers; the list otherwise."""
    wanted = request.POST.get("next", "")
    safe = wanted.startswith("/customers/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if safe else reverse("customers")


BULK_FIELDS = {
    "owner": "owner_id",
    "deputy": "deputy_id",
    "segment": "segment",
    "touch": "touch",
    "excluded": "excluded",
}


@require_POST
@page("account.view")
def bulk_edit(request: HttpRequest) -> HttpResponse:
    """One field of the ticked customers; one entry, so one undo."""
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdecimal()]
    field = BULK_FIELDS.get(request.POST.get("field", ""))
    back = redirect(_back(request))
    if not ids or field is None:
        messages.warning(request, _("変更する顧客と項目を選んでください。"))
        return back
    try:
        done = edit_many(ids, {field: request.POST.get("value", "")}, actor=reader(request))
    except Refused as problem:
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
def undo(request: HttpRequest) -> HttpResponse:
    """Take back the last edit."""
    entry = request.POST.get("entry", "")
    changed = take_back(int(entry), actor=reader(request)) if entry.isdecimal() else 0
    messages.success(request, _("%(n)s社の変更を元に戻しました。") % {"n": changed})
    return redirect(_back(request))
