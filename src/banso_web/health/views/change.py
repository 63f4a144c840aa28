"""The explanation of one customer between any two days."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from banso_web.accounts.access import access_account
from banso_web.core.days import DayField
from banso_web.core.pages import page, reader, render_page
from banso_web.health.reads.change import change

USUAL = timedelta(days=30)
ENDS = [("value", _("値")), ("low", _("区間の下限(区分が決まる値)"))]


class DaysForm(forms.Form):
    first = DayField(label=_("前の日"))
    last = DayField(label=_("後の日"))
    end = forms.ChoiceField(label=_("見るもの"), choices=ENDS)


@page("account.view")
def between(request: HttpRequest, account_id: int) -> HttpResponse:
    """Without days: 30 days before the asked day, and that day."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    account = access_account(member, account_id)
    initial = {"first": (asked.as_of - USUAL).isoformat(), "last": asked.as_of.isoformat(), "end": "value"}
    data = {name: request.GET.get(name) or initial[name] for name in initial}
    form = DaysForm(data, label_suffix="")
    told, sides = None, []
    if form.is_valid():
        given = form.cleaned_data
        if given["last"] > asked.as_of or given["first"] > given["last"]:
            form.add_error("last", _("後の日は、前の日から基準日までのどれかにしてください。"))
        else:
            told = change(member, account_id, asked, given["first"], given["last"], given["end"])
            sides = [(given["first"], told.before), (given["last"], told.after)]
    context = {"account": account, "form": form, "told": told, "sides": sides}
    return render_page(request, "health/change.html", context, status=422 if form.errors else 200)
