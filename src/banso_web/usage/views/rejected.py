"""受け付けなかったイベント: by source and reason, mended one by one or many at once, and as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_POST

from banso.names import csv_safe
from banso_web.collect import reads as collected
from banso_web.collect import replaying
from banso_web.collect.actions import MANAGE
from banso_web.core import audit
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.formats import moment_text
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.states import state_word

SIZE = 50
EXPORT = "export.run"
PEOPLE = "contact.view"  # an event's bytes name people


class ReplayForm(forms.Form):
    body = forms.CharField(
        label=_l("イベント(JSON)"),
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        strip=True,
        help_text=_l("直してから受け付けられます。届いたままの内容も残ります。"),
    )


class AllForm(forms.Form):
    """One key that a product misspelt, for many events at once."""

    key = forms.CharField(
        label=_l("読み替える項目"),
        required=False,
        max_length=100,
        help_text=_l("値が入っている項目。例: user_id、properties.user.id。直さずに受け付けるときは空のまま"),
    )
    word = forms.ChoiceField(
        label=_l("読み替え先"),
        required=False,
        choices=[("", _l("読み替えない")), *((word, word) for word in replaying.WORDS)],
    )


@page(MANAGE)
def listing(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, by source and reason."""
    source_id, reason = _chosen(request.GET)
    start = _number(request.GET.get("from", "")) or 0
    total, lines = collected.rejected(source_id=source_id, reason=reason, start=start, size=SIZE)
    context = {
        "lines": lines,
        "total": total,
        "reasons": collected.reasons_waiting(source_id),
        "reason": reason,
        "source_id": source_id,
        "names": collected.source_names(),
        "form": AllForm(label_suffix=""),
        "sees_people": reader(request).may(PEOPLE),
        "may_export": reader(request).may(EXPORT),
        "next_url": changed_query(request, **{"from": start + SIZE}) if start + SIZE < total else "",
        "previous_url": changed_query(request, **{"from": max(0, start - SIZE) or None}) if start else "",
    }
    return render_page(request, "usage/rejected.html", context)


@page(MANAGE)
def as_csv(request: HttpRequest) -> HttpResponse:
    """All of a source and reason with their bytes. Itself audited."""
    if not reader(request).may(EXPORT):
        raise Forbidden(_("書き出しの権限がありません。必要な場合は管理者に役割の変更を依頼してください。"))
    source_id, reason = _chosen(request.GET)
    text = io.StringIO()
    text.write("\ufeff")  # Excel reads UTF-8 only with it
    writer = csv.writer(text)
    writer.writerow([_("届いた日時"), _("送信元"), _("理由"), "field", "messageId", _("内容")])
    number, withheld = 0, "" if reader(request).may(PEOPLE) else state_word("withheld")
    for line in collected.rejected_rows(source_id=source_id, reason=reason):
        number += 1
        told = (line.source, str(line.reason_word), line.field, line.message_id, withheld or line.body)
        writer.writerow([moment_text(line.received_at), *map(csv_safe, told)])
    audit.record(
        "source.export",
        actor=reader(request),
        subject="source",
        subject_id=source_id,
        label=collected.source_names().get(str(source_id), ""),
        new={"reason": reason, "events": number},
    )
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="rejected-events.csv"'
    return response


@require_POST
@page(MANAGE)
def all_of(request: HttpRequest) -> HttpResponse:
    """Take in, or put aside, everything that waits for one reason."""
    source_id, reason = _chosen(request.POST)
    form, back = AllForm(request.POST), reverse("rejected")
    if source_id is not None:
        back += f"?source={source_id}"
    if not reason or not form.is_valid():
        messages.error(request, _("理由を選んでください。何も変えていません。"))
        return redirect(back)
    try:
        if request.POST.get("deed") == "aside":
            done = replaying.put_aside_many(reason, actor=reader(request), source_id=source_id)
            messages.success(request, _("%(n)s 件を片付けました。利用には数えません。") % {"n": done})
        else:
            ran = replaying.replay_many(
                reason, actor=reader(request), source_id=source_id, **form.cleaned_data
            )
            say = messages.success if ran.taken else messages.warning
            say(
                request,
                _(
                    "%(taken)s 件を受け付けました。まだ受け付けられないもの %(refused)s 件、残り %(left)s 件です。"
                )
                % {"taken": ran.taken, "refused": ran.refused, "left": ran.left},
            )
    except Refused as problem:
        messages.error(request, problem.message)
    return redirect(back)


@page(MANAGE, edits=True)
def one(request: HttpRequest, rejected_id: int) -> HttpResponse:
    """One of them: its bytes, to be mended and taken in."""
    line, may = collected.rejected_one(rejected_id), reader(request).may(PEOPLE)
    if request.method == "POST" and not may:
        raise Forbidden(_("イベントの中身を直せるのは、担当者を見られる人です。何も変えていません。"))
    form = ReplayForm(
        request.POST if request.method == "POST" else None, initial={"body": line.body}, label_suffix=""
    )
    if request.method == "POST" and form.is_valid():
        try:
            replaying.replay(rejected_id, actor=reader(request), body=form.cleaned_data["body"])
        except Refused as problem:
            tell(form, problem)
        else:
            messages.success(request, _("受け付けました。まもなく利用に数えられます。"))
            return redirect("rejected")
    context = {"line": line, "form": form, "sees_people": may}
    return render_page(request, "usage/rejected_one.html", context, status=422 if form.errors else 200)


@require_POST
@page(MANAGE)
def put_aside(request: HttpRequest, rejected_id: int) -> HttpResponse:
    try:
        replaying.put_aside(rejected_id, actor=reader(request))
    except Refused as problem:
        messages.warning(request, problem.message)
    else:
        messages.success(request, _("片付けました。利用には数えません。"))
    return redirect("rejected")


def _chosen(given: Any) -> tuple[int | None, str]:
    """The source and the reason that are asked for."""
    return _number(given.get("source", "")), given.get("reason", "")[:40]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
