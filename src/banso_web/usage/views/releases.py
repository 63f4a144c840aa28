"""リリース: a short dated list of the products' releases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_POST

from banso_web.accounts.reads.choices import products
from banso_web.core.days import DayField
from banso_web.core.errors import Refused
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.usage.actions.releases import MANAGE, add_release, remove_release
from banso_web.usage.reads.releases import releases


class ReleaseForm(forms.Form):
    on = DayField(label=_l("日付"))
    product = forms.ChoiceField(label=_l("製品"), required=False)
    text = forms.CharField(label=_l("内容"), max_length=100, help_text=_l("例: 一括申請の画面を新しくした"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        named = [(name, name) for name in products()]
        self.fields["product"].choices = [("", _("すべての製品")), *named]  # type: ignore[attr-defined]


@page(MANAGE, edits=True)
def listing(request: HttpRequest) -> HttpResponse:
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            add_release(actor=reader(request), **form.cleaned_data)
        except Refused as problem:
            tell(form, problem)
        else:
            messages.success(request, _("リリースを加えました。利用の推移に印が付きます。"))
            return redirect("releases")
    context = {"rows": releases(), "form": form}
    return render_page(request, "usage/releases.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE)
def remove(request: HttpRequest, release_id: int) -> HttpResponse:
    remove_release(release_id, actor=reader(request))
    messages.success(request, _("リリースを消しました。"))
    return redirect("releases")
