"""Deeds and rows of one customer's health."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.accounts.access import access_account, require_edit
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.health.actions.sentiment import feel, take_back
from banso_web.health.forms import SentimentForm
from banso_web.health.reads.rows import evidence
from banso_web.health.reads.sentiment import felt, is_of


@page("account.view")
def rows(request: HttpRequest, account_id: int, signal: str) -> HttpResponse:
    """What a signal stands on."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    account = access_account(member, account_id)
    found = evidence(member, account_id, signal, asked)
    return render_page(request, "health/rows.html", {"account": account, "found": found})


@page("account.view", edits=True)
def sentiment(request: HttpRequest, account_id: int) -> HttpResponse:
    """担当所感: POST of a mark alone is the one tap; the form adds a reason and an expiry."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    account = access_account(member, account_id)
    require_edit(member, account)
    form = SentimentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            done = feel(account_id, given["mark"], actor=member, reason=given["reason"], until=given["until"])
        except Refused as problem:
            tell(form, problem)
        else:
            said = _("担当所感を付けました。") if done.entry_id else _("変わったところはありません。")
            return _back(request, account_id, said)
    sees = member.may("contact.view")
    past = [(one, one.reason if sees else "") for one in felt(asked, account_id)]
    context = {"account": account, "form": form, "past": past}
    return render_page(request, "health/sentiment.html", context, status=422 if form.errors else 200)


@require_POST
@page("account.view", edits=True)
def sentiment_void(request: HttpRequest, account_id: int, sentiment_id: int) -> HttpResponse:
    """Take one back."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    access_account(member, account_id)
    if not is_of(asked, account_id, sentiment_id):
        raise NotVisible
    take_back(sentiment_id, actor=member)
    return _back(request, account_id, _("担当所感を取り消しました。"))


def _back(request: HttpRequest, account_id: int, said: str) -> HttpResponse:
    messages.success(request, said)
    url = reverse("customer", args=[account_id])
    if request.headers.get("X-Banso-Drawer") == "1":
        return HttpResponse(status=204, headers={"X-Banso-Location": url})
    return redirect(url)
