"""個人情報の請求: the list with deadlines, and one request from receipt to its end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.accounts.reads.people import contact_named
from banso_web.core import clock
from banso_web.core.actions import personal_requests as deeds
from banso_web.core.days import DayField
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.models import PersonalRequest
from banso_web.core.pages import page, reader, render_page

SHOWN = 200


def _day(label: Any, **options: Any) -> forms.DateField:
    return DayField(label=label, **options)


class OpenForm(forms.Form):
    received_on = _day(gettext_lazy("受け付けた日"))
    kind = forms.ChoiceField(label=gettext_lazy("請求の種類"), choices=PersonalRequest.Kind.choices)
    person = forms.CharField(label=gettext_lazy("請求した人"), max_length=200)
    due_on = _day(
        gettext_lazy("期限"), required=False, help_text=gettext_lazy("空のままなら、設定の日数で決まります。")
    )
    contact = forms.IntegerField(required=False, widget=forms.HiddenInput)


class IdentityForm(forms.Form):
    identity = forms.CharField(
        label=gettext_lazy("本人確認の方法"), max_length=300,
        help_text=gettext_lazy("例: 登録のメールアドレスへ返信をもらった。証明書の写しは残さないでください。"),
    )  # fmt: skip


class CloseForm(forms.Form):
    outcome = forms.ChoiceField(label=gettext_lazy("結果"), choices=PersonalRequest.Outcome.choices)
    done = forms.CharField(
        label=gettext_lazy("対応した内容(応じないときは理由)"), max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


def _refuse(form: forms.Form, problem: Refused) -> None:
    for name, text in (problem.fields or {"": problem.message}).items():
        form.add_error(name if name in form.fields else None, text)


@page(deeds.PERMISSION)
def listing(request: HttpRequest) -> HttpResponse:
    """Open requests first, the nearest deadline on top; a post opens a new one."""
    actor = reader(request)
    chosen = request.GET.get("contact", "")
    contact = contact_named(actor, int(chosen[:18])) if chosen.isdecimal() else None
    initial = {
        "received_on": clock.today(),
        "person": contact.name if contact else "",
        "contact": contact.id if contact else None,
    }
    form = OpenForm(request.POST or None, initial=initial, label_suffix="")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        known = contact_named(actor, given["contact"]) if given["contact"] else None
        try:
            made = deeds.open_request(
                actor, received_on=given["received_on"], kind=given["kind"], person=given["person"],
                contact_id=known.id if known else 0, due_on=given["due_on"],
            )  # fmt: skip
        except Refused as problem:
            _refuse(form, problem)
        else:
            messages.success(request, _("請求を記録しました。"))
            return redirect("personal_request", made.pk)
    rows = PersonalRequest.objects.order_by(F("closed_at").desc(nulls_first=True), "due_on", "pk")[:SHOWN]
    context = {"form": form, "lines": [_line(row) for row in rows], "limit": SHOWN}
    return render_page(request, "desk/requests.html", context, status=422 if form.errors else 200)


def _line(row: PersonalRequest) -> dict[str, Any]:
    days = (row.due_on - clock.today()).days
    return {"row": row, "days": days, "late": row.closed_at is None and days < 0, "late_by": -days}


@page(deeds.PERMISSION)
def one(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request; a post notes the identity check (`deed=identity`) or ends it (`deed=close`)."""
    actor, deed = reader(request), request.POST.get("deed", "")
    found = deeds.access_request(actor, request_id)
    identity = IdentityForm(request.POST if deed == "identity" else None, label_suffix="")
    closing = CloseForm(request.POST if deed == "close" else None, label_suffix="")
    if request.method == "POST":
        form = {"identity": identity, "close": closing}.get(deed)
        if form is None:
            raise NotVisible
        try:
            if form.is_valid():
                if deed == "identity":
                    deeds.check_identity(actor, request_id, form.cleaned_data["identity"])
                    messages.success(request, _("本人確認を記録しました。"))
                else:
                    deeds.close_request(actor, request_id, **form.cleaned_data)
                    messages.success(request, _("請求を終わりにしました。"))
                return redirect("personal_request", request_id)
        except Refused as problem:
            _refuse(form, problem)
    contact = contact_named(actor, found.contact_id) if found.contact_id else None
    context = {**_line(found), "contact": contact, "identity": identity, "closing": closing}
    return render_page(
        request, "desk/request.html", context, status=422 if identity.errors or closing.errors else 200
    )
