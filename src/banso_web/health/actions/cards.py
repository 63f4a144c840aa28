"""Scorecards: a version is published from its day on, taken out of use, and any of it is taken back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso.health import Scorecard
from banso_web.accounts.actions.stating import Done, Times, latest, state, tell
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark, project, void
from banso_web.core.models import Entry
from banso_web.health.card_words import checked
from banso_web.health.models import Card
from banso_web.health.reads.cards import cards
from banso_web.health.reads.customer import card_name
from banso_web.health.reads.editor import text_of

if TYPE_CHECKING:
    from banso_web.members.models import Member


def require(actor: Member) -> None:
    """403 without the right to settings."""
    if not actor.may("settings.edit"):
        raise Forbidden(_("スコアカードを変えられるのは、設定を変えられる人です。何も変えていません。"))


def publish(text: str, *, actor: Member, key: str = "", seen: int | None = None, reason: str = "") -> Done:
    """State a scorecard from its `effective_on` on; days before keep the version they had.

    key: the scorecard that the text is a version of, "" for a new one. Refused with every mistake of the text, Conflict where somebody
    published meanwhile. A text that says nothing new writes nothing.
    """
    require(actor)
    card, wrong = checked(text, key)
    if card is None:
        raise Refused(
            _("公開していません。次の点を直してください。"),
            code="bad_scorecard",
            fields={"text": "\n".join(wrong)},
        )
    old = text_of(card.key, current_watermark())
    if old == text:
        return Done(0, None)
    if card.whom and not _covered(card.effective_on, without=card.key):
        raise Refused(_("ほかに全顧客に当てはまるスコアカードがないため、公開していません。対象(for)を外すか、先に別のスコアカードを公開してください。"), code="last_scorecard")  # fmt: skip
    done = _state(card, text, old, actor, seen, reason, "scorecard.publish")
    tell(done.entry_id or 0)
    return done


def retire(key: str, *, actor: Member) -> Done:
    """Take a scorecard out of use from today on. Refused where no other one would be for everybody."""
    require(actor)
    today = clock.today()
    found = {card.key: card for card in cards(Asked(today, today, current_watermark()))}
    card = found.get(key)
    if card is None:
        raise NotVisible
    if not _covered(today, without=key):
        raise Refused(_("ほかに全顧客に当てはまるスコアカードがないため、廃止していません。先に別のスコアカードを公開してください。"), code="last_scorecard")  # fmt: skip
    done = _state(card, "", text_of(key, current_watermark()), actor, None, "", "scorecard.retire")
    tell(done.entry_id or 0)
    return done


def _covered(day: date, *, without: str = "") -> bool:
    """Whether a scorecard is for everybody on a day, and on today where that is later, one of them left aside."""
    today = clock.today()
    return all(
        any(not card.whom and card.key != without for card in cards(Asked(at, today, current_watermark())))
        for at in {day, max(day, today)}
    )


def _state(
    card: Scorecard, text: str, old: str, actor: Member, seen: int | None, reason: str, action: str
) -> Done:
    """An empty text takes the scorecard out of use from today on."""
    row, _made = Card.objects.get_or_create(code=card.key)
    return state(
        row,
        {"text": text},
        old={"text": old},
        action=action,
        label=card_name(card),
        actor=actor,
        times=Times(reason=reason),
        valid_from=card.effective_on if text else clock.today(),
        seen=seen,
    )


def undo(key: str, entry_id: int, *, actor: Member) -> None:
    """Take the latest change of a scorecard back. Refused where a later one stands on it."""
    require(actor)
    row = Card.objects.filter(code=key).first()
    entry = Entry.objects.filter(pk=entry_id, label__startswith="scorecard.").exclude(seq=None).first()
    if row is None or entry is None or latest(Card.STATE, row.pk) != entry.pk:
        raise Refused(
            _("この変更のあとに、別の変更が保存されています。先にそちらを元に戻すか、編集で直してください。"),
            code="stands_on_it",
        )
    with transaction.atomic():
        void(entry, actor=actor, reason="undo")
        if not _covered(clock.today()):
            raise Refused(_("元に戻すと、全顧客に当てはまるスコアカードがなくなるため、戻していません。先に別のスコアカードを公開してください。"), code="last_scorecard")  # fmt: skip
        audit.record(
            "scorecard.undo", actor=actor, subject=Card.STATE, subject_id=row.pk, label=key, new={"action": entry.label}, entry=entry
        )  # fmt: skip
    project(Card.STATE, [row.pk], entry=entry)
    tell(entry.pk)
