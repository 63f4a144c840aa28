"""設定: the organisation's settings by group, their history, closures, and the set-up page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from banso.periods import Calendar
from banso.revenue import annualised
from banso_web.core import clock, nightly, settings_store
from banso_web.core.actions.closures import add_closures, add_year_end, remove_closure
from banso_web.core.actions.organisation import change_settings
from banso_web.core.context import visible_entries
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.forms import ClosureForm, GroupForm, value_words
from banso_web.core.models import Closure, Setting
from banso_web.core.organisation import GROUPS
from banso_web.core.pages import page, reader, render_page
from banso_web.core.registry import registry
from banso_web.core.settings_store import SettingSpec
from banso_web.core.ui.formats import pct_text


@dataclass(frozen=True)
class SettingsLink:
    label: Any
    url: str
    icon: str
    text: Any = ""


def _links(request: HttpRequest) -> list[SettingsLink]:
    """Every page a reader may set something on: the frame's own, then what apps registered."""
    links = [
        SettingsLink(
            _("表示の設定"), reverse("settings_display"), "theme", _("金額の単位とマイナスの書き方(自分だけ)")
        )
    ]
    if reader(request).may("settings.edit"):
        links += [
            SettingsLink(
                _("組織の設定"), reverse("settings_organisation"), "settings", _("会社名、年度、集計規則")
            ),
            SettingsLink(
                _("休業日"), reverse("settings_closures"), "calendar", _("営業日の数え方に効きます")
            ),
            SettingsLink(
                _("はじめの設定"),
                reverse("settings_setup"),
                "onboarding",
                _("目標と集計規則をまとめて決める"),
            ),
        ]
    for entry in sorted(registry.settings_pages, key=lambda one: one.order):
        if entry.permission and not reader(request).may(entry.permission):
            continue
        try:
            links.append(SettingsLink(entry.label, reverse(entry.url_name), entry.icon, entry.text))
        except NoReverseMatch:
            continue
    here = {link.url for link in links} | {reverse("settings")}
    links += [
        SettingsLink(entry.label, url, entry.icon, entry.text)
        for entry, url in visible_entries(request)
        if entry.group == "settings" and url not in here
    ]
    return links


@page()
def index(request: HttpRequest) -> HttpResponse:
    may_edit = reader(request).may("settings.edit")
    context = {
        "links": _links(request),
        "backups": may_edit,
        "backups_wanted": nightly.is_wanted(),
        "nightly": nightly.last() if may_edit else None,
    }
    return render_page(request, "core/settings/index.html", context)


SETUP = ("general", "revenue")  # groups that the set-up page asks for


def _grouped() -> dict[str, list[SettingSpec]]:
    groups: dict[str, list[SettingSpec]] = {key: [] for key in GROUPS}
    for spec in registry.settings.values():
        groups.setdefault(spec.group, []).append(spec)
    return {key: specs for key, specs in groups.items() if specs}


def _group_form(key: str, specs: Iterable[SettingSpec], data: Any = None) -> GroupForm:
    specs = list(specs)
    return GroupForm(specs, {spec.key: settings_store.get(spec.key) for spec in specs}, data, prefix=key)


@page("settings.edit", edits=True)
def organisation(request: HttpRequest) -> HttpResponse:
    """All groups; a post changes one of them (`group`)."""
    posted = request.POST.get("group", "")
    groups = _grouped()
    if request.method == "POST" and posted not in groups:
        raise NotVisible
    forms = {
        key: _group_form(key, specs, request.POST if key == posted else None) for key, specs in groups.items()
    }
    status = 200
    if request.method == "POST":
        form, status = forms[posted], 422
        if form.is_valid():
            try:
                changed = change_settings(
                    reader(request), form.answers(), effective_on=form.cleaned_data.get("effective_on"),
                    reason=form.cleaned_data["reason"],
                )  # fmt: skip
            except Refused as problem:
                for key, text in (problem.fields or {"": problem.message}).items():
                    form.add_error(key or None, text)
            else:
                _told(request, len(changed))
                return redirect("settings_organisation")
    blocks = [
        {
            "key": key,
            "title": GROUPS.get(key, key),
            "form": form,
            "fields": [(form[spec.key], spec) for spec in form.specs],
        }
        for key, form in forms.items()
    ]
    return render_page(request, "core/settings/organisation.html", {"blocks": blocks}, status=status)


def _told(request: HttpRequest, changed: int) -> None:
    if changed:
        text = ngettext("%(n)s 件の設定を変えました。", "%(n)s 件の設定を変えました。", changed) % {
            "n": changed
        }
        messages.success(request, text)
    else:
        messages.info(request, _("前と同じ値のため、何も変わっていません。"))


@page("settings.edit")
def history(request: HttpRequest, key: str) -> HttpResponse:
    """Every version of one setting, latest first."""
    spec = registry.settings.get(key)
    if spec is None:
        raise NotVisible
    rows = Setting.objects.filter(key=key).select_related("actor").order_by("-id")[:200]
    lines = [
        {"at": row.set_at, "who": row.actor.name if row.actor else "system", "value": value_words(spec, row.value),
         "effective_on": row.effective_on}
        for row in rows
    ]  # fmt: skip
    context = {"spec": spec, "lines": lines, "default": value_words(spec, spec.default)}
    return render_page(request, "core/settings/history.html", context)


@page("settings.edit", edits=True)
def closures(request: HttpRequest) -> HttpResponse:
    """休業日 of a year beside the national holidays; adds one day, or 年末年始 as a whole."""
    today = clock.today()
    text = request.GET.get("year", "")
    year = int(text) if text.isdecimal() and 1950 <= int(text[:4]) <= 2098 and len(text) == 4 else today.year
    form = ClosureForm(request.POST if request.method == "POST" and "on" in request.POST else None)
    if request.method == "POST":
        added = None
        if request.POST.get("year_end", "").isdecimal():
            added = add_year_end(reader(request), int(request.POST["year_end"][:4]))
        elif form.is_valid():
            added = add_closures(reader(request), {form.cleaned_data["on"]: form.cleaned_data["name"]})
        if added is not None:
            text = ngettext("%(n)s 日を休業日にしました。", "%(n)s 日を休業日にしました。", added) % {
                "n": added
            }
            messages.success(request, text if added else _("その日はすでに休業日です。"))
            return redirect(f"{reverse('settings_closures')}?year={year}")
    days = list(Closure.objects.filter(on__year__gte=year, on__year__lte=year).order_by("on"))
    calendar = Calendar.japan()
    holidays = sorted((day, name) for day, name in _holidays(calendar, year))
    context = {
        "form": form, "year": year, "years": [year - 1, year + 1], "days": days, "holidays": holidays,
        "announced": year <= today.year + 1,
    }  # fmt: skip
    return render_page(request, "core/settings/closures.html", context, status=422 if form.errors else 200)


def _holidays(calendar: Calendar, year: int) -> list[tuple[Any, str]]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [(day, name) for day in days if day.year == year and (name := calendar.holidays.get(day))]


@page("settings.edit")
def closure_remove(request: HttpRequest, closure_id: int) -> HttpResponse:
    if request.method != "POST":
        raise NotVisible
    closure = remove_closure(reader(request), closure_id)
    messages.success(request, _("%(day)s を営業日に戻しました。") % {"day": closure.on.isoformat()})
    return redirect(f"{reverse('settings_closures')}?year={closure.on.year}")


@page()
def yearly(request: HttpRequest) -> HttpResponse:
    """What a monthly churn (percent, the one parameter sent) means in a year: 5 gives 45.96 %. Fragment."""
    text = next(iter(request.GET.dict().values()), "")
    try:
        rate = Decimal(str(text))
        ratio = Fraction(rate) / 100 if rate.is_finite() and 0 <= rate <= 100 else None
    except InvalidOperation:
        ratio = None
    context = {
        "ratio": ratio,
        "text": pct_text(annualised(ratio)) if ratio is not None else "",
        "times": "" if ratio is None else pct_text(ratio * 12),
    }
    return render(request, "core/settings/_yearly.html", context)


@page("settings.edit", edits=True)
def setup(request: HttpRequest) -> HttpResponse:
    """Counting rules and the organisation's own targets on one page; saved together or not at all."""
    counting = {
        key: [spec for spec in specs if spec.counted or key == "general"]
        for key, specs in _grouped().items()
        if key in SETUP
    }
    data = request.POST if request.method == "POST" else None
    groups = [
        (GROUPS.get(key, key), _group_form(key, specs, data)) for key, specs in counting.items() if specs
    ]
    steps = [
        (step, step.form(data, initial=step.initial(), prefix=step.key))
        for step in sorted(registry.setup_steps, key=lambda one: one.order)
        if reader(request).may(step.permission)
    ]
    status = 200
    if request.method == "POST":
        status = 422
        forms = [form for _title, form in groups] + [form for _step, form in steps]
        valid = [form.is_valid() for form in forms]  # all of them: every form must say its errors
        if all(valid):
            changed = _save_setup(request, groups, steps)
            if changed is not None:
                messages.success(request, _("はじめの設定を保存しました。設定でいつでも変えられます。"))
                return redirect("/")  # the home shows what to do next
    return render_page(request, "core/settings/setup.html", {"groups": groups, "steps": steps}, status=status)


def _save_setup(
    request: HttpRequest, groups: list[tuple[Any, GroupForm]], steps: list[tuple[Any, Any]]
) -> int | None:
    changed = 0
    try:
        with transaction.atomic():
            for _title, form in groups:
                changed += len(
                    change_settings(
                        reader(request), form.answers(), effective_on=form.cleaned_data.get("effective_on"),
                        reason=form.cleaned_data["reason"],
                    )
                )  # fmt: skip
            for step, form in steps:
                step.save(reader(request), form.cleaned_data)
    except Refused as problem:
        messages.error(request, problem.message)
        return None
    return changed
