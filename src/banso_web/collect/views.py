"""The tracking protocol on the port of the pages. The collector (`asgi.py`) serves the same addresses for more traffic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from banso_web.collect.log import NotSafe
from banso_web.collect.protocol import LONGEST_BATCH, PATHS
from banso_web.collect.taking import Answer, Taken, problem, take, take_webhook
from banso_web.core import clock

#: Browsers of any site may send: a write key opens nothing.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Retry-Count",
    "Access-Control-Expose-Headers": "Retry-After, X-RateLimit-Reset",
    "Access-Control-Max-Age": "86400",
}
SAFE_SECONDS = 30


@csrf_exempt
def collect(request: HttpRequest, path: str) -> HttpResponse:
    """One request of the protocol."""
    if path not in PATHS:
        return HttpResponse(status=404)
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=CORS)
    if request.method != "POST":
        return HttpResponse(status=405, headers={**CORS, "Allow": "POST, OPTIONS"})
    answer = _answer(request, path, take)
    return JsonResponse(answer.body, status=answer.status, headers={**CORS, **answer.headers})


@csrf_exempt
def webhook(request: HttpRequest, key: str) -> HttpResponse:
    """One request of a webhook: servers send it, so no browser is told that it may."""
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    answer = _answer(request, key, take_webhook)
    return JsonResponse(answer.body, status=answer.status, headers=answer.headers)


Taking = Callable[[str, bytes, dict[str, str], datetime], Answer | Taken]


def _answer(request: HttpRequest, place: str, take_in: Taking) -> Answer:
    raw = request.read(LONGEST_BATCH + 1)
    if len(raw) > LONGEST_BATCH:
        return problem(400, "too_large")
    headers = {name.lower(): value for name, value in request.headers.items()}
    taken = take_in(place, raw, headers, clock.now())
    if isinstance(taken, Answer):
        return taken
    try:
        taken.safe.result(SAFE_SECONDS)
    except (NotSafe, TimeoutError):
        return problem(503, "not_safe")
    return Answer(200, taken.body)
