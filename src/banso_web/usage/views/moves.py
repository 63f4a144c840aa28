"""担当顧客の動き: open signals with their evidence, who was not judged, and the deeds on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.accounts.access import access_account, require_edit
from banso_web.core.errors import Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.links import changed_query, keep_question
from banso_web.core.ui.lists import Tab
from banso_web.usage import actions
from banso_web.usage.forms import CloseForm, DetectForm, SnoozeForm
from banso_web.usage.reads.alerts import access_alert
from banso_web.usage.reads.health import source_names
from banso_web.usage.reads.moves import ALL, FALLS, ME, SMALL, TEAM, UNJUDGED, moves, scopes

if TYPE_CHECKING:
    from banso_web.accounts.models import Account


@page("account.view")
def moves_page(request: HttpRequest) -> HttpResponse:
    """Cards by change × MRR, or one of the lists of those who were not judged."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    offered = scopes(member)
    scope = request.GET.get("scope", "")
    scope = scope if scope in offered else offered[0]
    which = request.GET.get("list", FALLS)
    which = which if which in (FALLS, SMALL, UNJUDGED) else FALLS
    start = _number(request.GET.get("from", ""))
    found = moves(member, asked, scope=scope, which=which, start=start)
    total = found.counts.get(which, 0)
    behind = found.start + found.size
    words = {ME: _("自分の担当"), TEAM: _("チーム"), ALL: _("すべて")}
    lists = {FALLS: _("動きのあった顧客"), SMALL: _("少人数のため対象外"), UNJUDGED: _("判定なし")}
    context = {
        "found": found,
        "scope_tabs": [
            Tab(words[key], changed_query(request, scope=key, **{"from": None}), key == scope)
            for key in offered
        ],
        "list_tabs": [
            Tab(
                word,
                changed_query(request, list=key, **{"from": None}),
                key == which,
                found.counts.get(key, 0),
            )
            for key, word in lists.items()
        ],
        "which": which,
        "scope": scope,
        "total": total,
        "first_shown": found.start + 1 if total else 0,
        "last_shown": min(behind, total),
        "previous_url": changed_query(request, **{"from": max(0, found.start - found.size) or None})
        if found.start
        else "",
        "next_url": changed_query(request, **{"from": behind}) if behind < total else "",
        "gaps": _named(found.gaps),
        "sees_money": member.may("revenue.view"),
        "may_detect": actions.may_detect(member),
        "detect_form": DetectForm(initial={"day": asked.as_of}),
    }
    return render_page(request, "usage/moves.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _named(gaps: Any) -> list[tuple[str, Any]]:
    names = source_names() if gaps else {}
    return [(str(names.get(source, source)), days) for source, days in gaps.items()]


@require_POST
@page("account.view")
def detect(request: HttpRequest) -> HttpResponse:
    """再計算 for a day."""
    form = DetectForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, _("何も計算していません。基準日: %(problem)s") % {"problem": form.errors["day"][0]}
        )
        return redirect("usage_moves")
    day = form.cleaned_data["day"]
    try:
        ran = actions.ask_to_detect(day, actor=reader(request))
    except Refused as problem:
        messages.error(request, problem.message)
        return redirect("usage_moves")
    if ran is None:
        messages.info(request, _("計算を始めました。終わると、この一覧の計算日時が変わります。"))
        return redirect("usage_moves")
    messages.success(
        request,
        _(
            "計算し直しました。%(judged)s 社を見て、%(written)s 社の判定が変わり、新しい警告は %(raised)s 件です。"
        )
        % {"judged": ran.judged, "written": ran.written, "raised": ran.raised},
    )
    return redirect(keep_question(reverse("usage_moves")))


@dataclass(frozen=True)
class Deed:
    """The words of a form page."""

    title: str
    button: str
    lead: str
    saved: str


def _answer(
    request: HttpRequest, account: Account, form: Any, deed: Deed, act: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    """GET shows the form; POST does the deed or shows the reasons with everything typed kept."""
    back = request.GET.get("back", "")
    url = reverse("customer", args=[account.pk]) if back == "customer" else reverse("usage_moves")
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as problem:
            form.add_error(None, problem.message)
            for name, words in problem.fields.items():
                form.add_error(name if name in form.fields else None, words)
        else:
            messages.success(request, deed.saved)
            if request.headers.get("X-Banso-Drawer") == "1":
                return HttpResponse(status=204, headers={"X-Banso-Location": url})
            return redirect(url)
    context = {"account": account, "form": form, "deed": deed, "back_url": url}
    return render_page(request, "usage/deed.html", context, status=422 if form.errors else 200)


@page("account.view", edits=True)
def snooze(request: HttpRequest, account_id: int) -> HttpResponse:
    """A quiet time with its reason."""
    member = reader(request)
    account = access_account(member, account_id)
    require_edit(member, account)
    deed = Deed(
        _("警告を休む"),
        _("この日まで休む"),
        _("繁忙期など、利用が下がる理由が分かっているときに使います。すでに出ている警告は残ります。"),
        _("警告を休みます。理由と期限は監査ログに残りました。"),
    )
    return _answer(
        request,
        account,
        SnoozeForm(request.POST if request.method == "POST" else None),
        deed,
        lambda given: actions.snooze(account_id, actor=member, **given),
    )


@require_POST
@page("account.view")
def unsnooze(request: HttpRequest, account_id: int) -> HttpResponse:
    """The quiet time ends now."""
    if actions.end_snooze(account_id, actor=reader(request)):
        messages.success(request, _("警告を再開しました。"))
    else:
        messages.info(request, _("休んでいる警告はありません。"))
    return redirect("usage_moves")


@page("account.view", edits=True)
def close(request: HttpRequest, alert_id: int) -> HttpResponse:
    """A signal was answered."""
    member = reader(request)
    account = access_alert(member, alert_id)
    require_edit(member, account)
    deed = Deed(
        _("この動きを閉じる"),
        _("閉じる"),
        _("対応した内容を残して、一覧から外します。"),
        _("閉じました。"),
    )
    return _answer(
        request,
        account,
        CloseForm(request.POST if request.method == "POST" else None),
        deed,
        lambda given: actions.close_alert(alert_id, reason=given["reason"], actor=member),
    )
