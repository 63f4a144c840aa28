"""名寄せ: a person decides that two customers are one company (or are not). Dated, audited, undoable; nothing is rewritten.

Facts keep the account they came with. Readers follow the decisions that stand at their watermark
(`accounts.counting.merges`); lists leave out what was merged into another (`Account.merged_into`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.accounts.counting import merges
from banso_web.accounts.models import Account, Merge
from banso_web.core import audit
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import current_watermark, new_entry, void
from banso_web.core.models import Entry
from banso_web.core.registry import registry

if TYPE_CHECKING:
    from banso_web.members.models import Member

PERMISSION = "merge.decide"


def _require(actor: Member | None) -> None:
    if actor is not None and not actor.may(PERMISSION):
        raise Forbidden(_("名寄せを決めるには権限が必要です。データは変わっていません。"))


def _live(account_id: int) -> Account:
    account = Account.objects.filter(pk=account_id, live=True).first()
    if account is None:
        raise NotVisible
    return account


def decide(
    kept_id: int,
    other_id: int,
    decision: Merge.Decision | str,
    *,
    actor: Member | None,
    reasons: Sequence[str] = (),
    reason: str = "",
) -> Merge:
    """Decide about a pair. `same`: `other` is read as `kept` from now on; `different`: the pair is no candidate any more.

    404 for a customer that does not exist, 403 without the right, Refused for a customer with itself, for two already
    merged into one, and where `other` had others merged into it that would make a circle.
    """
    _require(actor)
    kept, other = _live(kept_id), _live(other_id)
    chosen = Merge.Decision(decision)
    if kept.pk == other.pk:
        raise Refused(_("同じ顧客どうしは名寄せできません。データは変わっていません。"), code="same_account")
    standing = merges(current_watermark())
    if chosen == Merge.Decision.SAME:
        if standing.get(kept.pk, kept.pk) == standing.get(other.pk, other.pk):
            raise Refused(
                _("この2社はすでに名寄せ済みです。データは変わっていません。"), code="already_merged"
            )
        if other.pk in standing:
            raise Refused(
                _(
                    "統合される側の顧客は、すでに別の顧客に名寄せされています。先にその名寄せを取り消してください。"
                ),
                code="merged_elsewhere",
            )
    with transaction.atomic():
        with new_entry(label="account.merge", reason=reason, actor=actor) as entry:
            merge = Merge.objects.create(
                kept=kept, other=other, decision=chosen, reasons=list(reasons), entry=entry
            )
            audit.record(
                f"account.merge.{chosen.value}",
                actor=actor,
                subject="account",
                subject_id=kept.pk,
                label=f"{kept.name} ← {other.name}",
                new={
                    "kept": kept.code,
                    "other": other.code,
                    "decision": chosen.value,
                    "reasons": list(reasons),
                },
                reason=reason,
                entry=entry,
            )
        # Not before both sides followed: a crash in between leaves the entry to the mending job.
        Entry.objects.filter(pk=entry.pk).update(projected=False)
    _follow(entry.pk)
    return merge


def _follow(entry_id: int) -> None:
    """The figures of both sides follow at once: the apps above hear of the entry as they hear of an import."""
    for hook in registry.after_publish:
        hook(entry_id)
    Entry.objects.filter(pk=entry_id).update(projected=True)


def undo(merge_id: int, *, actor: Member | None, reason: str = "") -> None:
    """Take a decision back from now on: both sides stand as before, and are candidates again."""
    _require(actor)
    merge = Merge.objects.filter(pk=merge_id).select_related("entry", "kept", "other").first()
    if merge is None or merge.entry.voided_seq is not None:
        raise Refused(
            _("取り消せる名寄せが見つかりません。データは変わっていません。"), code="nothing_to_undo"
        )
    with transaction.atomic():
        void(merge.entry, actor=actor, reason=reason or "undo")
        audit.record(
            "account.merge.undo",
            actor=actor,
            subject="account",
            subject_id=merge.kept.pk,
            label=f"{merge.kept.name} ← {merge.other.name}",
            old={"decision": merge.decision},
            reason=reason,
            entry=merge.entry,
        )
    _follow(merge.entry.pk)


def after_publish(entry_id: int) -> None:
    """An entry with decisions was published, voided or mended: the customers of both sides show it."""
    if Merge.objects.filter(entry=entry_id).exists():
        project_merges()


def project_merges() -> None:
    """Bring `merged_into` in step with the decisions that stand. Safe to run twice."""
    standing = merges(current_watermark())
    shown = dict(Account.objects.exclude(merged_into=None).values_list("pk", "merged_into_id"))
    for other in sorted(shown.keys() | standing.keys()):
        if shown.get(other) != standing.get(other):
            Account.objects.filter(pk=other).update(merged_into=standing.get(other))
