"""届いたイベント: the newest events as they arrive, and one of them with what was made of it.

What is filtered by is sent in the body and never in the address: ids of people stay out of servers' logs.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _l

from banso_web.collect import actions
from banso_web.collect import reads as collected
from banso_web.collect.protocol import SINGLE
from banso_web.core.days import DayField
from banso_web.core.pages import any_day, is_fragment_request, page, reader, render_page
from banso_web.usage.actions.settling import may_settle
from banso_web.usage.reads.made import accounts_of, made_of, shown_json
from banso_web.usage.words import STATES
from banso_web.warehouse import recent


class LiveForm(forms.Form):
    """What to show. Nothing given: everything of today and yesterday."""

    source = forms.ChoiceField(label=_l("送信元"), required=False)
    kind = forms.ChoiceField(
        label=_l("種類"), required=False, choices=[("", _l("すべて")), *((kind, kind) for kind in SINGLE)]
    )
    state = forms.ChoiceField(label=_l("状態"), required=False, choices=[("", _l("すべて")), *STATES.items()])
    who = forms.CharField(label=_l("利用者か顧客のID"), required=False, max_length=200)
    name = forms.CharField(label=_l("イベント名"), required=False, max_length=200)
    day = DayField(label=_l("起きた日"), required=False)

    def __init__(self, data: Any = None, *, people: bool, **more: Any) -> None:
        super().__init__(data, label_suffix="", **more)
        self._people = people
        if not people:
            self.fields["who"].label = _l("顧客ID")
        names = [(key, name) for key, name in collected.source_names().items()]
        self.fields["source"].choices = [("", _l("すべて")), *names]  # type: ignore[attr-defined]

    def wanted(self) -> recent.Wanted:
        """Fields with a mistake are left out: what stands in them is marked."""
        told = self.cleaned_data
        return recent.Wanted(
            source=int(told["source"]) if told.get("source") else None,
            kind=told.get("kind", ""),
            who=told.get("who", "").strip(),
            name=told.get("name", "").strip(),
            state=told.get("state", ""),
            day=told.get("day"),
            people=self._people,
        )


@any_day
@page(actions.MANAGE)
def events(request: HttpRequest) -> HttpResponse:
    """The newest hundred. A poll that brings the mark of what it has is answered with 204 while nothing is new."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    mark = recent.mark()
    if is_fragment_request(request) and request.POST.get("mark") == mark:
        return HttpResponse(status=204)
    given = request.POST if request.method == "POST" else {"source": request.GET.get("source", "")}
    sees_people = member.may("contact.view")
    form = LiveForm(given, people=sees_people)
    form.is_valid()
    found = recent.newest(form.wanted())
    accounts = accounts_of(member, {one.group_id for one in found}, asked)
    names = collected.source_names()
    context = {
        "form": form,
        "lines": [
            (one, STATES[one.state], names.get(str(one.source), ""), accounts.get(one.group_id))
            for one in found
        ],
        "mark": mark,
        "paused": request.POST.get("paused") == "1",
        "sees_people": sees_people,
    }
    return render_page(request, "usage/live.html", context, fragment="usage/_live.html")


@page(actions.MANAGE)
def event(request: HttpRequest, source_id: int, received: int, digest: str) -> HttpResponse:
    """One event. Its address holds nothing that a client wrote."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    one = recent.find(source_id, received, digest, _day(request.GET.get("day", "")))
    sees_people = member.may("contact.view")
    context = {
        "one": one,
        "state": STATES[one.state],
        "source": collected.source(source_id),
        "made": made_of(member, one, asked),
        "text": shown_json(one, personal=sees_people),
        "sees_people": sees_people,
        "known_as": (one.user_id or one.anonymous_id) if may_settle(member) else "",
    }
    return render_page(request, "usage/event.html", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
