"""Per request: the reader's language, and what the page is asked for (基準日)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils import translation

from banso_web.core import audit, clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.ui import display

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_COOKIE = "banso_language"


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


def read_asked(query: dict[str, str]) -> Asked:
    """The question's time part from `as_of`, `known_at` and `watermark`; what cannot be read counts as not given."""
    today, latest = clock.today(), current_watermark()
    as_of, mark = today, latest
    known_at: datetime | None = None
    with suppress(ValueError):
        day = date.fromisoformat(query.get("as_of", "")[:10])
        as_of = day if 1900 <= day.year < 2200 else today  # the days that facts may have
    with suppress(KeyError, ValueError):
        moment = datetime.fromisoformat(query["known_at"])
        if 1900 <= moment.year < 2200:  # nearer to the calendar's ends it has no local time
            known_at = moment if moment.tzinfo else moment.replace(tzinfo=clock.JST)
    if query.get("watermark", "").isdecimal():
        mark = min(int(query["watermark"][:18]), latest)
    return Asked(as_of=as_of, today=today, watermark=mark, known_at=known_at, pinned=mark != latest)


class AskedMiddleware:
    """Puts `request.asked` and the reader's display on every request; marks audit rows as made by page or API."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.asked = read_asked(request.GET.dict())  # type: ignore[attr-defined]
        shown = display.read_display(request.COOKIES, request.GET.dict(), clock.today())
        with display.showing(shown), audit.through("api" if request.path.startswith("/api/") else "page"):
            return self.get_response(request)
