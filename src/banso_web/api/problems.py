"""Errors as problem+json (RFC 9457), in the caller's language: what happened, what became of the data, what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

from banso_web.core.errors import Conflict, Refused
from banso_web.core.facts import current_watermark
from banso_web.revenue.actions.closing import ClosingBlocked

logger = logging.getLogger("banso.api")
PROBLEM = "application/problem+json"
SAFE = ("GET", "HEAD", "OPTIONS")

TITLES: dict[int, Any] = {
    400: gettext_lazy("要求を読み取れません"),
    401: gettext_lazy("認証が必要です"),
    403: gettext_lazy("この操作は許可されていません"),
    404: gettext_lazy("見つかりません"),
    405: gettext_lazy("このアドレスでは使えない操作です"),
    409: gettext_lazy("ほかの変更と重なりました"),
    412: gettext_lazy("ほかの人が先に変更しました"),
    413: gettext_lazy("送られた内容が大きすぎます"),
    415: gettext_lazy("この形式は受け取れません"),
    422: gettext_lazy("入力を確かめてください"),
    429: gettext_lazy("要求が多すぎます"),
    500: gettext_lazy("Banso の中で問題が起きました"),
}

# What pydantic says of a value -> our words. The longest beginning counts.
WORDS: dict[str, Any] = {
    "missing": gettext_lazy("必要な項目です。"),
    "extra_forbidden": gettext_lazy("この項目はありません。名前を確かめてください。"),
    "date": gettext_lazy("日付は 2026-11-24 の形にしてください。"),
    "int": gettext_lazy("整数にしてください。"),
    "bool": gettext_lazy("true か false にしてください。"),
    "decimal": gettext_lazy("数値にしてください。"),
    "string_too_long": gettext_lazy("長すぎます。短くしてください。"),
    "string_too_short": gettext_lazy("空にはできません。"),
    "string": gettext_lazy("文字列にしてください。"),
    "literal_error": gettext_lazy("決められた値から選んでください。"),
    "greater_than": gettext_lazy("値が小さすぎます。"),
    "less_than": gettext_lazy("値が大きすぎます。"),
    "list": gettext_lazy("一覧([ ] の形)にしてください。"),
    "too_long": gettext_lazy("数が多すぎます。"),
    "model": gettext_lazy("項目と値の組({ } の形)にしてください。"),
    "dict": gettext_lazy("項目と値の組({ } の形)にしてください。"),
}


class Stop(Exception):
    """A problem that the API itself tells: status, machine's word, what to say."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.more = status, code, detail, more


def invalid(field: str, words: str) -> Stop:
    """422 for one field or parameter."""
    return Stop(422, "invalid", _("入力を確かめてください。"), errors={field: [words]})


def problem(request: HttpRequest, status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """The answer. `data` says what became of the data: a refused write leaves it "unchanged".

    `headers` are sent beside the body; every other keyword stands in it.
    """
    headers: Mapping[str, str] = more.pop("headers", {})
    body: dict[str, Any] = {
        "type": f"urn:banso:problem:{code}",
        "title": str(TITLES.get(status, TITLES[500])),
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.path,
        "watermark": current_watermark(),
    }
    if request.method not in SAFE:
        body["data"] = "unknown" if status >= 500 else "unchanged"
    body |= {key: value for key, value in more.items() if value not in (None, {}, [])}
    text = json.dumps(body, ensure_ascii=False, default=str)
    return HttpResponse(text, status=status, content_type=PROBLEM, headers=dict(headers))


def unchanged(request: HttpRequest) -> str:
    """The sentence about the data, ready to follow another one; nothing where nothing could change."""
    if request.method in SAFE:
        return ""
    space = "" if get_language() == "ja" else " "
    return space + _("データは変わっていません。")


def _words(kind: str, context: Mapping[str, Any]) -> str:
    if kind in ("value_error", "assertion_error") and "error" in context:
        return str(context["error"])
    found = max((key for key in WORDS if kind.startswith(key)), key=len, default="")
    return str(WORDS[found]) if found else _("この値は読み取れません。")


def field_errors(errors: list[Any]) -> dict[str, list[str]]:
    """{field: [what is wrong]} of a validation; a place inside a list or object is written with dots."""
    found: dict[str, list[str]] = {}
    for error in errors:
        place = [str(part) for part in error.get("loc", ())]
        # ninja names the source and the parameter's own name first: ("body", "values", "name").
        name = (
            ".".join(place[2:] if len(place) > 2 and place[0] in ("body", "query", "form") else place[1:])
            or "body"
        )
        found.setdefault(name, []).append(_words(str(error.get("type", "")), error.get("ctx") or {}))
    return found


def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    status = error.status
    if isinstance(error, Conflict) and error.code == "stale" and request.headers.get("If-Match"):
        status = 412
    errors = {key: [words] for key, words in error.fields.items()}
    reasons = list(error.reasons) if isinstance(error, ClosingBlocked) else None
    return problem(request, status, error.code, error.message, errors=errors, reasons=reasons)


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 400:
        detail = _("本文を JSON として読み取れません。") + unchanged(request)
        return problem(request, 400, "bad_body", detail)
    return problem(request, error.status_code, "refused", str(TITLES.get(error.status_code, error)))


def answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """The problem of any exception. What nobody foresaw is logged with its place and told without inner details."""
    if isinstance(error, Stop):
        if error.status == 401:
            error.more["headers"] = {"WWW-Authenticate": 'Bearer realm="banso"'}
        return problem(request, error.status, error.code, error.detail + unchanged(request), **error.more)
    if isinstance(error, Refused):
        return _refused(request, error)
    if isinstance(error, ValidationError):
        words = _("入力を確かめてください。") + unchanged(request)
        return problem(request, 422, "invalid", words, errors=field_errors(error.errors))
    if isinstance(error, Http404):
        return problem(request, 404, "not_found", _("このアドレスのものは、ないか、あなたには見えません。"))
    if isinstance(error, PermissionDenied):
        text = str(error) or _("この操作の権限がありません。") + unchanged(request)
        return problem(request, 403, "forbidden", text)
    if isinstance(error, (RequestDataTooBig, TooManyFilesSent)):
        return problem(request, 413, "too_large", _("送られた内容が大きすぎます。") + unchanged(request))
    if isinstance(error, MultiPartParserError):
        return problem(
            request, 400, "bad_body", _("送られたファイルの形を読み取れません。") + unchanged(request)
        )
    if isinstance(error, HttpError):
        return _http(request, error)
    logger.exception("%s %s failed", request.method, request.path)
    text = _(
        "Banso の中で問題が起きました。書き込みの途中だった場合は、結果を確かめてからやり直してください。"
    )
    return problem(request, 500, "internal", text)
