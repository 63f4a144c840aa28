"""The page of a webhook: its address, its secret (shown once), and how its JSON becomes events."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from banso_web.collect import actions
from banso_web.collect import reads as collected
from banso_web.core.errors import Refused
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page


class MappingForm(forms.Form):
    """Where each word of an event stands in the JSON (collect.webhooks)."""

    event = forms.CharField(label=_l("イベント名"), required=False, max_length=200)
    user_id = forms.CharField(label=_l("利用者ID"), required=False, max_length=200)
    account_id = forms.CharField(label=_l("顧客ID"), required=False, max_length=200)
    timestamp = forms.CharField(
        label=_l("日時"),
        required=False,
        max_length=200,
        help_text=_l("ISO 形式の日時か、1970年からの秒・ミリ秒。空なら届いた日時を使います。"),
    )
    properties = forms.CharField(
        label=_l("イベントの内容"),
        required=False,
        max_length=200,
        help_text=_l("product・department・feature を持つオブジェクト。空なら本文の全体を残します。"),
    )


@never_cache
@require_POST
@page(actions.MANAGE)
def renew(request: HttpRequest, source_id: int) -> HttpResponse:
    """The new secret stands on this one answer and nowhere else."""
    try:
        secret = actions.renew_secret(source_id, actor=reader(request))
    except Refused as problem:
        messages.warning(request, problem.message)
        return redirect("source", source_id)
    return shown(request, source_id, fresh=secret)


@require_POST
@page(actions.MANAGE)
def map_json(request: HttpRequest, source_id: int) -> HttpResponse:
    form = MappingForm(request.POST, label_suffix="")
    if form.is_valid():
        try:
            actions.map_webhook(source_id, form.cleaned_data, actor=reader(request))
        except Refused as problem:
            tell(form, problem)
        else:
            messages.success(request, _("対応づけを保存しました。これから届くものに使います。"))
            return redirect("source", source_id)
    return shown(request, source_id, form=form)


def shown(
    request: HttpRequest, source_id: int, *, fresh: str = "", form: MappingForm | None = None
) -> HttpResponse:
    """The page; `fresh`: a secret that was made just now."""
    row, hook = collected.source(source_id), collected.webhook(source_id)
    context = {
        "row": row,
        "hook": hook,
        "address": request.build_absolute_uri(reverse("webhook", args=[row.write_key])),
        "fresh": fresh,
        "form": form or MappingForm(initial=hook.mapping, label_suffix=""),
    }
    refused = form is not None and bool(form.errors)
    return render_page(request, "usage/webhook.html", context, status=422 if refused else 200)
