"""The collector: the tracking protocol and webhooks alone, for many senders at once (`BANSO_COLLECT_PORT`, 8001)."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "banso_web.config.settings")

import django

django.setup()

from django.db import connections  # noqa: E402

from banso_web.collect.log import NotSafe  # noqa: E402
from banso_web.collect.protocol import LONGEST_BATCH, PATHS  # noqa: E402
from banso_web.collect.taking import Answer, Taken, basic_key, keys, problem, take, take_webhook, writers  # noqa: E402
from banso_web.collect.views import CORS, SAFE_SECONDS, Taking  # noqa: E402
from banso_web.core import clock  # noqa: E402

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
WEBHOOK = "webhook/"


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """ASGI: only POST /v1/<path> with its preflight, and POST /v1/webhook/<key>."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    if scope["type"] != "http":
        return
    answer = await _answer(scope, receive)
    body = b"" if answer.status == 204 else json.dumps(answer.body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **CORS, **answer.headers}
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            gc.collect()
            gc.freeze()  # what was loaded stays: large batches had the collector of garbage go over it again and again
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(writers.close)
            await send({"type": "lifespan.shutdown.complete"})
            return


def _apart(take_in: Taking, *given: Any) -> Answer | Taken:
    """In a thread of its own; the connection it asked the database by is not left open behind it."""
    try:
        return take_in(*given)
    finally:
        connections.close_all()


async def _answer(scope: dict[str, Any], receive: Receive) -> Answer:
    path = scope["path"].removeprefix("/v1/")
    is_webhook = path.startswith(WEBHOOK)
    if not scope["path"].startswith("/v1/") or not (is_webhook or path in PATHS):
        return Answer(404, {"code": "not_found", "message": "Only the tracking protocol is served here."})
    if scope["method"] == "OPTIONS":
        return Answer(204, {})
    if scope["method"] != "POST":
        return Answer(405, {"code": "method", "message": "Send events by POST."}, {"Allow": "POST, OPTIONS"})
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return problem(400, "not_json")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LONGEST_BATCH:
            return problem(400, "too_large")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    body = b"".join(parts)
    if is_webhook:  # few, and it may ask the database
        key = path.removeprefix(WEBHOOK)
        taken = await asyncio.to_thread(_apart, take_webhook, key, body, headers, clock.now())
    elif keys.cached(basic_key(headers.get("authorization", ""))) is None:
        # Looking up a key asks the database, which has no place in the loop.
        taken = await asyncio.to_thread(_apart, take, path, body, headers, clock.now())
    else:
        taken = take(path, body, headers, clock.now())
    if isinstance(taken, Answer):
        return taken
    try:
        await asyncio.wait_for(asyncio.wrap_future(taken.safe), SAFE_SECONDS)
    except (NotSafe, TimeoutError):
        return problem(503, "not_safe")
    return Answer(200, taken.body)
