"""Saved views of lists: the forms of `{% saved_views "page" %}` arrive here and go back to their list."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.core.actions.views import delete_view, rename_view, save_view, share_view
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.pages import any_day, page, reader

LONGEST_QUERY = 4_000
PAGE_KEY = re.compile(r"[a-z_]{1,40}")


def _back(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return redirect(wanted if safe else "/")


@any_day
@require_POST
@page()
def save(request: HttpRequest) -> HttpResponse:
    """Keep the list's filters, columns and order under a name; the reader's own view of that name is replaced."""
    key, query = request.POST.get("page", ""), request.POST.get("query", "")
    if not PAGE_KEY.fullmatch(key) or len(query) > LONGEST_QUERY:
        raise NotVisible
    try:
        view = save_view(
            reader(request), key, request.POST.get("name", ""), dict(QueryDict(query).lists()),
            shared=request.POST.get("shared") == "1",
        )  # fmt: skip
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("ビュー「%(name)s」を保存しました。") % {"name": view.name})
    return _back(request)


@any_day
@require_POST
@page()
def change(request: HttpRequest, view_id: int) -> HttpResponse:
    """Rename, share, keep to oneself, or delete a view of one's own; 404 for anybody else's."""
    actor, deed = reader(request), request.POST.get("deed", "")
    try:
        if deed == "rename":
            rename_view(actor, view_id, request.POST.get("name", ""))
            messages.success(request, _("ビューの名前を変えました。"))
        elif deed in ("share", "unshare"):
            share_view(actor, view_id, deed == "share")
            said = (
                _("ビューを全員に見せるようにしました。")
                if deed == "share"
                else _("ビューを自分だけのものに戻しました。")
            )
            messages.success(request, said)
        elif deed == "delete":
            delete_view(actor, view_id)
            messages.success(request, _("ビューを削除しました。"))
        else:
            raise NotVisible
    except Refused as problem:
        messages.error(request, problem.message)
    return _back(request)
