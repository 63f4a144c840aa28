"""分子・分母・除外 of one customer's use: whose users on how many seats, which core features and which not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from banso_web.accounts.access import access_account
from banso_web.core.metrics import catalogue
from banso_web.core.pages import page, reader, render_page
from banso_web.usage.reads.one import one_use


@page("account.view")
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    member = reader(request)
    row = access_account(member, account_id)
    asked = request.asked  # type: ignore[attr-defined]
    context = {
        "account": row,
        "one": one_use(member, account_id, asked),
        "day": asked.as_of,
        "specs": [catalogue["active_rate"], catalogue["adoption_breadth"]],
    }
    return render_page(request, "usage/account.html", context)
