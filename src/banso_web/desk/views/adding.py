"""顧客を追加: with the customers it may be already, before anything is saved."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from banso.names import search_key
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.actions.adding import add_account, alike, may_add
from banso_web.accounts.actions.stating import Times
from banso_web.accounts.reads.choices import segments
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.desk.forms import NewAccountForm
from banso_web.desk.views.deeds import after, tell

CHOICES = 20


@page("account.view", edits=True)
def add(request: HttpRequest) -> HttpResponse:
    """A new customer. While similar ones exist and nobody said that it is another company, nothing is saved."""
    member = reader(request)
    if not may_add(member):
        raise Forbidden(_("顧客を追加する権限がありません。データは変わっていません。"))
    form = NewAccountForm(request.POST or None)
    if request.method == "GET":
        form.initial["owner"] = member.pk
    similar = (
        alike(member, form.data.get("name", ""), form.data.get("corporate_number", "")) if form.data else []
    )
    if request.method == "POST" and form.is_valid():
        times = Times(None, form.cleaned_data["recorded_on"], form.cleaned_data["reason"])
        try:
            done = add_account(
                form.values(),
                actor=member,
                times=times,
                code=form.cleaned_data["code"],
                alike_seen=form.cleaned_data["alike_seen"],
            )
        except Refused as problem:
            tell(form, problem)
        else:
            return after(request, done.id, done, _("顧客を登録しました。"))
    context = {"form": form, "similar": similar, "segments": segments()}
    return render_page(request, "desk/customer_new.html", context, status=422 if form.errors else 200)


@page("account.view")
def similar(request: HttpRequest) -> HttpResponse:
    """While the name is typed: customers that it may be already."""
    member = reader(request)
    found = alike(member, request.GET.get("name", "")[:300], request.GET.get("corporate_number", "")[:20])
    return render(request, "desk/_alike.html", {"similar": found})


@page("account.view")
def choices(request: HttpRequest) -> HttpResponse:
    """Suggestions for a field that takes a customer: those whose name, kana or id hold what was typed."""
    typed = search_key(str(next(iter(request.GET.dict().values()), ""))[:100])
    rows = visible_accounts(reader(request)).filter(search_key__contains=typed).order_by("sort_key", "pk")
    return render(request, "desk/_choices.html", {"found": rows[:CHOICES] if typed else ()})
