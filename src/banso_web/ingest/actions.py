"""Starting, confirming, resuming, dropping and undoing imports. Used by page, API, job and command alike."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Conflict, Forbidden, Refused
from banso_web.core.facts import current_watermark, open_entry
from banso_web.core.models import Entry
from banso_web.ingest import checking, writing
from banso_web.ingest.inputs import Input
from banso_web.ingest.models import ImportRun, Mapping, RejectedRow
from banso_web.ingest.readers.problems import ReadProblem
from banso_web.ingest.rows import MissingColumns

if TYPE_CHECKING:
    from banso_web.members.models import Member

PERMISSION = "import.run"
State = ImportRun.State


def require(actor: Member | None) -> None:
    """403 unless the actor may import. None is the command line of the machine itself."""
    if actor is not None and not actor.may(PERMISSION):
        raise Forbidden(_("取り込みには権限が必要です。データは変わっていません。"))


def imports_home() -> Path:
    """Where uploaded and imported files are kept."""
    home: Path = settings.BANSO_HOME / "files" / "imports"
    home.mkdir(parents=True, exist_ok=True)
    return home


def start_run(
    files: Sequence[Input],
    *,
    actor: Member | None,
    label: str,
    known: str = "now",
    mapping: Mapping | None = None,
    options: dict[str, Any] | None = None,
) -> ImportRun:
    """Keep a copy of the files and open a run. Nothing is read yet; `check_run` follows."""
    require(actor)
    folder = uuid.uuid4().hex
    base = imports_home() / folder
    base.mkdir()
    kept = []
    digest = hashlib.sha256()
    for number, one in enumerate(files):
        target = base / f"{number:02d}_{Path(one.name).name}"
        shutil.copyfile(one.path, target)
        with target.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
        kept.append(Input(one.kind, target, one.name, one.sheet, one.header_row, one.columns).as_json(base))
    run = ImportRun.objects.create(
        state=State.UPLOADED,
        file_name=label[:300],
        stored_as=folder,
        sha256=digest.hexdigest(),
        mapping=mapping,
        options={**(options or {}), "files": kept, "known": known, "at": time.time()},
        made_by=actor,
        made_at=clock.now(),
    )
    audit.record("import.start", actor=actor, subject="import", subject_id=run.pk, label=run.file_name)
    return run


def files_of(run: ImportRun) -> list[Input]:
    """The run's stored files in import order."""
    base = imports_home() / run.stored_as
    return [Input.from_json(data, base) for data in run.options["files"]]


def check_run(run: ImportRun) -> ImportRun:
    """Read and compare every row; afterwards the run is READY with its counts, or FAILED with the reason. May be repeated."""
    from banso_web.ingest import doubling, withdrawing
    from banso_web.ingest.sources import add_source_refusals

    RejectedRow.objects.filter(run=run).delete()
    run.state, run.progress, run.counts, run.failure = State.CHECKING, {"moved": time.time()}, {}, ""
    run.save(update_fields=["state", "progress", "counts", "failure"])
    files = files_of(run)
    context = checking.new_context(known=run.options.get("known", "now"))
    context.withdrawn = frozenset(withdrawing.withdrawn_codes(run, context.watermark))

    def sink(refusals: list[checking.Refusal]) -> None:
        RejectedRow.objects.bulk_create(_stored(run, one) for one in refusals)

    def progress(name: str, checked: int) -> None:
        run.progress.setdefault(name, {})["checked"] = checked
        run.progress["moved"] = time.time()
        ImportRun.objects.filter(pk=run.pk).update(progress=run.progress)

    try:
        reports = checking.check(files, context, sink, progress, own_only=bool(run.options.get("pushed")))
    except (ReadProblem, MissingColumns) as problem:
        fail(run, problem)
        return run
    for report in reports:
        run.progress.setdefault(report.input.place, {}).update(total=report.read, repeats=report.repeats)
        run.counts[report.input.place] = {"kind": report.input.kind, **report.as_json()}
    if gone := len(context.withdrawn):
        run.counts[withdrawing.PLACE] = {
            "kind": "movements",
            "read": gone,
            "new": 0,
            "changed": gone,
            "same": 0,
            "rejected": 0,
        }
    if withdrawing.withdraws_contracts(run) and (vanished := withdrawing.vanished_of(run, context.watermark)):
        run.counts[withdrawing.CONTRACTS_PLACE] = {
            "kind": "contracts",
            "read": len(vanished),
            "new": 0,
            "changed": len(vanished),
            "same": 0,
            "rejected": 0,
        }
    run.progress["watermark"] = context.watermark
    run.notes = notes_of(context, reports)
    add_source_refusals(run)
    doubling.note(run, doubling.doubled_of(run, files))
    run.state = State.READY
    run.save(update_fields=["progress", "counts", "notes", "state", "options"])
    return run


def fail(run: ImportRun, problem: Exception) -> None:
    """The run ends without anything written; why is kept as data and worded where it is shown."""
    from banso_web.ingest.words import failure_data

    run.state, run.failure, run.finished_at = State.FAILED, str(problem)[:1000], clock.now()
    run.notes = [failure_data(problem)]
    run.save(update_fields=["state", "failure", "notes", "finished_at"])


def notes_of(context: Any, reports: Sequence[checking.Report]) -> list[dict[str, Any]]:
    """What the person should be told beside the counts: codes with numbers and examples."""
    notes: list[dict[str, Any]] = [
        {"code": key, "count": count, "examples": context.samples.get(key, [])}
        for key, count in context.notes.items()
    ]
    for report in reports:
        notes += [
            {"code": code, "file": report.input.place, "count": n} for code, n in sorted(report.notes.items())
        ]
        notes += [
            {"code": f"skipped_{kind}", "file": report.input.place, "count": n}
            for kind, n in sorted(report.skipped.items())
        ]
        if report.unknown:
            notes.append({"code": "custom_columns", "file": report.input.place, "examples": report.unknown})
    return notes


def _stored(run: ImportRun, one: checking.Refusal) -> RejectedRow:
    return RejectedRow(
        run=run,
        file=one.file,
        row_number=one.number,
        column=one.column[:200],
        code=one.code,
        detail=one.detail,
        raw={}
        if one.code == "erased_person"
        else one.raw,  # nothing of somebody who was erased is kept again
    )


def confirm_run(run: ImportRun, *, actor: Member | None, accept_rejects: bool = False) -> ImportRun:
    """Write and publish a checked run.

    Refused while rows are rejected and nobody has accepted that, and when the run is not ready. A run that changes
    nothing ends without an entry: no new watermark. When somebody else's import has meanwhile taken the ground from
    under rows of this one, nothing is published: the run is checked again and is READY as before. Refused, too, while
    the run would count MRR twice and nobody has said that it is to be added (`ingest.doubling`).
    """
    from banso_web.ingest import doubling

    require(actor)
    if run.state != State.READY:
        raise Refused(_("この取り込みは確認待ちではありません。データは変わっていません。"), code="not_ready")
    if run.rejected.exists() and not accept_rejects:
        raise Refused(
            _(
                "取り込めない行があります。確かめてから、残りの行だけを取り込むことを選んでください。まだ何も書いていません。"
            ),
            code="rejected_rows",
        )
    doubling.refuse_unanswered(run, actor)
    with transaction.atomic():
        if not ImportRun.objects.filter(pk=run.pk, state=State.READY).update(state=State.WRITING):
            raise Conflict(_("別の操作がこの取り込みを進めています。"), code="import_taken")
        run.state = State.WRITING
        if any(counts["new"] or counts["changed"] for counts in run.counts.values()):
            run.entry = open_entry(kind=Entry.Kind.IMPORT, label=run.file_name[:200], actor=actor)
            run.save(update_fields=["entry"])
    if run.entry is None:
        return _finish(run)
    return _write(run)


def _write(run: ImportRun) -> ImportRun:
    assert run.entry is not None
    if run.entry.seq is None:
        writing.write(run, files_of(run))
        _count_written(run)
    try:
        writing.publish_run(run)
    except writing.BooksChanged as changed:
        return _checked_again(run, changed.rows)
    return _finish(run)


def _checked_again(run: ImportRun, rows: int) -> ImportRun:
    """What was written unseen goes, and the run waits for a person again, with the rows that no longer stand."""
    entry = run.entry
    assert entry is not None
    for handler in reversed(writing.handlers()):
        handler.drop(entry)
    run.entry = None
    run.options.pop("queued", None)
    run.save(update_fields=["entry", "options"])
    with suppress(ProtectedError), transaction.atomic():
        entry.delete()
    run = check_run(run)
    run.notes = [{"code": "books_changed", "count": rows}, *run.notes]
    run.save(update_fields=["notes"])
    return run


def _count_written(run: ImportRun) -> None:
    """The final counts are those of what was written, not of what was foreseen."""
    for name, counts in run.counts.items():
        if name.startswith("later:"):
            continue
        done = run.progress.get(name, {})
        counts.update({word: done.get(word, 0) for word in ("new", "changed")})
        counts["same"] = counts["read"] - counts["rejected"] - counts["new"] - counts["changed"]
    ImportRun.objects.filter(pk=run.pk).update(counts=run.counts)


def _finish(run: ImportRun) -> ImportRun:
    run.state, run.finished_at = State.DONE, clock.now()
    run.save(update_fields=["state", "finished_at", "counts"])
    return run


def resume_run(run: ImportRun, *, actor: Member | None) -> ImportRun:
    """Go on with a run that was cut off: check again, or write on from the last commit, or finish publishing."""
    require(actor)
    run.refresh_from_db()
    if run.state in (State.UPLOADED, State.CHECKING) and not run.options.get("stage"):
        return check_run(run)
    if run.state != State.WRITING:
        raise Refused(_("この取り込みは中断されていません。データは変わっていません。"), code="not_cut_off")
    audit.record("import.resume", actor=actor, subject="import", subject_id=run.pk, label=run.file_name)
    return _write(run) if run.entry else _finish(run)


def drop_run(run: ImportRun, *, actor: Member | None) -> ImportRun:
    """Give up a run that is not published: what it wrote unseen is deleted. Safe to run twice."""
    require(actor)
    with transaction.atomic():  # publishing holds the same row: a run is dropped or published, never both
        stored = ImportRun.objects.select_for_update().get(pk=run.pk)
        entry_id = stored.entry_id
        if entry_id is not None and Entry.objects.filter(pk=entry_id).exclude(seq=None).exists():
            raise Refused(
                _("公開済みの取り込みは破棄できません。取り消しを使ってください。"), code="published"
            )
        if stored.state in (State.DONE, State.DROPPED, State.UNDONE):
            raise Refused(_("この取り込みは破棄できません。"), code="not_open")
        ImportRun.objects.filter(pk=run.pk).update(state=State.DROPPED, finished_at=clock.now())
    run.refresh_from_db()
    if run.entry is not None:
        for handler in reversed(writing.handlers()):
            handler.drop(run.entry)
    audit.record("import.drop", actor=actor, subject="import", subject_id=run.pk, label=run.file_name)
    return run


def watermark() -> int:
    """The last published number: a second import of the same file leaves it as it was."""
    return current_watermark()
