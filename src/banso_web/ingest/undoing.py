"""Taking a published import back as a whole: at once, or as a job that may be killed anywhere and run again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit
from banso_web.core.errors import Conflict, Refused
from banso_web.core.facts import current_watermark, hold_watermark, publish, void
from banso_web.core.facts.states import project_entry
from banso_web.core.models import Entry
from banso_web.core.registry import registry
from banso_web.ingest import pace, writing
from banso_web.ingest.actions import require
from banso_web.ingest.models import ImportRun
from banso_web.ingest.restating import restate, rows_to_read

if TYPE_CHECKING:
    from banso_web.members.models import Member

State = ImportRun.State
AT_ONCE = (
    5_000  # rows, of the import and of those it is told against, up to which an undo is answered at once
)


@dataclass(frozen=True)
class Standing:
    """What stands on a published import: later edits of the same things, months closed with it."""

    code: str
    text: str


def standing_on(run: ImportRun) -> list[Standing]:
    """Later edits and closed months that stand on this import, for the person who wants to undo it."""
    if run.entry is None or run.entry.seq is None:
        return []
    found: list[Standing] = []
    for look in registry.undo_checks:
        found += [Standing(code, text) for code, text in look(run.entry)]
    return found


def is_asked(run: ImportRun) -> bool:
    """Whether an undo of the run waits or is at work."""
    return bool(run.options.get("queued", {}).get("deed") == "undo")


def takes_time(run: ImportRun) -> bool:
    """Whether the undo reads so much that it belongs to the worker."""
    own = sum(int(row.get("read", 0)) for row in run.counts.values())
    return own + rows_to_read(run) > AT_ONCE


def require_undo(run: ImportRun, *, actor: Member | None, accept: bool) -> list[Standing]:
    """What stands on the import. Refused unless it is published, and, with the list, while something stands on it and
    nobody has accepted that; 403 without the right."""
    require(actor)
    if run.state != State.DONE:
        raise Refused(
            _("取り消せるのは、公開済みの取り込みだけです。データは変わっていません。"),
            code="not_published",
        )
    if (found := standing_on(run)) and not accept:
        listed = "\n".join(f"- {one.text}" for one in found)
        raise Refused(
            _(
                "この取り込みの上に立つものがあります。確かめてから、もう一度取り消してください。データは変わっていません。"
            )
            + "\n"
            + listed,
            code="stands_on_it",
        )
    return found


def undo_run(
    run: ImportRun,
    *,
    actor: Member | None,
    reason: str,
    accept: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> ImportRun:
    """Take a published import back as a whole from now on; what was read at earlier watermarks stays as it was.

    Refused as by `require_undo`. Cut off before the moment of voiding it begins anew and what it wrote unseen goes; cut
    off behind it, it only brings in step what stands on the entries.
    """
    if not (run.state == State.UNDONE and run.options.get("following")):
        told = [one.text for one in require_undo(run, actor=actor, accept=accept)]
        _drop_leftover(run)
        while not _taken_back(run, actor, reason, told, progress):
            pass
    run.refresh_from_db()
    for entry in Entry.objects.filter(pk__in=run.options.get("following", [])).order_by("pk"):
        for handler in writing.handlers():
            if entry.voided_seq is None:
                handler.published(entry)
            else:
                handler.undone(entry)
        project_entry(entry)
        for hook in registry.after_publish:
            hook(entry.pk)
    for key in ("following", "queued"):
        run.options.pop(key, None)
    ImportRun.objects.filter(pk=run.pk).update(options=run.options)
    pace.forget(run)
    return run


def _taken_back(
    run: ImportRun, actor: Member | None, reason: str, told: list[str], progress: Callable[[int, int], None]
) -> bool:
    """Void the run's entry and, in the same moment, publish what other imports state of the same things.

    False when something was published while that was put together: then it is put together anew. Conflict where another
    process has taken the undo over meanwhile.
    """
    mark = current_watermark()
    again = restate(run, actor, progress)
    with transaction.atomic():
        stored = ImportRun.objects.select_for_update().get(pk=run.pk)
        if stored.state != State.DONE or stored.options.get("restating") != (again.pk if again else None):
            raise Conflict("another process works on this undo", code="import_taken")
        if hold_watermark() == mark:
            found = [one for one in (run.entry, again) if one is not None]
            if run.entry is not None:
                void(run.entry, actor=actor, reason=reason)
            if again is not None:
                publish(again)
                run.options["restated"] = [*run.options.get("restated", []), again.pk]
            run.options.pop("restating", None)
            run.options["following"] = [one.pk for one in found]
            ImportRun.objects.filter(pk=run.pk).update(state=State.UNDONE, options=run.options)
            audit.record(
                "import.undo",
                actor=actor,
                subject="import",
                subject_id=run.pk,
                label=run.file_name,
                new={"stood_on_it": told, **({"stated_again": again.pk} if again else {})},
                reason=reason,
                entry=run.entry or again,
            )
            return True
    _drop_leftover(run)
    return False


def _drop_leftover(run: ImportRun) -> None:
    """What an undo wrote unseen before it was cut off, or before somebody else published."""
    left = Entry.objects.filter(pk=run.options.pop("restating", None), seq=None).first()
    if left is not None:
        for handler in reversed(writing.handlers()):
            handler.drop(left)
        left.delete()
    ImportRun.objects.filter(pk=run.pk).update(options=run.options)
