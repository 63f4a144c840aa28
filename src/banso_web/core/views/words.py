"""用語集 and the search palette."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from banso.names import search_key
from banso_web.core.context import visible_entries
from banso_web.core.glossary import find
from banso_web.core.pages import page, reader, render_page
from banso_web.core.registry import SearchHit, registry
from banso_web.core.ui.formats import japanese
from banso_web.core.ui.links import keep_question

LIMIT = 8  # hits of one kind in the palette


@page()
def glossary(request: HttpRequest) -> HttpResponse:
    """All words, or those that contain `?q=` (kana- and width-blind)."""
    text = request.GET.get("q", "").strip()[:100]
    context = {"terms": find(text), "q": text, "all": len(find(""))}
    return render_page(request, "core/glossary.html", context, fragment="core/_glossary.html")


@dataclass(frozen=True)
class HitGroup:
    kind: Any
    hits: list[SearchHit]


def _pages(request: HttpRequest, wanted: str) -> list[SearchHit]:
    found = []
    for entry, url in visible_entries(request):
        if not wanted or wanted in search_key(f"{entry.label} {entry.key}"):
            found.append(SearchHit(label=str(entry.label), url=keep_question(url), kind=_("ページ")))
    return found


def _words(text: str) -> list[SearchHit]:
    kind = _("用語")
    return [
        SearchHit(
            label=term.ja if japanese() else term.en,
            url=f"{reverse('glossary')}?{urlencode({'q': term.ja})}",
            kind=kind,
            detail=term.en if japanese() else term.ja,
        )
        for term in find(text)[:LIMIT]
    ]


def hits(request: HttpRequest, text: str) -> list[HitGroup]:
    """What the reader may open for these words: pages first, then what the apps find, then words of the glossary."""
    found = _pages(request, search_key(text))
    if text:
        found = found[:LIMIT]
        for search in registry.searches:
            found += list(search(reader(request), text, LIMIT))[:LIMIT]
        found += _words(text)
    return [HitGroup(kind, list(group)) for kind, group in groupby(found, key=lambda hit: hit.kind)]


@page()
def search(request: HttpRequest) -> HttpResponse:
    """The palette's answers (fragment), or a page of them without script."""
    text = request.GET.get("q", "").strip()[:100]
    context = {"groups": hits(request, text), "q": text}
    return render_page(request, "core/search.html", context, fragment="core/_search.html")
