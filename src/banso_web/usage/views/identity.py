"""未確認の利用者・グループ: settled one by one, many at once, or by a domain or rule; undone from the list of decisions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso.names import csv_safe
from banso_web.accounts.access import visible_contacts
from banso_web.accounts.fields import company_text
from banso_web.accounts.reads.people import people_choices
from banso_web.collect import reads as collected
from banso_web.core import audit
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import Asked
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.formats import number_text
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Tab
from banso_web.usage.actions import may_detect, see
from banso_web.usage.actions.settling import (
    MOST,
    PERMISSION,
    About,
    Followed,
    Whose,
    may_settle,
    settle,
    undo,
)
from banso_web.usage.forms import OneForm, RuleForm, WhoseForm
from banso_web.usage.reads.unknown import (
    GROUPS,
    LINKS,
    SIZE,
    USERS,
    Line,
    Unknown,
    parties_of,
    seen_of,
    unknown,
    unknown_one,
)
from banso_web.usage.words import ABOUT, LISTS


@page(PERMISSION)
def listing(request: HttpRequest) -> HttpResponse:
    """One of the lists."""
    _see_people(request)
    return _shown(request, RuleForm())


def _shown(request: HttpRequest, form: RuleForm, *, which: str = "") -> HttpResponse:
    which, text, source, start = (
        which or _which(request),
        request.GET.get("q", "")[:100],
        _number(request.GET.get("source", "")),
        _number(request.GET.get("from", "")) or 0,
    )
    found = unknown(reader(request), _asked(request), which, text=text, source=source, start=start)
    context = {
        "found": found,
        "which": which,
        "text": text,
        "source_id": source,
        "names": collected.source_names(),
        "tabs": [
            Tab(word, changed_query(request, list=key, **{"from": None}), key == which, found.counts[key])
            for key, word in LISTS.items()
        ],
        "form": form,
        "bulk_form": WhoseForm(prefix="many"),
        "today": _asked(request).as_of,
        "may_detect": may_detect(reader(request)),
        "next_url": changed_query(request, **{"from": start + SIZE}) if start + SIZE < found.total else "",
        "previous_url": changed_query(request, **{"from": max(0, start - SIZE) or None}) if start else "",
    }  # fmt: skip
    return render_page(request, "usage/identity.html", context, status=422 if form.errors else 200)


@page(PERMISSION)
def as_csv(request: HttpRequest) -> HttpResponse:
    """A whole list. Itself audited."""
    _see_people(request)
    which = _which(request)
    found = unknown(reader(request), _asked(request), which, text=request.GET.get("q", "")[:100], size=None)
    text = io.StringIO()
    text.write("\ufeff")  # Excel reads UTF-8 only with it
    writer = csv.writer(text)
    for cells in _of_links(found) if which == LINKS else _of_lines(found):
        writer.writerow([csv_safe(str(cell)) for cell in cells])
    audit.record(
        "identity.export",
        actor=reader(request),
        subject="identity",
        label=str(LISTS[which]),
        new={"written": found.total},
    )
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{which}.csv"'
    return response


def _of_links(found: Unknown) -> Iterator[tuple[Any, ...]]:
    yield (
        _("種類"),
        _("送信元"),
        _("値"),
        _("当てはめる値"),
        _("顧客ID"),
        _("いつから"),
        _("いつの前日まで"),
        _("だれが"),
        _("理由"),
    )
    for one in found.decided:
        link, code = one.link, one.account.code if one.account else ""
        yield (
            one.kind_word,
            one.source,
            link.key,
            link.field,
            code,
            link.since or "",
            link.until or "",
            one.by,
            one.reason,
        )


def _of_lines(found: Unknown) -> Iterator[tuple[Any, ...]]:
    yield (
        _("種類"), _("送信元"), "ID", _("イベント数"), _("最初の日"), _("最後の日"), _("名前"), _("メールアドレス"), _("顧客ID"),
        _("根拠"), _("候補の顧客ID"),
    )  # fmt: skip
    for line in found.lines:
        seen, code = line.seen, line.account.code if line.account else ""
        told = (
            ABOUT[seen.kind],
            line.source,
            seen.key,
            seen.events,
            seen.first_day or "",
            seen.last_day or "",
        )
        yield (
            *told,
            seen.name,
            seen.email,
            code,
            line.basis_word,
            ";".join(one.party.code for one in line.suggested),
        )


@require_POST
@page(PERMISSION)
def look(request: HttpRequest) -> HttpResponse:
    """Look through what came since the last look."""
    _see_people(request)
    see()
    messages.success(request, _("届いているイベントを調べ直しました。"))
    return redirect(_back(request))


@require_POST
@page(PERMISSION)
def settle_many(request: HttpRequest) -> HttpResponse:
    """The ticked ids: to one customer, or put aside."""
    _see_people(request)
    ids = [
        number for text in request.POST.getlist("ids")[: MOST + 1] if (number := _number(text)) is not None
    ]
    form = WhoseForm(request.POST, prefix="many")
    whose = form.whose(aside=request.POST.get("deed") == "aside") if form.is_valid() else None
    if not ids or whose is None:
        messages.error(request, _("行を選び、顧客を候補から選んでください。何も変えていません。"))
        return redirect(_back(request))
    about = [About(seen.kind, seen.key, seen.source) for seen in seen_of(_asked(request), ids)]
    try:
        done = settle(about, whose, actor=reader(request), reason=form.cleaned_data["reason"])
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        _tell(request, done, aside=whose.aside)
    return redirect(_back(request))


@page(PERMISSION)
def one(request: HttpRequest, seen_id: int) -> HttpResponse:
    """One id: what the product says of it, whose it may be, and the decision."""
    _see_people(request)
    member, asked = reader(request), _asked(request)
    line = unknown_one(member, asked, seen_id)
    posted = request.method == "POST"
    first = line.suggested[0].party if line.suggested else None
    form = OneForm(
        _people(request, line), request.POST if posted else None, initial={"company": company_text(first)}
    )
    if posted and form.is_valid():
        whose = _whose(request, form)
        if whose is not None:
            seen = line.seen
            about = About(seen.kind, seen.key, None if form.cleaned_data["every_source"] else seen.source)
            try:
                done = settle([about], whose, actor=member, reason=form.cleaned_data["reason"])
            except Refused as problem:
                tell(form, problem)
            else:
                _tell(request, done, aside=whose.aside)
                return redirect(reverse("identity") + f"?list={GROUPS if seen.kind == 'group' else USERS}")
    context = {"line": line, "form": form, "kind_word": ABOUT[line.seen.kind]}
    return render_page(request, "usage/identity_one.html", context, status=422 if form.errors else 200)


def _people(request: HttpRequest, line: Line) -> list[tuple[str, str]]:
    """People of the customers it may be."""
    if line.seen.kind != "user":
        return []
    parties = [one.party for one in line.suggested] + ([line.account] if line.account else [])
    found = {}
    for party in parties:
        for code, name in people_choices(reader(request), party.id, _asked(request)):
            found[code] = f"{name} · {party.name}"
    return list(found.items())


def _whose(request: HttpRequest, form: OneForm) -> Whose | None:
    cleaned = form.cleaned_data
    if request.POST.get("deed") != "aside" and cleaned.get("contact"):
        contact = visible_contacts(reader(request)).get(code=cleaned["contact"])
        return Whose(contact_id=contact.pk, since=cleaned["since"], until=cleaned["until"])
    whose = form.whose(aside=request.POST.get("deed") == "aside")
    return whose and replace(whose, since=cleaned["since"], until=cleaned["until"])


@require_POST
@page(PERMISSION)
def rule(request: HttpRequest) -> HttpResponse:
    """A mail domain or a rule."""
    _see_people(request)
    form = RuleForm(request.POST)
    if form.is_valid():
        whose = form.whose(aside=request.POST.get("deed") == "aside")
        if whose is not None:
            try:
                done = settle(
                    [form.about()], whose, actor=reader(request), reason=form.cleaned_data["reason"]
                )
            except Refused as problem:
                tell(form, problem)
            else:
                _tell(request, done, aside=whose.aside)
                return redirect(reverse("identity") + f"?list={LINKS}")
    return _shown(request, form, which=LINKS)


@require_POST
@page(PERMISSION)
def undo_link(request: HttpRequest, link_id: int) -> HttpResponse:
    _see_people(request)
    try:
        done = undo(link_id, actor=reader(request), reason=request.POST.get("reason", "")[:300])
    except Refused as problem:
        messages.warning(request, problem.message)
    else:
        messages.success(request, _("取り消しました。過去の利用も元の数え方に戻ります。"))
        _tell_gained(request, done)
    return redirect(reverse("identity") + f"?list={LINKS}")


def _tell(request: HttpRequest, done: Followed, *, aside: bool) -> None:
    if done.gained:
        _tell_gained(request, done)
    elif done.lost:
        messages.success(
            request,
            _("除外しました。過去のイベント %(events)s 件を数えません。")
            % {"events": number_text(done.lost)},
        )
    elif aside:  # how many of its events name a customer's group nobody has counted
        messages.success(request, _("除外しました。過去のイベントも、これから届くものも数えません。"))
    else:
        messages.success(
            request, _("決めました。当てはまる過去のイベントはまだなく、これから届くものに使います。")
        )


def _tell_gained(request: HttpRequest, done: Followed) -> None:
    names = parties_of([code for code, _events in done.gained])
    for code, events in done.gained:
        told = {"name": names[code].name if code in names else code, "events": number_text(events)}
        messages.success(
            request,
            _(
                "過去のイベント %(events)s 件が「%(name)s」の利用に数えられます。利用低下の判定は、明朝か「再計算する」で変わります。"
            )
            % told,
        )


def _see_people(request: HttpRequest) -> None:
    if not may_settle(reader(request)):
        raise Forbidden(_("このページには、先方担当者を見る権限も必要です。"))


def _asked(request: HttpRequest) -> Asked:
    asked: Asked = request.asked  # type: ignore[attr-defined]
    return asked


def _which(request: HttpRequest) -> str:
    chosen = request.GET.get("list", "")
    return chosen if chosen in LISTS else GROUPS


def _back(request: HttpRequest) -> str:
    which = request.POST.get("list", "")
    return reverse("identity") + (f"?list={which}" if which in LISTS else "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
