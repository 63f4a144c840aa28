"""What every request passes: language, size, who calls, scope, rate, known parameters, Idempotency-Key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from django.utils.text import compress_string
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja.operation import Operation

from banso_web.api import problems
from banso_web.api.idempotency import once
from banso_web.api.identity import identify
from banso_web.api.limits import check_rate, check_size
from banso_web.api.problems import Stop
from banso_web.core.errors import Forbidden
from banso_web.core.facts import current_watermark

SCOPE = "x-banso-scope"  # in the description of every operation: which scope a key needs
GOING = "x-banso-going"  # in the description of an operation that is to go
PACK_FROM = 2_000  # bytes
Run = Callable[..., HttpResponseBase]


def language_of(request: HttpRequest) -> str:
    """The best of Accept-Language that Banso speaks, else the installation's. `*` and nothing mean the installation's."""
    known = dict(settings.LANGUAGES)
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500]):
        if (base := wanted.split("-")[0]) in known:
            return base
    return settings.LANGUAGE_CODE


@contextmanager
def speaking(request: HttpRequest) -> Iterator[str]:
    language = language_of(request)
    with translation.override(language):
        request.LANGUAGE_CODE = language
        yield language


def around(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Around a whole address: language, size, the answers Django itself would give as a page."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with speaking(request) as language:
            try:
                check_size(request)
                response = view(request, *args, **kwargs)
            except (Stop, Http404) as error:
                response = problems.answer(request, error)
            if response.status_code == 405:
                allowed = response.get("Allow", "")
                text = _("このアドレスで使える操作: %(allowed)s") % {"allowed": allowed}
                response = problems.problem(request, 405, "method", text, headers={"Allow": allowed})
            response["Content-Language"] = language
            for name, value in getattr(request, "rate_headers", {}).items():
                response.setdefault(name, value)
            if going := getattr(request, "deprecated", None):
                for name, value in going.headers().items():
                    response[name] = value
            response.setdefault("Cache-Control", "no-store")
            if not response.has_header("Banso-Watermark"):
                response["Banso-Watermark"] = str(_watermark(request, response))
            patch_vary_headers(response, ("Accept-Language", "Accept-Encoding", "Authorization", "Cookie"))
            return packed(request, response)

    return wrapped


def _watermark(request: HttpRequest, response: HttpResponseBase) -> int:
    """The watermark a read stands on; after a write the latest one."""
    if request.method in problems.SAFE and response.status_code < 300:
        mark: int = request.asked.watermark  # type: ignore[attr-defined]
        return mark
    return current_watermark()


def _query_names(operation: Operation) -> set[str]:
    names: set[str] = set()
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            names |= set(getattr(model, "__ninja_flatten_map__", {}) or model.model_fields)
    return names


def packed(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A big answer compressed, for callers that say they read gzip. What is streamed or packed already stays."""
    wants = any(
        part.split(";")[0].strip() == "gzip" and not re.search(r";\s*q=0(\.0*)?\s*$", part)
        for part in request.headers.get("Accept-Encoding", "").lower().split(",")
    )
    if not wants or not isinstance(response, HttpResponse) or response.has_header("Content-Encoding"):
        return response
    if len(response.content) < PACK_FROM:
        return response
    response.content = compress_string(response.content, max_random_bytes=100)
    response["Content-Length"] = str(len(response.content))
    response["Content-Encoding"] = "gzip"
    return response


@dataclass(frozen=True)
class Going:
    """That an operation is to go: since when it is said, from when it may be gone, and what takes its place."""

    since: date
    sunset: date
    instead: str

    def headers(self) -> dict[str, str]:
        """`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and the successor's address."""
        start, end = (datetime.combine(day, time(), UTC) for day in (self.since, self.sunset))
        return {
            "Deprecation": f"@{int(start.timestamp())}",
            "Sunset": http_date(end.timestamp()),
            "Link": f'<{self.instead}>; rel="successor-version"',
        }


def going(since: str, sunset: str, instead: str) -> dict[str, Any]:
    """For `openapi_extra` of an operation that is to go: it says so in the description and in every answer."""
    one = Going(date.fromisoformat(since), date.fromisoformat(sunset), instead)
    return {"deprecated": True, GOING: {"since": since, "sunset": sunset, "instead": instead}, "_going": one}


def guard(operation: Operation) -> None:
    """Put the checks before an operation. An unknown query parameter is refused: a filter misspelt would give other numbers."""
    run: Run = operation.run
    scopes = frozenset(str((operation.openapi_extra or {}).get(SCOPE, "read")).split("|"))
    public = operation.auth_param is None
    leaving: Going | None = (operation.openapi_extra or {}).pop("_going", None)
    known = _query_names(operation)

    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            request.deprecated = leaving  # type: ignore[attr-defined]
            if not public:
                _admit(request, scopes)
            if unknown := sorted(set(request.GET) - known):
                words = _("この項目はありません。名前を確かめてください。")
                text = _("知らない問い合わせの項目があります。使える項目: %(known)s")
                more = {"known": ", ".join(sorted(known)) or _("なし")}
                raise Stop(422, "unknown_parameter", text % more, errors={name: [words] for name in unknown})
            values = [*kwargs.values(), *(one for _name, listed in request.GET.lists() for one in listed)]
            if any("\x00" in str(value) for value in values):
                raise Stop(422, "invalid", _("この文字は使えません。"))  # PostgreSQL keeps no NUL
            if public:
                return run(request, **kwargs)
            name: str = request.caller.name  # type: ignore[attr-defined]
            return once(request, name, lambda: run(request, **kwargs))
        except Exception as error:
            return problems.answer(request, error)

    operation.run = guarded  # type: ignore[method-assign]


def _admit(request: HttpRequest, scopes: frozenset[str]) -> None:
    try:
        found = identify(request)
    except Stop:
        check_rate(request, f"unknown:{request.META.get('REMOTE_ADDR', '')}")  # nobody tries keys without end
        raise
    request.caller = found  # type: ignore[attr-defined]
    request.user = found.member
    check_rate(request, found.name)
    if not scopes & found.scopes:
        text = _("この API キーには範囲「%(scope)s」がありません。")
        raise Forbidden(text % {"scope": " / ".join(sorted(scopes))} + problems.unchanged(request))


def missing(request: HttpRequest, path: str = "") -> HttpResponse:
    """Any other address below /api/."""
    with speaking(request):
        return problems.answer(request, Http404())


missing.csrf_exempt = True  # type: ignore[attr-defined]
