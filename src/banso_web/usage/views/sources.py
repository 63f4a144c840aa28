"""データの送信元: their keys, and what came from them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from banso_web.collect import actions
from banso_web.collect import reads as collected
from banso_web.core.errors import Refused
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.usage.actions.settling import may_settle
from banso_web.usage.reads.sources import sources
from banso_web.usage.views import health, webhooks


class SourceForm(forms.Form):
    name = forms.CharField(
        label=_l("名前"), max_length=100, help_text=_l("送ってくる製品やサイトの名前。例: 勤怠クラウド")
    )
    kind = forms.ChoiceField(
        label=_l("送り方"),
        choices=[
            ("tracking", _l("製品に入れるライブラリから送る(Segment・RudderStack)")),
            ("webhook", _l("ほかのサービスの Webhook から送る(署名つき)")),
        ],
        initial="tracking",
        required=False,
        widget=forms.RadioSelect,
    )


@never_cache
@page(actions.MANAGE)
def listing(request: HttpRequest) -> HttpResponse:
    """Every source, and the form for a new one."""
    form = SourceForm(request.POST if request.method == "POST" else None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            if form.cleaned_data["kind"] == "webhook":
                made, secret = actions.open_webhook(name, actor=reader(request))
                return webhooks.shown(request, made.pk, fresh=secret)
            made = actions.open_source(name, actor=reader(request))
        except Refused as problem:
            tell(form, problem)
        else:
            messages.success(request, _("送信元を作りました。書き込みキーを製品に設定してください。"))
            return redirect("source", made.pk)
    asked = request.asked  # type: ignore[attr-defined]
    context = {
        "found": sources(asked),
        "form": form,
        "today": asked.as_of,
        "may_settle": may_settle(reader(request)),
    }
    return render_page(request, "usage/sources.html", context, status=422 if form.errors else 200)


@page(actions.MANAGE)
def one(request: HttpRequest, source_id: int) -> HttpResponse:
    """The key, with what to put into the product; of a webhook its address, secret and mapping."""
    row = collected.source(source_id)
    if row.kind == "webhook":
        return webhooks.shown(request, source_id)
    if row.kind == "table":
        return redirect("table", source_id)
    host = request.build_absolute_uri("/").rstrip("/")
    return render_page(request, "usage/source.html", {"row": row, "host": host})


@require_POST
@page(actions.MANAGE)
def close(request: HttpRequest, source_id: int) -> HttpResponse:
    """Close it, or say from when a closed one was no longer used."""
    form = health.EndForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            actions.close_source(source_id, actor=reader(request), ended_on=form.cleaned_data["ended_on"])
        except Refused as problem:
            tell(form, problem)
    if form.errors:
        return health.shown(request, source_id, form)
    messages.success(request, _("送信元を閉じました。届いていたデータは残ります。"))
    return redirect("sources")
