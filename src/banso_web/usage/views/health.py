"""届き具合: one source's days, volumes and changes."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.collect import actions
from banso_web.collect import reads as collected
from banso_web.core.days import DayField
from banso_web.core.pages import page, render_page
from banso_web.usage.reads.health import chart, health_of
from banso_web.usage.reads.sources import follower
from banso_web.usage.words import DRIFTS, FILE_WORD, TYPES


class EndForm(forms.Form):
    """From when nothing is expected of a source."""

    ended_on = DayField(
        label=_l("使わなくなった日"),
        required=False,
        help_text=_l(
            "この日からは届かなくても、ほかの送信元から利用が届く顧客では欠測にしません。空なら今日です。"
        ),
    )


@page(actions.MANAGE)
def of_source(request: HttpRequest, source_id: int) -> HttpResponse:
    return shown(request, source_id)


def shown(request: HttpRequest, source_id: int, form: EndForm | None = None) -> HttpResponse:
    """The page, with the form of its end as it was filled in."""
    row, asked = collected.source(source_id), request.asked  # type: ignore[attr-defined]
    found = health_of(asked, source_id)
    followed = follower(asked, source_id, found.freshness.since) if row.closed_at is None else None
    if form is None:
        form = EndForm(initial={"ended_on": followed.since if followed else row.ended_on}, label_suffix="")
    drifts = [
        (one, DRIFTS[one.kind], TYPES.get(one.before, ""), TYPES.get(one.after, ""))
        for one in found.drifts or ()
    ]
    context = {
        "row": row,
        "name": row.name,
        "found": found,
        "drifts": drifts,
        "followed": followed,
        "form": form,
        "picture": chart(found, _("イベント")),
    }
    return render_page(request, "usage/source_health.html", context, status=422 if form.errors else 200)


@page(actions.MANAGE)
def of_files(request: HttpRequest) -> HttpResponse:
    """Daily usage as files bring it: all files are one source."""
    found = health_of(request.asked, None)  # type: ignore[attr-defined]
    context = {"row": None, "name": FILE_WORD, "found": found, "drifts": None}
    return render_page(request, "usage/source_health.html", {**context, "picture": chart(found, _("行"))})
