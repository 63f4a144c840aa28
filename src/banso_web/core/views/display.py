"""表示の設定: the reader's own money style and negatives (cookies of this browser)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core.pages import any_day, page, render_page
from banso_web.core.ui import display

YEAR = 365 * 86400


class DisplayForm(forms.Form):
    money = forms.ChoiceField(
        label=gettext_lazy("金額の単位"),
        choices=[
            ("full", gettext_lazy("¥1,200,000(円)")),
            ("man", gettext_lazy("120万円(万円)")),
            ("million", gettext_lazy("1.2百万円(百万円)")),
        ],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("円だけに働きます。丸めた金額に重ねると、丸める前の金額が出ます。"),
    )
    negative = forms.ChoiceField(
        label=gettext_lazy("マイナスの書き方"),
        choices=[("minus", "−¥720,000"), ("triangle", "▲¥720,000")],
        widget=forms.RadioSelect,
    )


@any_day
@page()
def display_settings(request: HttpRequest) -> HttpResponse:
    shown = display.current()
    form = DisplayForm(
        request.POST or None, initial={"money": shown.money.value, "negative": shown.negative.value}
    )
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("表示の設定を保存しました。"))
        response = redirect("settings_display")
        options: dict[str, Any] = {"max_age": YEAR, "samesite": "Lax"}
        response.set_cookie(display.MONEY_COOKIE, form.cleaned_data["money"], **options)
        response.set_cookie(display.NEGATIVE_COOKIE, form.cleaned_data["negative"], **options)
        return response
    return render_page(request, "core/settings/display.html", {"form": form})
