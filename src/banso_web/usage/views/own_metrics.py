"""自社の指標: the list, the editor with its preview, and the page of one metric."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_POST

from banso_web.core.errors import NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.links import keep_question
from banso_web.usage.actions.defining import require
from banso_web.usage.actions.keeping import count, first_days
from banso_web.usage.actions.own_metrics import DAYS, cleaned, retire_metric, save_metric, undo_metric
from banso_web.usage.models import OwnMetric
from banso_web.usage.reads.definitions import FeatureLine, features, versions
from banso_web.usage.reads.kept import BLOCK, days_with_use, progress
from banso_web.usage.reads.own import OwnLine, Value, course, line, own_metrics, silent_days

COUNTED = {
    "users": _l("利用者(人の数)"),
    "events": _l("イベント(回数)"),
    "per_user": _l("1人あたりのイベント"),
}


class OwnMetricForm(forms.Form):
    name = forms.CharField(label=_l("名前"), max_length=100)
    feature = forms.ChoiceField(label=_l("機能"), required=False)
    measure = forms.ChoiceField(
        label=_l("数えるもの"), choices=list(COUNTED.items()), widget=forms.RadioSelect
    )
    days = forms.TypedChoiceField(
        label=_l("期間"),
        coerce=int,
        choices=[(n, f"{n}") for n in DAYS],
        help_text=_l("それぞれの日に終わる日数"),
    )
    per_seat = forms.BooleanField(label=_l("席数で割る"), required=False)
    reason = forms.CharField(label=_l("変更の理由"), required=False, max_length=300)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, lines: tuple[FeatureLine, ...], **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        chosen: Any = self.fields["feature"]
        chosen.choices = [("", _("すべての利用")), *((one.code, one.name) for one in lines)]


@page("settings.edit")
def listing(request: HttpRequest) -> HttpResponse:
    asked = request.asked  # type: ignore[attr-defined]
    return render_page(request, "usage/own_metrics.html", {"lines": own_metrics(asked)})


def _line(asked: Asked, metric_id: int) -> OwnLine:
    found = next((one for one in own_metrics(asked) if one.id == metric_id), None)
    if found is None:
        raise NotVisible
    return found


def _shown(asked: Asked, metric: OwnLine) -> dict[str, Any]:
    """How it would have been over the last days with use: counted now, nothing is kept."""
    days = sorted(days_with_use(asked))[-BLOCK:]
    begun = first_days(asked) if metric.per_seat else {}
    told, silent = count(metric.defined, asked, days, begun) if days else {}, silent_days(asked)
    values = [metric.value(day, told[day], silent) for day in days]
    return {"metric": metric, "values": values[::-1][:7], "chart": course(metric, values, asked)}


@page("settings.edit", edits=True)
def edit(request: HttpRequest, metric_id: int | None = None) -> HttpResponse:
    """GET shows the form, POST saves it, or (`deed` preview) shows how it would have been; nothing is saved then."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    known = features(asked)
    old = _line(asked, metric_id) if metric_id is not None else None
    past = versions(metric_id, asked.watermark, OwnMetric.STATE) if metric_id is not None else []
    initial: dict[str, Any] = {"measure": "users", "days": 7}
    if old is not None:
        initial = {**past[0].values, "reason": ""}
    form = OwnMetricForm(
        request.POST if request.method == "POST" else None,
        known,
        initial={**initial, "seen": past[0].entry_id if past else None},
    )
    shown = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if request.POST.get("deed") == "preview":
                require(member)
                shown = _shown(asked, line(0, "", cleaned(data, metric_id), {one.code: one for one in known}))
            else:
                made = save_metric(
                    data, actor=member, metric_id=metric_id, seen=data["seen"], reason=data["reason"]
                )
                messages.success(request, _("保存しました。過去のデータを数え直しています。"))
                return redirect(keep_question(reverse("own_metric_edit", args=[made])))
        except Refused as problem:
            tell(form, problem)
    context = {
        "form": form,
        "line": old,
        "shown": shown,
        "past": past,
        "progress": progress(old.defined, asked) if old else None,
    }
    return render_page(request, "usage/own_metric_edit.html", context, status=422 if form.errors else 200)


@require_POST
@page("settings.edit")
def retire(request: HttpRequest, metric_id: int) -> HttpResponse:
    retire_metric(metric_id, actor=reader(request))
    messages.success(request, _("廃止しました。定義の履歴は監査ログに残っています。"))
    return redirect("own_metrics")


@require_POST
@page("settings.edit")
def undo(request: HttpRequest, metric_id: int, entry_id: int) -> HttpResponse:
    try:
        undo_metric(metric_id, entry_id, actor=reader(request))
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("元に戻しました。"))
    asked = request.asked  # type: ignore[attr-defined]
    now = Asked(asked.as_of, asked.today, current_watermark())
    still = any(one.id == metric_id for one in own_metrics(now))
    return redirect("own_metric_edit", metric_id) if still else redirect("own_metrics")


@page("account.view")
def one(request: HttpRequest, metric_id: int) -> HttpResponse:
    """One metric: its last days with numerator and denominator, and its course with how much of the past is counted."""
    asked = request.asked  # type: ignore[attr-defined]
    metric = _line(asked, metric_id)
    counted = progress(metric.defined, asked)
    values: list[Value] = metric.values(counted.rows, silent_days(asked))
    context = {
        "metric": metric,
        "progress": counted,
        "values": values[::-1][:14],
        "chart": course(metric, values, asked),
        "may_define": reader(request).may("settings.edit"),
    }
    return render_page(request, "usage/own_metric.html", context, fragment="usage/_own_metric.html")
