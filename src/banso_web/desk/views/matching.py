"""名寄せ: customers that may be one company, decided by a person. Nothing is merged by itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.accounts.actions import merging
from banso_web.core.errors import Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.links import changed_query
from banso_web.desk.reads.matching import SIZE, matching
from banso_web.desk.words import MATCH_REASONS

DECISIONS = ("same", "different")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


@page(merging.PERMISSION)
def matching_page(request: HttpRequest) -> HttpResponse:
    """Candidates with their reasons, both sides' facts, and what was decided."""
    found = matching(reader(request), _number(request.GET.get("from", "")) or 0)
    behind = found.start + SIZE
    context = {
        "found": found,
        "first_shown": found.start + 1 if found.rows else 0,
        "last_shown": found.start + len(found.rows),
        "previous_url": changed_query(request, **{"from": max(0, found.start - SIZE) or None})
        if found.start
        else "",
        "next_url": changed_query(request, **{"from": behind}) if behind < found.total else "",
    }
    return render_page(request, "desk/matching.html", context)


def _back(request: HttpRequest) -> HttpResponse:
    start = _number(request.POST.get("from", ""))
    return redirect(reverse("matching") + (f"?from={start}" if start else ""))


@require_POST
@page(merging.PERMISSION)
def decide(request: HttpRequest) -> HttpResponse:
    """Keep one of the two as the customer, or say that they are two companies."""
    first, second = (_number(request.POST.get(name, "")) for name in ("first", "second"))
    kept = _number(request.POST.get("kept", ""))
    decision = request.POST.get("decision", "")
    if first is None or second is None or kept not in (first, second) or decision not in DECISIONS:
        messages.warning(request, _("残す顧客と判断を選んでください。何も変えていません。"))
        return _back(request)
    other = second if kept == first else first
    reasons = [code for code in request.POST.getlist("reasons") if code in MATCH_REASONS]
    try:
        merge = merging.decide(
            kept, other, decision, actor=reader(request), reasons=reasons, reason=request.POST.get("note", "")[:300]
        )  # fmt: skip
    except Refused as problem:
        messages.error(request, problem.message)
        return _back(request)
    names = {"kept": merge.kept.name, "other": merge.other.name}
    if decision == "same":
        messages.success(
            request,
            _("「%(other)s」を「%(kept)s」にまとめました。下の一覧からいつでも取り消せます。") % names,
        )
    else:
        messages.success(request, _("「%(kept)s」と「%(other)s」を別の会社としました。") % names)
    return _back(request)


@require_POST
@page(merging.PERMISSION)
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take a decision back from now on; what was read before stays as it was."""
    try:
        merging.undo(merge_id, actor=reader(request))
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("判断を取り消しました。2社は別々の顧客に戻り、もう一度候補になります。"))
    return _back(request)
