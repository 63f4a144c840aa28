"""Idempotency-Key: the same request sent twice is carried out once, and answered the same both times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from banso_web.api.models import KeptAnswer
from banso_web.api.problems import Stop
from banso_web.core import clock

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
LONGEST = 200
TELLING = ("ETag", "Location", "Content-Language", "Banso-Watermark")


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of what was asked. Of a form the parts count and not how they are divided, which differs each time."""
    found = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name, values in sorted(request.POST.lists()):
            found.update(f"{name}={values!r}\n".encode())
        for name, files in sorted(request.FILES.lists()):
            for one in files:
                found.update(f"{name}={_digest(one)} {one.name!r}\n".encode())
    else:
        found.update(request.body)
    return found.hexdigest()


def _digest(one: UploadedFile[Any]) -> str:
    made = hashlib.sha256()
    for chunk in one.chunks():
        made.update(chunk)
    one.seek(0)
    return made.hexdigest()


def once(request: HttpRequest, holder: str, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Carry out `run` once per holder and key; the stored answer afterwards.

    Stop 409 when the key was used for something else, or when the first request is still under way (or was cut off:
    then nobody knows, and the caller must look). An answer of 5xx is not kept: it may be tried again.
    """
    key = request.headers.get(HEADER, "")
    if not key or request.method not in ("POST", "PATCH", "PUT", "DELETE"):
        return run()
    if len(key) > LONGEST or not key.isprintable():
        words = _("Idempotency-Key は200文字までの見える文字にしてください。")
        raise Stop(422, "bad_idempotency_key", words, errors={HEADER: [words]})
    mark = fingerprint(request)
    mine = KeptAnswer.objects.filter(holder=holder, key=key)
    mine.filter(made_at__lt=clock.now() - KEPT).delete()
    try:
        with transaction.atomic():
            row = KeptAnswer.objects.create(holder=holder, key=key, fingerprint=mark, made_at=clock.now())
    except IntegrityError:
        return _again(mine.first(), mark)
    try:
        response = run()
    except BaseException:
        row.delete()
        raise
    _keep(row, response)
    return response


def _keep(row: KeptAnswer, response: HttpResponseBase) -> None:
    if response.status_code >= 500 or not isinstance(response, HttpResponse):
        row.delete()
        return
    row.status, row.body = response.status_code, response.content.decode()
    row.headers = {name: response[name] for name in ("Content-Type", *TELLING) if name in response}
    row.save(update_fields=["status", "body", "headers"])


def _again(kept: KeptAnswer | None, mark: str) -> HttpResponse:
    """The answer kept from before. None: the first request failed in this moment and kept nothing; the caller tries again."""
    if kept is not None and kept.fingerprint != mark:
        raise Stop(
            409,
            "idempotency_key_reused",
            _("この Idempotency-Key は、内容の違う要求にすでに使われています。別のキーにしてください。"),
        )
    if kept is None or kept.status is None:
        text = _(
            "同じ Idempotency-Key の要求を処理しているところか、途中で切れました。結果を確かめてから、新しいキーでやり直してください。"
        )
        raise Stop(409, "in_progress", text, headers={"Retry-After": "5"})
    return HttpResponse(
        kept.body, status=kept.status, headers={**kept.headers, "Idempotent-Replayed": "true"}
    )


def purge() -> int:
    """Drop answers older than a day; gives how many. Safe to run twice."""
    return KeptAnswer.objects.filter(made_at__lt=clock.now() - KEPT).delete()[0]
