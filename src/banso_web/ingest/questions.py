"""The questions that a recipe leaves open, with their answers in words: the same on the page, for the command and the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from banso.revenue.recipes import CANCEL_READINGS, END_READINGS
from banso_web.ingest.recipe import Derivation
from banso_web.ingest.recipe_words import READINGS
from banso_web.ingest.withdrawing import KEEP, WITHDRAW, Vanished

CHOICES: dict[str, tuple[str, ...]] = {
    "end_reading": END_READINGS,
    "cancel_reading": CANCEL_READINGS,
    "undecided": ("end", "continue"),
    "overlap": ("sum", "replace"),
    "opening": ("first_day", "day_before"),
    "joined": ("change", "hold"),
    "gone": (WITHDRAW, KEEP),
    "change_amounts": ("delta", "level"),
}
ASKED: dict[str, tuple[str, ...]] = {
    "ledger": ("end_reading", "cancel_reading", "undecided", "overlap", "gone"),
    "wide": ("opening", "joined"),
    "snapshots": ("opening", "joined"),
    "deals": ("cancel_reading", "change_amounts"),
    "invoice_lines": (),
}


@dataclass(frozen=True)
class Question:
    """One question with its answers: (key, words, ends that would change month or None)."""

    key: str
    title: str
    help: str
    answers: list[tuple[str, Any, int | None]]
    chosen: str


def _words(key: str) -> tuple[str, str, dict[str, Any]]:
    """(title, help, answer → words) of a question that is no reading."""
    match key:
        case "end_reading":
            return _("満了日・更新日の書き方"), _("3月31日まで使える契約は、どう書かれていますか。"), READINGS
        case "cancel_reading":
            return _("解約日の書き方"), _("3月31日まで使えた契約の解約日は、どう書かれていますか。"), READINGS
        case "undecided":
            return (
                _("満了日を過ぎて、更新の行も解約日もない契約"), _("自動更新でない契約だけに効きます。満了日がまだ先の契約は、どちらを選んでも続いています。"),
                {"end": _("満了日で終わったものとする"), "continue": _("続いているものとする(更新手続中)")},
            )  # fmt: skip
        case "overlap":
            return (
                _("同じ顧客・製品で期間が重なる行"), _("契約IDが同じ行は、いつも後の行に置き換わります。"),
                {"sum": _("足し合わせる"), "replace": _("後の行に置き換える")},
            )  # fmt: skip
        case "opening":
            return (
                _("最初の月の残高"), _("表の最初の月にすでにある金額を、いつの動きとするかです。"),
                {"first_day": _("その月の新規とする"), "day_before": _("前の月から続いているものとする(月初の残高になります)")},
            )  # fmt: skip
        case "gone":
            return (
                "", _("前回までのこのファイルにあって、今回のファイルにない契約です。契約が終わったのなら、行を消さずに解約日を入れてください。"),
                {WITHDRAW: _("取り下げる: 契約とそのMRRの動きを、なかったものとする(取り込みを取り消すと戻ります)"), KEEP: _("残す: 契約も動きも、前回のまま残す")},
            )  # fmt: skip
        case "joined":
            return (
                _("前に取り込んだ残高との違い"), _("この表の最初の月の金額が、前に取り込んだ前月の金額と違う顧客です。下の「確かめてほしいこと」に一覧があります。"),
                {"change": _("違いは、この表の最初の月の増減とする(なくなった顧客は、前の月の末日で終わり)"), "hold": _("違いは取り込まない(前の残高のまま続くものとし、この表の中の増減だけを取り込む)")},
            )  # fmt: skip
    return (
        _("増額・減額の金額"), _("商談の金額が何を表すかです。"),
        {"delta": _("増えた分・減った分"), "level": _("変更後の月額")},
    )  # fmt: skip


def questions_of(
    made: Derivation,
    options: Mapping[str, Any],
    used: set[str],
    vanished: Sequence[Vanished],
    *,
    first_days: bool = False,
) -> list[Question]:
    """What the person is asked about this file: only what its columns, and what was brought before, leave open.

    `first_days`: every 更新日 is the first of a month, which is why its reading is suggested.
    """
    found = []
    kind, joined = made.kind, made.derived.joined
    shifts: Mapping[str, Mapping[Any, int]] = made.derived.preview.end_shifts
    for key in ASKED[kind]:
        if (key == "end_reading" and "ends_on" not in used) or (
            key == "cancel_reading" and kind == "ledger" and "ended_on" not in used
        ):
            continue
        if (key == "opening" and joined) or (key == "joined" and not (joined and joined.differs)):
            continue
        if key == "gone" and not vanished:
            continue
        title, help_text, words = _words(key)
        chosen = str(options.get(key) or CHOICES[key][0])
        if key == "gone":
            title = _("前回あって今回ない契約 %(count)s 件") % {"count": f"{len(vanished):,}"}
            chosen = str(options.get(key) or (WITHDRAW if options.get("complete") else KEEP))
        if key == "end_reading" and first_days and chosen == "day_after":
            help_text += " " + _(
                "「更新日」がどの行も月の1日なので、次の契約の初日(その前日まで使える)と考えました。"
            )
        counts = shifts.get(key)
        answers = [
            (one, words[one], None if counts is None or one == chosen else counts.get(one, 0))
            for one in CHOICES[key]
        ]
        found.append(Question(key, title, help_text, answers, chosen))
    return found


def mark_words(file: str, mark: Any) -> str:
    """Where a mark stands: file, row, customer, day."""
    row = mark.row % (1 << 40) if mark.row else 0
    parts = [
        file,
        _("%(row)s 行目") % {"row": row} if row else "",
        mark.account_id,
        str(mark.on or ""),
        mark.detail,
    ]
    return " ".join(part for part in parts if part)
