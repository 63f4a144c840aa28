"""Per request: the reader's language, and what the page is asked for (基準日)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import translation

from banso_web.core import audit, clock, pages
from banso_web.core.asking import Unreadable, read_asked
from banso_web.core.registry import registry
from banso_web.core.ui import display

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_COOKIE = "banso_language"
SAFE = ("GET", "HEAD", "OPTIONS")


class NoNulMiddleware:
    """PostgreSQL keeps no NUL and fails where it is asked for one, so none comes in, whatever the database is.

    In an address it counts as not typed; a form that holds one is refused (400). The API refuses both by itself.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "%00" in query and not request.path.startswith("/api/"):
            request.META["QUERY_STRING"] = query.replace("%00", "")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Views that guard their own body (`csrf_exempt`) are left to do so."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return
        with suppress(UnreadablePostError):  # who hung up is told by whoever reads next
            if any("\x00" in value for _name, values in request.POST.lists() for value in values):
                raise BadRequest


class LanguageMiddleware:
    """Language: the cookie the reader chose, else the installation's. Browsers' own wishes are not asked: a Japanese
    team on English browsers expects Japanese."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = request.GET.get("lang") or request.COOKIES.get(LANGUAGE_COOKIE, "")
        language = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        if request.GET.get("lang") == language:
            response.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, samesite="Lax")
        response.headers.setdefault("Content-Language", language)
        return response


def _api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


class AskedMiddleware:
    """Puts `request.asked` and the reader's display on every request; marks audit rows as made by page or API.

    A question that cannot be read is told (422), never answered with today's numbers. The API reads its own. A day other
    than today is for reading alone: a form of such a page is refused (409), unless its view says `core.pages.any_day`.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.GET.dict()
        wrong: Unreadable | None = None
        try:
            asked = read_asked({} if _api(request) else query)
            request.asked = asked  # type: ignore[attr-defined]
            if query.get("as_of"):
                query["as_of"] = asked.as_of.isoformat()  # links carry it in one way, however it was written
        except Unreadable as problem:
            wrong = problem
            request.asked = read_asked({})  # type: ignore[attr-defined]
            query = {key: value for key, value in query.items() if key not in display.KEPT}
        shown = display.read_display(
            request.COOKIES,
            query,
            clock.today(),
            lambda: registry.base_currency(request.asked),  # type: ignore[attr-defined]
        )
        with display.showing(shown), audit.through("api" if _api(request) else "page"):
            return pages.refused(request, wrong) if wrong else self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        ours = getattr(view, "__module__", "").startswith("banso_web.")  # logging out is right on any day
        if request.method in SAFE or _api(request) or not ours or getattr(view, "any_day", False):
            return None
        if not request.user.is_authenticated:
            return None
        asked = request.asked  # type: ignore[attr-defined]
        if asked.is_today and _of_today(request):
            return None
        return pages.read_only(request, status=409)


def _of_today(request: HttpRequest) -> bool:
    """Whether the page that held the form was today's. Most forms name their own address, without the page's 基準日; the
    browser tells whose they are (Referer, same origin). What cannot be read there was shown to nobody."""
    referer = urlsplit(request.headers.get("Referer", ""))
    if referer.netloc != request.get_host():
        return True
    try:
        return read_asked(dict(parse_qsl(referer.query))).is_today
    except Unreadable:
        return True
