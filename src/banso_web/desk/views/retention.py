"""データの保存期間: how long each class is kept, and what the next daily run would remove (a dry run)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from banso_web.core.models import AuditRow
from banso_web.core.pages import page, render_page
from banso_web.core.retention import next_run


@page("settings.edit")
def retention(request: HttpRequest) -> HttpResponse:
    last = AuditRow.objects.filter(action="retention.apply").order_by("-pk").first()
    return render_page(request, "desk/retention.html", {"lines": next_run(), "last": last})
