"""スコアカード: the list, the editor with its dry run, the text to take away, and taking back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso.health import Scorecard, plain
from banso_web.core import clock
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.formats import number_text
from banso_web.core.ui.lists import Tab
from banso_web.health.actions.cards import publish, require, retire, undo
from banso_web.health.backtest_words import reason_word
from banso_web.health.card_form import CardForm, PartRows, as_text, dump, initial_of, initial_rows
from banso_web.health.card_words import checked
from banso_web.health.reads.cards import read_card, shipped
from banso_web.health.reads.customer import card_name
from banso_web.health.reads.dry_run import dry_run
from banso_web.health.reads.editor import card_lines, card_versions, text_of
from banso_web.health.reads.past_difference import MOST, past_difference

MOST_BYTES = 200_000


@page("settings.edit")
def listing(request: HttpRequest) -> HttpResponse:
    asked = request.asked  # type: ignore[attr-defined]
    lines = [(line, card_name(line.card) if line.card else line.key) for line in card_lines(asked)]
    return render_page(request, "health/cards.html", {"lines": lines})


@page("settings.edit", edits=True)
def edit(request: HttpRequest, scorecard: str = "") -> HttpResponse:
    """GET shows the form or the text; POST tries it (nothing is written), or publishes the text that was tried."""
    member, asked, key = reader(request), request.asked, scorecard  # type: ignore[attr-defined]
    require(member)
    versions = card_versions(key, asked.watermark) if key else []
    standing = (
        text_of(key, asked.watermark) or next((one.text for one in versions if one.text), "") if key else ""
    )
    if key and not standing:
        raise NotVisible
    base = read_card(standing) if key else _blank()
    seen = versions[0].entry_id if versions else (0 if key else None)
    is_text = (request.POST.get("as") or request.GET.get("as")) == "text"
    posted = request.method == "POST"
    form = CardForm(
        None if is_text or not posted else request.POST,
        new=not key,
        initial={**initial_of(base), "effective_on": max(base.effective_on, clock.today()), "seen": seen},
    )
    rows = PartRows(
        None if is_text or not posted else request.POST, initial=None if posted and not is_text else initial_rows(base), prefix="parts",
        form_kwargs={"label_suffix": ""},
    )  # fmt: skip
    text, wrong, tried, card = _from_today(standing) or dump(plain(base)), [], None, None
    past, may_compare = None, member.may("revenue.view")
    if posted and request.POST.get("deed") == "publish":
        try:
            done = publish(
                request.POST.get("text", ""), actor=member, key=key, seen=_int(request.POST.get("seen")), reason=request.POST.get("reason", "")[:300]
            )  # fmt: skip
        except Refused as problem:
            text = request.POST.get("text", "")
            wrong = [problem.message, *problem.fields.get("text", "").splitlines()]
        else:
            messages.success(
                request,
                _("公開しました。適用日からの読みを計算し直しています。")
                if done.entry_id
                else _("変わったところはありません。"),
            )
            return redirect("health_cards")
    elif posted:
        text = (
            _text(request)
            if is_text
            else as_text(form, rows, base)
            if form.is_valid() and rows.is_valid()
            else ""
        )
        if is_text or text:
            card, wrong = checked(text, key)
            tried = dry_run(member, asked, card) if card else None
            if (
                tried
                and card
                and may_compare
                and request.POST.get("deed") == "compare"
                and tried.judged <= MOST
            ):
                past = past_difference(asked, card)
    context: dict[str, Any] = {
        "key": key,
        "name": card_name(base) if key else "",
        "form": form,
        "rows": rows,
        "text": text,
        "is_text": is_text,
        "tabs": [Tab(_("フォーム"), "?as=form", not is_text), Tab(_("テキスト(YAML)"), "?as=text", is_text)],
        "wrong": wrong,
        "tried": tried,
        "past": past,
        "past_reason": reason_word(past.ahead.reason) if past and past.ahead.reason else "",
        "past_ahead": number_text(past.ahead.value, 3, signed=True)
        if past and past.ahead.value is not None
        else "",
        "may_compare": may_compare and tried is not None and tried.judged <= MOST,
        "card": card,
        "is_past": card is not None and card.effective_on < clock.today(),
        "seen": request.POST.get("seen", "") if posted else seen,
        "versions": versions,
        "may_retire": bool(key) and bool(text_of(key, asked.watermark)),
    }
    failed = bool(wrong) or bool(form.errors) or any(rows.errors)
    return render_page(request, "health/card_edit.html", context, status=422 if posted and failed else 200)


def _blank() -> Scorecard:
    """A new scorecard begins as the shipped one does, from today, before it in precedence."""
    return replace(shipped(), key="", names={}, effective_on=clock.today(), precedence=100)


def _from_today(text: str) -> str:
    """The text as that of another version: from today on, where it was from an earlier day."""
    found = re.search(r"(?m)^effective_on: *(\d{4}-\d\d-\d\d) *$", text)
    today = clock.today().isoformat()
    return text[: found.start(1)] + today + text[found.end(1) :] if found and found[1] < today else text


def _text(request: HttpRequest) -> str:
    """What was typed, or the file that was chosen."""
    upload = request.FILES.get("file")
    if upload is None:
        return request.POST.get("text", "").replace("\r\n", "\n")
    return upload.read(MOST_BYTES).decode("utf-8-sig", errors="replace").replace("\r\n", "\n")  # type: ignore[no-any-return]


def _int(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


@page("settings.edit")
def text(request: HttpRequest, scorecard: str) -> HttpResponse:
    """The text stated last, as a file."""
    asked = request.asked  # type: ignore[attr-defined]
    found = text_of(scorecard, asked.watermark)
    if not found:
        raise NotVisible
    response = HttpResponse(found, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="scorecard-{scorecard}.yaml"'
    return response


@require_POST
@page("settings.edit")
def card_retire(request: HttpRequest, scorecard: str) -> HttpResponse:
    try:
        retire(scorecard, actor=reader(request))
    except Refused as problem:
        messages.error(request, problem.message)
        return redirect("health_card", scorecard)
    messages.success(request, _("廃止しました。これまでの日の読みは、そのときの版のままです。"))
    return redirect("health_cards")


@require_POST
@page("settings.edit")
def card_undo(request: HttpRequest, scorecard: str, entry_id: int) -> HttpResponse:
    try:
        undo(scorecard, entry_id, actor=reader(request))
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("元に戻しました。"))
    return redirect("health_cards")
