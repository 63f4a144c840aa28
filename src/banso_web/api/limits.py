"""How much one caller may ask: requests a minute, and bytes a request."""

from __future__ import annotations

import hashlib
import time

from django.http import HttpRequest
from django.utils.translation import gettext as _

from banso_web.api.problems import Stop
from banso_web.core.shared_count import count_up

WINDOW = 60  # seconds
PER_WINDOW = {"read": 600, "write": 120}  # of each caller, over all web processes
BODY = 1024 * 1024  # JSON
FILE = 512 * 1024 * 1024  # an uploaded file


def check_size(request: HttpRequest) -> None:
    """413 before anything is read. The server reads no further than Content-Length says."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    limit = FILE if (request.content_type or "") == "multipart/form-data" else BODY
    if not text.isdecimal() or int(text) > limit:
        size = f"{limit // (1024 * 1024)} MB"
        raise Stop(413, "too_large", _("本文は %(size)s までです。") % {"size": size})


def check_rate(request: HttpRequest, name: str) -> None:
    """429 with Retry-After when the caller's minute is used up. Counted over all processes
    (`core.shared_count`): far from the limit hardly a request costs a write."""
    kind = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"
    now = (
        time.time()
    )  # the window is about load, not about Banso's day: the fixed clock of a demo must not stop it
    window = int(now // WINDOW)
    ends = (window + 1) * WINDOW
    place = f"api.rate:{kind}:{window}:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    count = count_up(place, limit=PER_WINDOW[kind], ends_at=ends, now=int(now))
    request.rate_headers = {  # type: ignore[attr-defined]
        "RateLimit-Limit": str(PER_WINDOW[kind]),
        "RateLimit-Remaining": str(max(0, PER_WINDOW[kind] - count)),
        "RateLimit-Reset": str(max(1, int(ends - now) + 1)),
    }
    if count > PER_WINDOW[kind]:
        wait = max(1, int(ends - now) + 1)
        text = _("1分あたりの要求は %(limit)s 回までです。%(wait)s 秒待ってから送ってください。")
        raise Stop(
            429,
            "too_many",
            text % {"limit": PER_WINDOW[kind], "wait": wait},
            headers={"Retry-After": str(wait)},
        )
