"""One shape for every deed of a customer's page: a form in the drawer (or on a page of its own), the action, and back.

Refusals are told on the form with everything typed kept; of two people who edit the same thing the second is told before
anything is lost. What was saved can be undone from the customer's page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from banso_web.accounts.actions.stating import Done
from banso_web.core.errors import Refused
from banso_web.core.pages import render_page

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.desk.forms.deeds import DeedForm


@dataclass(frozen=True)
class Deed:
    """What a form page says: its title, its button, what happens, and the sentence after it was saved."""

    title: str
    button: str
    saved: str = ""
    lead: str = ""
    danger: bool = False
    undoable: bool = True
    draft: str = ""
    context: dict[str, Any] = field(default_factory=dict)


def answer(
    request: HttpRequest, account: Account, form: DeedForm, deed: Deed, act: Callable[[], Done]
) -> HttpResponse:
    """GET shows the form, POST does the deed: to the customer's page when it is done, the form with reasons when not."""
    if request.method == "POST" and form.is_valid():
        try:
            done = act()
        except Refused as problem:
            tell(form, problem)
        else:
            return after(request, account.pk, done, deed.saved, undoable=deed.undoable)
    context = {"account": account, "form": form, "deed": deed, **deed.context}
    return render_page(request, "desk/deed.html", context, status=422 if form.errors else 200)


def tell(form: Any, problem: Refused) -> None:
    """A refusal beside the fields it is about; what has no field of its own above the form."""
    form.add_error(None, problem.message)
    for name, words in problem.fields.items():
        shown = form.shown_name(name)
        form.add_error(shown if shown in form.fields else None, words)


def after(
    request: HttpRequest, account_id: int, done: Done, saved: str = "", *, undoable: bool = True
) -> HttpResponse:
    """Back to the customer's page with what was saved and its undo; the drawer is told where to go."""
    if done.entry_id is not None:
        if undoable:
            request.session["undo_entry"] = done.entry_id
        messages.success(request, saved or _("保存しました。"))
    else:
        messages.success(request, _("変わったところはありません。"))
    url = reverse("customer", args=[account_id])
    if request.headers.get("X-Banso-Drawer") == "1":
        return HttpResponse(status=204, headers={"X-Banso-Location": url})
    return redirect(url)
