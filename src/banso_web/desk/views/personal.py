"""先方担当者の個人情報: what is stored and where it came from, disclosure, and erasure in two steps."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.accounts.actions import erasure
from banso_web.accounts.reads.people import find_contacts
from banso_web.core.clock import today
from banso_web.core.errors import Refused
from banso_web.core.pages import any_day, page, reader, render_page
from banso_web.core.registry import registry
from banso_web.core.retention import known_backups
from banso_web.desk.words import PERSONAL_WORDS, SOURCE_WORDS, shown_personal

LIMIT = 50


@page(erasure.PERMISSION)
def find(request: HttpRequest) -> HttpResponse:
    """Look for a contact by name, reading, e-mail address or id; nothing is listed unasked."""
    text = request.GET.get("q", "").replace("\x00", "")[:100]
    context = {"q": text, "rows": find_contacts(reader(request), text, limit=LIMIT), "limit": LIMIT}
    return render_page(request, "desk/personal_find.html", context)


def _places(found: dict[str, list[dict[str, Any]]]) -> list[tuple[Any, list[dict[str, Any]]]]:
    labels = {field.key: field.label for field in registry.personal}
    return [(labels[key], rows) for key, rows in found.items()]


def _shown(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The versions in words: what was stated, from when, by which entry."""
    return [
        {
            "values": [
                (PERSONAL_WORDS[key], shown_personal(key, value))
                for key, value in row["values"].items()
                if key in PERSONAL_WORDS
            ],
            "valid_from": row["valid_from"],
            "source": SOURCE_WORDS.get(row["source"], row["source"]),
            "source_name": row["source_name"],
            "entered_at": row["entered_at"],
        }
        for row in found.get("versions", [])
    ]  # fmt: skip


@page(erasure.PERMISSION)
def personal(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Everything stored of one contact, and the two deeds."""
    contact, found = erasure.stored(contact_id, actor=reader(request))
    context = {
        "contact": contact,
        "places": _places(found),
        "versions": _shown(found),
        "backups": known_backups(),
        "asking": request.GET.get("step") == "erase" and not contact.erased,
    }
    return render_page(request, "desk/personal.html", context)


@any_day
@require_POST
@page(erasure.PERMISSION)
def disclose(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The person's data as a JSON file (開示請求)."""
    data = erasure.disclose(contact_id, actor=reader(request))
    response = HttpResponse(
        json.dumps(data, ensure_ascii=False, indent=1), content_type="application/json; charset=utf-8"
    )
    response["Content-Disposition"] = (
        f'attachment; filename="contact-{contact_id}-{today().isoformat()}.json"'
    )
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@page(erasure.PERMISSION)
def erase(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The second step: a reason, and the tick that it cannot be taken back."""
    if request.POST.get("confirmed") != "1":
        messages.error(request, _("元に戻せないことの確認に印を付けてください。何も消していません。"))
        return redirect(f"/contacts/{contact_id}/personal/?step=erase")
    try:
        done = erasure.erase(contact_id, actor=reader(request), reason=request.POST.get("reason", ""))
    except Refused as problem:
        messages.error(request, problem.message)
        return redirect(f"/contacts/{contact_id}/personal/?step=erase")
    total = sum(done.changed.values())
    messages.success(request, _("消去しました。書き換えた記録とファイルは %(n)s 件です。") % {"n": total})
    return redirect("personal_contact", contact_id)
