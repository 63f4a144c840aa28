"""設定."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from banso_web.core.pages import page, render_page


@page()
def index(request: HttpRequest) -> HttpResponse:
    return render_page(request, "core/settings/index.html", {})
