"""One view serves the page and its fragment. Read this before writing a page.

A page in five steps
--------------------
1. The view::

       @page("revenue.view")                      # log-in, then the permission (403); "" asks for log-in alone
       def board(request: HttpRequest) -> HttpResponse:
           asked = request.asked                  # 基準日, known_at, watermark: pass it to your reads
           ...
           return render_page(request, "revenue/board.html", context, fragment="revenue/_board.html")

   An htmx request (a filter, a sort) gets only `fragment`, a template that the page itself includes. The drawer and
   a whole page get the page. Paths of things the reader may not see raise `NotVisible` (404).

2. The template::

       {% extends "core/base.html" %}
       {% block title %}{% translate "解約率" %}{% endblock %}
       {% block crumbs %}<a href="{% link 'kpi' %}">KGI・KPI</a><span>{% translate "解約率" %}</span>{% endblock %}
       {% block content %}
         <div class="page-head"><h1>…</h1><div class="page-actions">…</div></div>
         {% tabs tabs %}                                        {# list of core.ui.lists.Tab #}
         <div class="cards">{% card "顧客" %}{% stat of=figure %}{% endcard %}</div>
       {% endblock %}

   Blocks: title, crumbs, content, wide (write "content-wide" for tables and boards), print_versions (definition
   versions for paper), drawer_title, scripts. All tags are builtins: never `{% load %}`. Where the page shows no
   number, write `{% block asof %}{% endblock %}`.

3. Figures. `{% stat "NRR" 0.9675 "pct" metric="nrr_monthly" rows_url=url %}` or a ready `core.ui.figures.Figure` with
   `{% stat of=figure %}`; inside tables `{% figure value "units" metric="mrr" rows_url=url %}` or the filters money,
   units, pct, pt, count:"社", number, date_ja, moment, month. A value that is None shows its state word (`state=`
   "not_computable", "not_applicable", "too_few", "missing", "not_computed" …): never print 0 for "unknown".
   `rows_url` is your page of 分子・分母・除外. It opens in the drawer, so its template is an ordinary page.

4. Lists. `columns = chosen_columns(COLUMNS, request)`, `order = Order.read(request, COLUMNS, "name")`,
   `keyset_page(query, request, order)`; in the template a `.table-box` with `<table class="grid">`,
   `{% table_head columns order tick=True %}`, rows with `data-href`, then `{% pager page %}`; above it
   `{% chips chips %}` and `{% column_chooser COLUMNS columns %}`; below `{% bulkbar form="…" %}…{% endbulkbar %}`.
   Small tables of ready cells: `{% data_table columns rows %}`. Nothing there: `{% empty "題" "文" action="…" url=… %}`.

5. Links keep the question: `{% link "url_name" args q_tab="usage" %}` or `{{ url|asof }}`; the same page with one thing
   changed: `{% here segment="smb" %}`. Links that open beside the page get the attribute `data-drawer`.

Charts: `{% chart data title="…" %}` with the dict of frontend/src/charts/contract.ts; the table twin is made from it.
Forms: `{% error_summary form %}`, `{% field form.name %}`, `<div class="form-actions">`; `data-guard` on the form warns
of unsaved changes, `data-draft="key"` keeps a draft. At another 基準日 a POST is refused (409) before it comes to the
view, so a page that is a form says so where it is declared with `@page(…, edits=True)`, and a form on a page that is
also for reading stands in `{% today_only %}…{% end_today_only %}`. No inline script anywhere: the page's policy forbids it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from banso_web.core.errors import Forbidden, Refused
from banso_web.core.ui import display

if TYPE_CHECKING:
    from banso_web.members.models import Member

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponseBase]


def reader(request: HttpRequest) -> Member:
    """The member who is logged in; for views behind `page`."""
    return cast("Member", request.user)


def is_fragment_request(request: HttpRequest) -> bool:
    """htmx asks for a part: not the drawer, not a boosted link, not a page brought back from history."""
    htmx: Any = getattr(request, "htmx", False)
    drawer = request.headers.get("X-Banso-Drawer") == "1"
    return bool(htmx) and not drawer and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, fragment: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    """The whole page, or only `fragment` where htmx asks for it (with the messages set out of band)."""
    part = bool(fragment) and is_fragment_request(request)
    values = {**(context or {}), "is_fragment": part}
    response = render(request, fragment if part else template, values, status=status)
    if part:
        response.write(render(request, "core/parts/messages_oob.html", values).content)
    patch_vary_headers(response, ("HX-Request", "X-Banso-Drawer", "Cookie"))
    return response


def refused(request: HttpRequest, problem: Refused) -> HttpResponse:
    """A deed the rules do not allow, told on a page of its own (422, 409 for a conflict, 503 for what does not answer)."""
    context = {"code": problem.status, "message": problem.message}
    return render(request, "core/error.html", context, status=problem.status)


def today_url(request: HttpRequest) -> str:
    """The same page as it is today."""
    kept = {key: value for key, value in request.GET.items() if key not in display.KEPT}
    return f"{request.path}?{urlencode(kept)}" if kept else request.path


def read_only(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    """Says that another 基準日 is for reading, with the way back: 200 instead of a form, 409 for a form that was sent."""
    url = today_url(request) if request.method == "GET" else "/"
    return render(request, "core/read_only.html", {"url": url}, status=status)


def any_day(view: View[Rest]) -> View[Rest]:
    """Marks a view whose POST changes no data of the company, or keeps the asked day with it: it is open at any 基準日."""
    view.any_day = True  # type: ignore[attr-defined]
    return view


def page(permission: str = "", *, edits: bool = False) -> Callable[[View[Rest]], View[Rest]]:
    """Log-in first, then the permission (403). A `Refused` that the view does not show itself becomes a 422 page.

    `edits`: the page is a form; at another 基準日 it says so instead of opening it.
    """

    def wrap(view: View[Rest]) -> View[Rest]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if permission and not reader(request).may(permission):
                raise Forbidden(
                    _("このページを見る権限がありません。必要な場合は管理者に役割の変更を依頼してください。")
                )
            try:
                if edits and request.method == "GET" and not request.asked.is_today:  # type: ignore[attr-defined]
                    return read_only(request)
                return view(request, *args, **kwargs)
            except Refused as problem:
                return refused(request, problem)

        return cast("View[Rest]", guarded)

    return wrap
