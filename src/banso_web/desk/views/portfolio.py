"""顧客ポートフォリオ."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.accounts.reads.choices import segments
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.display import current
from banso_web.core.ui.formats import month_text, query_text, units_text
from banso_web.core.ui.links import hidden_pairs, keep_question
from banso_web.core.ui.states import BANDS
from banso_web.desk.reads.customers import BAND_CHOICES, ListQuery
from banso_web.desk.reads.portfolio import Grid, grid
from banso_web.desk.views import whole
from banso_web.members.reads import assignable_members


def _narrowed(query: ListQuery) -> dict[str, str]:
    """The page's filters, for the list that a line opens."""
    return {key: value for key, value in (("owner", query.owner), ("segment", query.segment)) if value}


def _chart(found: Grid, narrowed: dict[str, str]) -> dict[str, object]:
    shown = [key for key in BAND_CHOICES if any(key in dict(cell.bands) for cell in found.cells)]
    cells = [
        {
            "row": shown.index(key),
            "col": index,
            "value": one.mrr_units / 10_000,
            "text": units_text(one.mrr_units),
            "n": one.customers,
            "href": keep_question(
                f"/customers/?{query_text({'month': f'{cell.month:%Y-%m}', 'ends': 'ahead', 'band': key, **narrowed})}"
            ),
        }
        for index, cell in enumerate(found.cells)
        for key, one in cell.bands
    ]
    return {
        "kind": "heat",
        "unit": {"kind": "money", "currency": current().base()},
        "description": _("満了月ごとの顧客数と MRR"),
        "rows": [str(BANDS[key].word) for key in shown],
        "cols": [month_text(cell.month) for cell in found.cells],
        "rowTitle": _("ヘルス"),
        "colTitle": _("満了月"),
        "cells": cells,
    }


@page("revenue.view")
def portfolio(request: HttpRequest) -> HttpResponse:
    """Whom nobody looks after, how contacts lean, and the grid, whose cells open their customers. `?export=csv` gives the list."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    query = ListQuery.read(request.GET.dict())
    if request.GET.get("export") == "csv":
        return whole.export(request, query)
    found = grid(member, query, asked)
    context = {
        **whole.context(request, query),
        "grid": found,
        "chart": _chart(found, _narrowed(query)),
        "narrowed": query_text(_narrowed(query)),
        "query": query,
        "owners": assignable_members(),
        "segments": segments(),
        "kept": hidden_pairs(request, "owner", "segment", "from", "export"),
    }
    return render_page(request, "desk/portfolio.html", context, fragment="desk/_portfolio.html")
