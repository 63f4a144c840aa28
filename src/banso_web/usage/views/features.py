"""機能の定義: the list with what stands in no feature, the editor with its preview, and the page of one feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.core.errors import NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.links import keep_question
from banso_web.usage.actions.features import cleaned, require, retire_feature, save_feature, undo_feature
from banso_web.usage.feature_form import FeatureForm, RuleRows, initial_of, initial_rules
from banso_web.usage.reads.definitions import FeatureLine, features, line, versions
from banso_web.usage.reads.kept import FEATURE, Defined, Progress, course, progress
from banso_web.usage.reads.preview import Preview, names_left, names_sent, preview
from banso_web.usage.reads.retention import retention
from banso_web.usage.reads.spread import Filters, spread

if TYPE_CHECKING:
    from banso_web.members.models import Member

SHOWN = 100
#: Properties that say nothing of a person.
FIXED = ("product", "department")


@page("settings.edit")
def listing(request: HttpRequest) -> HttpResponse:
    """Every feature, and the event names of 90 days that stand in none."""
    asked = request.asked  # type: ignore[attr-defined]
    lines, sent = features(asked), names_sent(asked)
    left = names_left(lines, sent)
    latest = {one.id: versions(one.id, asked.watermark)[:1] for one in lines}
    context = {
        "lines": [(one, latest[one.id][0] if latest[one.id] else None) for one in lines],
        "left": left[:SHOWN],
        "more": max(len(left) - SHOWN, 0),
        "has_sent": bool(sent),
    }
    return render_page(request, "usage/features.html", context)


def _line(asked: Asked, feature_id: int) -> FeatureLine:
    found = next((one for one in features(asked) if one.id == feature_id), None)
    if found is None:
        raise NotVisible
    return found


@page("settings.edit", edits=True)
def edit(request: HttpRequest, feature_id: int | None = None) -> HttpResponse:
    """GET shows the form, POST saves it, or (`deed` preview) shows beside it what it would count; nothing is saved then."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    lines = features(asked)
    standing_line = _line(asked, feature_id) if feature_id is not None else None
    others = [one for one in lines if one.id != feature_id]
    past = versions(feature_id, asked.watermark) if feature_id is not None else []
    name = request.GET.get("name", "")[:200]
    data = request.POST if request.method == "POST" else None
    seen = past[0].entry_id if past else None
    form = FeatureForm(data, others, initial={**initial_of(standing_line, name), "seen": seen})
    rows = RuleRows(
        data,
        initial=None if data else initial_rules(standing_line, name),
        prefix="rules",
        form_kwargs={"label_suffix": ""},
    )
    shown: Preview | None = None
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        values = {**form.values(), "rules": [rule for one in rows if (rule := one.rule())]}
        try:
            if request.POST.get("deed") == "preview":
                _may_try(member, values["rules"])
                shown = preview(asked, line(0, "", cleaned(values, feature_id)), others)
            else:
                made = save_feature(
                    values, actor=member, feature_id=feature_id, seen=form.cleaned_data["seen"], reason=form.cleaned_data["reason"]
                )  # fmt: skip
                messages.success(request, _("保存しました。過去のデータを数え直しています。"))
                return redirect(keep_question(reverse("feature_edit", args=[made])))
        except Refused as problem:
            tell(
                form,
                Refused(
                    problem.message, fields={k if k != "rules" else "": v for k, v in problem.fields.items()}
                ),
            )
    context: dict[str, Any] = {
        "form": form,
        "rows": rows,
        "line": standing_line,
        "shown": shown,
        "past": past,
        "sent": names_sent(asked)[:SHOWN],
        "progress": _progress(asked, standing_line) if standing_line else None,
    }
    status = 422 if form.errors or any(rows.errors) else 200
    return render_page(request, "usage/feature_edit.html", context, status=status)


def _may_try(member: Member, rules: Sequence[Mapping[str, Any]]) -> None:
    """A try leaves no trace, and how many events have a value tells whether somebody is there: an address, a name."""
    require(member)
    own = any(rule["values"] and rule["property"] not in FIXED for rule in rules)
    if own and not member.may("contact.view"):
        raise Refused(
            _(
                "値は個人を指すことがあるため、項目の値で絞る定義を試すには、先方担当者を見る権限も必要です。何も数えていません。"
            )
        )


def _progress(asked: Asked, one: FeatureLine) -> Progress:
    return progress(Defined(FEATURE, one.id, one.definition), asked)


@require_POST
@page("settings.edit")
def retire(request: HttpRequest, feature_id: int) -> HttpResponse:
    retire_feature(feature_id, actor=reader(request))
    messages.success(request, _("廃止しました。定義の履歴は監査ログに残っています。"))
    return redirect("features")


@require_POST
@page("settings.edit")
def undo(request: HttpRequest, feature_id: int, entry_id: int) -> HttpResponse:
    try:
        undo_feature(feature_id, entry_id, actor=reader(request))
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("元に戻しました。"))
    asked = request.asked  # type: ignore[attr-defined]
    now = Asked(asked.as_of, asked.today, current_watermark())
    still = any(line.id == feature_id for line in features(now))
    return redirect("feature_edit", feature_id) if still else redirect("features")


@page("account.view")
def one(request: HttpRequest, feature_id: int) -> HttpResponse:
    """One feature: who uses it now, its course over all of history with how much of it is counted, and who came back."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    found = _line(asked, feature_id)
    counted = _progress(asked, found)
    counts = spread(member, asked, Filters.read({}, member.pk)).features
    context = {
        "line": found,
        "count": next(one for one in counts if one.feature.id == feature_id),
        "progress": counted,
        "charts": course(counted.rows, asked),
        "retention": retention(found, asked),
        "rows_url": f"{reverse('usage_adoption')}?{urlencode({'feature': found.code})}&use=",
        "may_define": member.may("settings.edit"),
        "day": asked.as_of,
    }
    return render_page(request, "usage/feature.html", context, fragment="usage/_feature_progress.html")
