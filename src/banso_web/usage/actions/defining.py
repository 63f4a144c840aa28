"""What all definitions share: a version with its audit row, taking out of use, and taking the latest change back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.accounts.actions.stating import latest, require_latest
from banso_web.core import audit
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import new_entry, project, void, write_state
from banso_web.core.facts.states import WITHDRAWN
from banso_web.core.models import Entry
from banso_web.usage.models import Feature, OwnMetric

if TYPE_CHECKING:
    from banso_web.members.models import Member

Values = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of definition. `prefix` begins the codes of those that bring none."""

    model: type[Feature] | type[OwnMetric]
    prefix: str

    @property
    def name(self) -> str:
        return self.model.STATE


FEATURE, METRIC = Kind(Feature, "f"), Kind(OwnMetric, "m")


def require(actor: Member | None) -> None:
    """403 without the right to settings; None is the command line."""
    if actor is not None and not actor.may("settings.edit"):
        raise Forbidden(_("機能と指標の定義を変えられるのは、設定を変えられる人です。何も変えていません。"))


def wrong(problems: dict[str, str]) -> Refused:
    return Refused(_("保存していません。赤い項目を直してください。"), code="invalid", fields=problems)


def save(
    kind: Kind,
    clean: Callable[[], Values],
    *,
    actor: Member | None,
    row_id: int | None,
    seen: int | None,
    code: str,
    reason: str,
) -> int:
    """State a definition for all of history; gives its id. Nothing is written where nothing differs. See `save_feature`."""
    require(actor)
    new = clean()
    with transaction.atomic():
        row = _row(kind, row_id, code)
        require_latest(kind.name, row.pk, seen)
        old = {name: getattr(row, name) for name in row.STATE_FIELDS} if row.live else {}
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        if row.live and not changed:
            return row.pk
        action = f"{kind.name}.save"
        with new_entry(label=action, reason=reason, actor=actor) as entry:
            write_state(kind.name, row.pk, {**new, WITHDRAWN: False}, entry=entry)
            audit.record(
                action,
                actor=actor,
                subject=kind.name,
                subject_id=row.pk,
                label=new["name"],
                old={name: old[name] for name in changed if name in old},
                new=changed,
                reason=reason,
                entry=entry,
            )
    project(kind.name, [row.pk], entry=entry)
    count_again()
    return row.pk


def _row(kind: Kind, row_id: int | None, code: str) -> Feature | OwnMetric:
    rows: Any = kind.model._default_manager
    if row_id is not None:
        row: Feature | OwnMetric | None = rows.select_for_update().filter(pk=row_id).first()
        if row is None:
            raise NotVisible
        return row
    if code:
        found: Feature | OwnMetric = rows.select_for_update().get_or_create(code=code)[0]
        return found
    newest = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    made: Feature | OwnMetric = rows.create(code=f"{kind.prefix}{newest + 1}")
    return made


def retire(kind: Kind, row_id: int, *, actor: Member) -> int:
    """Take a definition out of use; its versions stay. Gives the entry, which can be undone."""
    require(actor)
    rows: Any = kind.model._default_manager
    row = rows.filter(pk=row_id, live=True).first()
    if row is None:
        raise NotVisible
    action = f"{kind.name}.retire"
    with new_entry(label=action, actor=actor) as entry:
        write_state(kind.name, row.pk, {WITHDRAWN: True}, entry=entry)
        audit.record(
            action, actor=actor, subject=kind.name, subject_id=row.pk, label=row.name, old={"name": row.name}, entry=entry
        )  # fmt: skip
    project(kind.name, [row.pk], entry=entry)
    return entry.pk


def undo(kind: Kind, row_id: int, entry_id: int, *, actor: Member) -> None:
    """Take the latest change of a definition back. Refused where a later one stands on it."""
    require(actor)
    rows: Any = kind.model._default_manager
    row = rows.filter(pk=row_id).first()
    entry = Entry.objects.filter(pk=entry_id, label__startswith=f"{kind.name}.").exclude(seq=None).first()
    if row is None or entry is None or latest(kind.name, row_id) != entry.pk:
        raise Refused(
            _("この変更のあとに、別の変更が保存されています。先にそちらを元に戻すか、編集で直してください。"),
            code="stands_on_it",
        )
    with transaction.atomic():
        void(entry, actor=actor, reason="undo")
        audit.record(
            f"{kind.name}.undo", actor=actor, subject=kind.name, subject_id=row.pk, label=row.name, new={"action": entry.label}, entry=entry
        )  # fmt: skip
    project(kind.name, [row.pk])
    Entry.objects.filter(pk=entry.pk).update(projected=True)
    count_again()


def count_again() -> None:
    """The worker counts all of history of what is not counted as it is defined now."""
    from banso_web.usage.jobs import keep_all

    transaction.on_commit(keep_all.enqueue)
