"""取込: the list of imports, and what the canonical files hold."""

from __future__ import annotations

import csv

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from banso_web.core.errors import NotVisible
from banso_web.core.pages import page, render_page
from banso_web.core.ui.lists import Order, keyset_page
from banso_web.ingest.models import ImportRun
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.schema import FileSchema
from banso_web.ingest.reads import STATES, counts_of, shown_key, total_of

SIZE = 50


@page("import.run")
def imports(request: HttpRequest) -> HttpResponse:
    """Every run, the latest first."""
    found = keyset_page(ImportRun.objects.select_related("made_by", "entry"), request, Order(()), size=SIZE)
    lines = [
        {"run": run, "word": STATES[shown_key(run)][0], "tone": STATES[shown_key(run)][1], "sum": total_of(counts_of(run))}
        for run in found.rows
    ]  # fmt: skip
    return render_page(request, "ingest/list.html", {"lines": lines, "list_page": found, "files": _files()})


def _files() -> list[dict[str, object]]:
    """The canonical files in the reader's language with their columns."""
    japanese = (get_language() or "ja").startswith("ja")
    return [
        {
            "key": schema.key,
            "label": schema.ja if japanese else schema.en,
            "columns": [
                {
                    "key": column.key,
                    "label": column.ja if japanese else column.en,
                    "required": column.required,
                    "values": [(one.key, one.ja if japanese else one.en) for one in column.values],
                }
                for column in schema.columns
                if column.listed
            ],
        }
        for schema in FILES.values()
    ]


@page("import.run")
def columns(request: HttpRequest) -> HttpResponse:
    """Every canonical file: columns, which are required, allowed values, and a template to fill in."""
    return render_page(request, "ingest/columns.html", {"files": _files()})


def template_text(schema: FileSchema) -> str:
    """A CSV of one header row in the reader's language, with the byte order mark Excel wants."""
    japanese = (get_language() or "ja").startswith("ja")
    response = HttpResponse()
    names = [column.ja if japanese else column.key for column in schema.columns if column.listed]
    csv.writer(response).writerow(names)
    return "\ufeff" + response.content.decode()


@page("import.run")
def template_csv(request: HttpRequest, kind: str) -> HttpResponse:
    """The header row of one canonical file."""
    if kind not in FILES:
        raise NotVisible
    response = HttpResponse(template_text(FILES[kind]), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response
