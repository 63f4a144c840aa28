"""The pages of a table: setting it up, reading it now, and what its reads did."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from banso_web.collect import reads as collected
from banso_web.collect.actions import MANAGE
from banso_web.connectors import actions, reads
from banso_web.connectors.forms import OPTIONS, ConnectionForm, NewTableForm, ReadingForm
from banso_web.connectors.words import ENGINES
from banso_web.core.errors import Refused
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page


@sensitive_post_parameters("secret")
@page(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """A new table: first its engine, then how it is reached."""
    engine = request.GET.get("engine", "")
    if engine not in OPTIONS:
        return render_page(request, "connectors/engines.html", {"engines": ENGINES.items()})
    form = NewTableForm(engine, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.open_table(data["name"], data["target"], form.given(), actor=reader(request))
        except Refused as problem:
            tell(form, problem)
        else:
            messages.success(request, _("接続できました。次に、列の意味と読む間隔を決めてください。"))
            return redirect("table", made.source_id)
    context = {"form": form, "engine_word": ENGINES[engine]}
    return render_page(request, "connectors/new.html", context, status=422 if form.errors else 200)


@page(MANAGE)
def one(request: HttpRequest, source_id: int) -> HttpResponse:
    return shown(request, source_id)


@require_POST
@page(MANAGE)
def set_reading(request: HttpRequest, source_id: int) -> HttpResponse:
    table = reads.table(source_id)
    form = ReadingForm(table.target, table.found, request.POST)
    if form.is_valid():
        try:
            actions.set_reading(source_id, form.given(), actor=reader(request))
        except Refused as problem:
            tell(form, problem)
        else:
            messages.success(request, _("読み方を保存しました。"))
            return redirect("table", source_id)
    return shown(request, source_id, reading=form)


@sensitive_post_parameters("secret")
@require_POST
@page(MANAGE)
def connect(request: HttpRequest, source_id: int) -> HttpResponse:
    table = reads.table(source_id)
    form = ConnectionForm(table.engine, request.POST, kept=table.has_secret)
    if form.is_valid():
        try:
            actions.connect(source_id, form.given(), actor=reader(request))
        except Refused as problem:
            tell(form, problem)
        else:
            messages.success(request, _("接続できました。列を読み直しました。"))
            return redirect("table", source_id)
    return shown(request, source_id, connection=form)


@require_POST
@page(MANAGE)
def read_now(request: HttpRequest, source_id: int) -> HttpResponse:
    try:
        actions.ask_read(source_id, actor=reader(request))
    except Refused as problem:
        messages.warning(request, problem.message)
    else:
        messages.success(request, _("読み始めます。"))
    return redirect("table", source_id)


def shown(
    request: HttpRequest,
    source_id: int,
    *,
    reading: ReadingForm | None = None,
    connection: ConnectionForm | None = None,
) -> HttpResponse:
    """The page, with a form that was refused in the place of its own."""
    row, table = collected.source(source_id), reads.table(source_id)
    said = {
        **table.columns,
        "further": ", ".join(table.further),
        "cursor": table.cursor,
        "zone": table.zone,
        **({"overlap": table.overlap, "every": table.every} if table.cursor else {}),
    }
    way = {**table.options, "table": table.table}
    context = {
        "row": row,
        "table": table,
        "reading": reading or ReadingForm(table.target, table.found, initial=said),
        "perms_import": reader(request).may("import.run"),
        "connection": connection or ConnectionForm(table.engine, initial=way, kept=table.has_secret),
    }
    refused = any(form is not None and form.errors for form in (reading, connection))
    return render_page(
        request,
        "connectors/table.html",
        context,
        fragment="connectors/_runs.html",
        status=422 if refused else 200,
    )
