"""From uploaded files to a run: what each file holds is chosen page by page, then the run is checked by a job.

A draft is an `ImportRun` in state UPLOADED whose options have a `stage`. Its uploads stand in ``options["uploads"]``,
one dict a file: path (below the run's folder), name, size, and what the person chose (kind, sheet, header_row, shaping).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Refused
from banso_web.ingest.actions import imports_home, require
from banso_web.ingest.inputs import SUFFIXES, Input, in_order
from banso_web.ingest.models import ImportRun, Mapping

if TYPE_CHECKING:
    from banso_web.members.models import Member

MAX_FILES = 30
MAX_FILE_BYTES = 1024**3
SKIP = "skip"  # a file of the upload that is not taken
FILES_STAGE = "files"


class Uploaded(Protocol):
    """What Django's UploadedFile gives."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...

    def chunks(self, chunk_size: int | None = None) -> Iterable[bytes]: ...


@dataclass
class Upload:
    """One uploaded file and what was chosen for it. `shaping`: a mapping or recipe (see `ingest.shaping`), or None."""

    path: str
    name: str
    size: int
    kind: str = ""
    sheet: str = ""
    header_row: int | None = None
    shaping: dict[str, Any] | None = None
    mapping: int | None = None  # the saved mapping that `shaping` came from or became
    told: list[dict[str, str]] = field(
        default_factory=list
    )  # how the file differs from the one it was saved for
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Upload:
        known = {one.name for one in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})


def size_words(size: int) -> str:
    """1 GB, 1.5 MB; whole numbers below a megabyte."""
    if size >= 1024**3:
        return f"{size / 1024**3:,.3g} GB"
    return f"{size / 1024**2:,.1f} MB" if size >= 1024**2 else f"{max(1, size // 1024):,} KB"


def refuse_uploads(files: Sequence[Uploaded]) -> None:
    """Raises Refused for no file, too many, too large ones, or a format that no reader knows."""
    if not files:
        raise Refused(_("ファイルを選んでください。"), code="no_file")
    if len(files) > MAX_FILES:
        raise Refused(
            _("一度に選べるのは %(limit)s ファイルまでです。何も取り込んでいません。") % {"limit": MAX_FILES},
            code="too_many_files",
        )
    for one in files:
        name = Path(one.name or "").name
        if (one.size or 0) > MAX_FILE_BYTES:
            raise Refused(
                _(
                    "%(file)s は大きすぎます(上限 %(limit)s)。分けて取り込んでください。何も取り込んでいません。"
                )
                % {"file": name, "limit": size_words(MAX_FILE_BYTES)},
                code="file_too_large",
            )
        if Path(name).suffix.lower() not in (*SUFFIXES, ".txt", ".xls", ".xlsm", ".ndjson"):
            raise Refused(
                _(
                    "%(file)s の形式は読めません。CSV、TSV、XLSX、JSONL、Parquet にしてください。何も取り込んでいません。"
                )
                % {"file": name},
                code="unknown_format",
            )


def _short(name: str) -> str:
    """The end of a file's name, as much as a disk takes: 255 bytes, and a Japanese letter is three."""
    return name.encode("utf-8", "replace")[-180:].decode("utf-8", "ignore")


def receive(files: Sequence[Uploaded], *, actor: Member | None) -> ImportRun:
    """Keep uploaded files and open a draft. Raises Refused (see `refuse_uploads`); then nothing is kept."""
    require(actor)
    refuse_uploads(files)
    folder = uuid.uuid4().hex
    base = imports_home() / folder
    base.mkdir()
    uploads, digest = [], hashlib.sha256()
    for number, one in enumerate(files):
        name = Path(one.name or "file").name
        target = base / f"{number:02d}_{_short(name)}"
        own = hashlib.sha256()
        with target.open("wb") as stream:
            for part in one.chunks():
                stream.write(part)
                own.update(part)
        digest.update(own.digest())
        uploads.append(Upload(target.name, name, target.stat().st_size))
    label = uploads[0].name
    if len(uploads) > 1:
        label = f"{label} +{len(uploads) - 1}"
    run = ImportRun.objects.create(
        state=ImportRun.State.UPLOADED,
        file_name=label[:300],
        stored_as=folder,
        sha256=digest.hexdigest(),
        options={"stage": FILES_STAGE, "uploads": [asdict(one) for one in uploads]},
        made_by=actor,
        made_at=clock.now(),
    )
    audit.record("import.start", actor=actor, subject="import", subject_id=run.pk, label=run.file_name)
    return run


def uploads_of(run: ImportRun) -> list[Upload]:
    """The draft's files; empty for runs that did not come through the page."""
    return [Upload.from_json(one) for one in run.options.get("uploads", [])]


def path_of(run: ImportRun, upload: Upload) -> Path:
    return imports_home() / run.stored_as / upload.path


def folder_of(run: ImportRun) -> Path:
    return imports_home() / run.stored_as


def is_draft(run: ImportRun) -> bool:
    """True while what the files hold is still being chosen."""
    return run.state == ImportRun.State.UPLOADED and bool(run.options.get("stage"))


def editable(run: ImportRun) -> bool:
    """True while the choice may be changed: nothing has been written."""
    return bool(run.options.get("uploads")) and run.state in (
        ImportRun.State.UPLOADED,
        ImportRun.State.READY,
        ImportRun.State.FAILED,
    )


def keep_uploads(run: ImportRun, uploads: Sequence[Upload], **options: Any) -> None:
    """Store what was chosen; the run becomes a draft (again). Raises Refused once something was written."""
    if not editable(run) or run.options.get("queued", {}).get("deed") == "write":
        raise Refused(_("この取り込みはもう変えられません。データは変わっていません。"), code="not_editable")
    run.options = {
        **run.options,
        "stage": FILES_STAGE,
        **options,
        "uploads": [asdict(one) for one in uploads],
    }
    run.options.pop("queued", None)
    run.state, run.failure, run.notes, run.counts, run.progress = ImportRun.State.UPLOADED, "", [], {}, {}
    run.finished_at = None
    run.rejected.all().delete()
    run.save()


def settle(
    run: ImportRun, files: Sequence[Input], *, actor: Member | None, known: str, **options: Any
) -> ImportRun:
    """End the draft: these are the files to check, already lying in the run's folder."""
    require(actor)
    base = folder_of(run)
    mapping = next((one.mapping for one in uploads_of(run) if one.mapping), None)
    run.options = {
        **run.options,
        **options,
        "files": [one.as_json(base) for one in in_order(files)],
        "known": known if known in ("now", "effective") else "now",
    }
    run.options.pop("stage", None)
    run.mapping = Mapping.objects.filter(pk=mapping).first() if mapping else None
    run.save(update_fields=["options", "mapping"])
    return run
