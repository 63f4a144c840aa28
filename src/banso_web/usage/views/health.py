"""届き具合: one source's days, volumes and changes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.collect import actions
from banso_web.collect import reads as collected
from banso_web.core.pages import page, render_page
from banso_web.usage.reads.health import chart, health_of
from banso_web.usage.words import DRIFTS, FILE_WORD, TYPES


@page(actions.MANAGE)
def of_source(request: HttpRequest, source_id: int) -> HttpResponse:
    row = collected.source(source_id)
    found = health_of(request.asked, source_id)  # type: ignore[attr-defined]
    drifts = [
        (one, DRIFTS[one.kind], TYPES.get(one.before, ""), TYPES.get(one.after, ""))
        for one in found.drifts or ()
    ]
    context = {"row": row, "name": row.name, "found": found, "drifts": drifts}
    return render_page(
        request, "usage/source_health.html", {**context, "picture": chart(found, _("イベント"))}
    )


@page(actions.MANAGE)
def of_files(request: HttpRequest) -> HttpResponse:
    """Daily usage as files bring it: all files are one source."""
    found = health_of(request.asked, None)  # type: ignore[attr-defined]
    context = {"row": None, "name": FILE_WORD, "found": found, "drifts": None}
    return render_page(request, "usage/source_health.html", {**context, "picture": chart(found, _("行"))})
