"""用語集 and the search palette."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from banso.names import search_key
from banso_web.core.context import settings_entries, visible_entries
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


def _named(wanted: str, *words: Any) -> bool:
    """Whether one of the words holds what is wanted; every word holds nothing wanted."""
    return any(wanted in search_key(str(word)) for word in words)


def _pages(request: HttpRequest, wanted: str) -> list[SearchHit]:
    return [
        SearchHit(label=str(entry.label), url=keep_question(url), kind=_("ページ"))
        for entry, url in [*visible_entries(request), *settings_entries(request)]
        if _named(wanted, entry.label, entry.key, *entry.reading.split())
    ]


def _acts(request: HttpRequest, wanted: str) -> list[SearchHit]:
    """What the reader may do. Deeds are of today, so their pages do not keep another 基準日."""
    member, found = reader(request), []
    for act in registry.acts:
        allowed = (not act.permission or member.may(act.permission)) and (act.may is None or act.may(member))
        if not allowed or not _named(wanted, act.label, *act.reading.split()):
            continue
        try:
            url = reverse(act.url_name) if act.url_name else ""
        except NoReverseMatch:
            continue
        found.append(
            SearchHit(str(act.label), f"{url}?{act.query}" if act.query else url, _("操作"), theme=act.theme)
        )
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
    """What the reader may open or do for these words: pages and deeds, then what the apps find, then the glossary's words."""
    wanted = search_key(text)
    found, acts = _pages(request, wanted), _acts(request, wanted)
    if text:
        found, acts = found[:LIMIT], acts[:LIMIT]
    found = found + acts
    if text:
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
