"""ホーム."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from banso_web.collect.actions import MANAGE
from banso_web.core.pages import page, reader, render_page
from banso_web.desk.reads.home import first_steps, moving
from banso_web.desk.reads.home import home as read_home
from banso_web.desk.views import whole
from banso_web.lifecycle.reads import own_tasks
from banso_web.usage.reads.health import silent_sources

TASKS = 8


@page()
def home(request: HttpRequest) -> HttpResponse:
    """The home of the reader's roles. A manager who carries customers has both sides as tabs."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    found = read_home(member, asked)
    side = request.GET.get("side", "team" if found.company else "mine")
    book = found.company if side == "team" and found.company else found.book
    context = {
        "found": found,
        "side": side,
        "book": book,
        "moves": moving(member, asked, team=book is found.company) if book else None,
        "following": whole.head(member, asked, team=book is found.company) if book else None,
        "todo": own_tasks(member, asked, TASKS) if book and book is found.book else [],
        "silent": silent_sources(asked) if member.may(MANAGE) else [],
        "near": found.near,
        "quiet": found.quiet,
        "today": asked.as_of,
        "steps": first_steps(member),
    }
    return render_page(request, "desk/home.html", context)
