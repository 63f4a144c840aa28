"""What the import pages show of a run: its state in words, how far it is, its counts and notes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from banso_web.ingest import pace
from banso_web.ingest.models import ImportRun
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.withheld import PEOPLE, is_withheld, withheld_files
from banso_web.ingest.words import fix_text, note_text, reason_text

if TYPE_CHECKING:
    from banso_web.members.models import Member

State = ImportRun.State
WORKER_AFTER = 5  # seconds: a queued job that has not begun by then has no worker
STILL_AFTER = 30  # seconds of the machine's own clock without progress: the job was probably killed
LOST_AFTER = 600  # seconds in the queue: a worker that took the job died before it could say so

# key: (word, CSS tone)
STATES: dict[str, tuple[Any, str]] = {
    "draft": (_("準備中"), "unknown"),
    "queued": (_("順番待ち"), "unknown"),
    "checking": (_("確認中"), "watch"),
    "ready": (_("確認待ち"), "watch"),
    "queued_write": (_("書き込み待ち"), "watch"),
    "writing": (_("書き込み中"), "watch"),
    "stalled": (_("止まっています"), "risk"),
    "done": (_("公開済み"), "good"),
    "same": (_("変更なし"), "good"),
    "dropped": (_("破棄済み"), "unknown"),
    "failed": (_("取り込めません"), "risk"),
    "queued_undo": (_("取り消し待ち"), "watch"),
    "undoing": (_("取り消し中"), "watch"),
    "undone": (_("取り消し済み"), "unknown"),
}
LATER = {
    "later:withdrawn": _("今回のファイルにない動き(取り下げ)"),
    "later:withdrawn_contracts": _("今回のファイルにない契約(取り下げ)"),
}
WORKING = ("queued", "checking", "queued_write", "writing", "queued_undo", "undoing")
UNDOING = ("queued_undo", "undoing")


def state_key(run: ImportRun) -> str:
    """The state as the pages tell it: a job that waits in the queue is a state of its own."""
    queued = run.options.get("queued", {})
    if queued.get("deed") == "undo":
        return "undoing" if queued.get("began") else "queued_undo"
    match run.state:
        case State.UPLOADED:
            return "draft" if run.options.get("stage") else "queued"
        case State.READY:
            return "queued_write" if queued.get("deed") == "write" and not run.failure else "ready"
        case State.DONE:
            return "done" if run.entry_id else "same"
    return str(run.state)


def moved_at(run: ImportRun) -> float:
    """When the run last moved, by the machine's own clock (a home's fixed clock stands still); 0 for unknown."""
    queued = run.options.get("queued", {})
    return max(
        float(queued.get("began") or 0),
        float(run.progress.get("moved") or 0),
        float(run.options.get("at") or 0),
        pace.read(run)[2] if queued.get("deed") == "undo" else 0,
    )


def stalled(run: ImportRun, now: float | None = None, after: float = STILL_AFTER) -> bool:
    """Whether the run is at work by its state and nothing has moved for so long.

    One that waits in the queue is not, unless it waits so long that its job must have died before it began.
    """
    queued, moment = run.options.get("queued", {}), time.time() if now is None else now
    if state_key(run) not in WORKING:
        return False
    if queued and not queued.get("began"):
        return moment - float(queued.get("at") or 0) > max(after, LOST_AFTER)
    return moment - moved_at(run) > after


def shown_key(run: ImportRun) -> str:
    """`state_key`, or "stalled"."""
    return "stalled" if stalled(run) else state_key(run)


@dataclass(frozen=True)
class FileCounts:
    """One file of a run with its counts; `kind` in words."""

    name: Any
    kind: Any
    read: int
    new: int
    changed: int
    same: int
    rejected: int


@dataclass(frozen=True)
class Progress:
    """How far the work is. `total` and `seconds_left` are None while nobody can know them.

    `waiting`: no worker has taken the job within `WORKER_AFTER` seconds. `still`: nothing moved for `STILL_AFTER`
    seconds; nobody knows then how long it will take.
    """

    done: int
    total: int | None
    seconds_left: int | None
    waiting: bool
    still: bool

    @property
    def minutes_left(self) -> int | None:
        return None if self.seconds_left is None else -(-self.seconds_left // 60)


def kind_label(kind: str) -> Any:
    """The canonical file's name in the reader's language."""
    from django.utils.translation import get_language

    schema = FILES.get(kind)
    if schema is None:
        return kind
    return schema.ja if (get_language() or "ja").startswith("ja") else schema.en


def counts_of(run: ImportRun) -> list[FileCounts]:
    """The files of a checked run, in import order."""
    words = ("read", "new", "changed", "same", "rejected")
    return [
        FileCounts(
            LATER.get(name, name),
            kind_label(row.get("kind", "")),
            *(row.get(word, 0) for word in words),
        )
        for name, row in run.counts.items()
    ]


def total_of(files: Sequence[FileCounts]) -> FileCounts:
    """Their sum."""
    words = ("read", "new", "changed", "same", "rejected")
    return FileCounts("", "", *(sum(getattr(one, word) for one in files) for word in words))


def progress_of(run: ImportRun) -> Progress:
    """How far a working run is, and whether it still moves."""
    now = time.time()
    queued = run.options.get("queued", {})
    began = queued.get("began")
    files = [
        one for key, one in run.progress.items() if isinstance(one, dict) and not key.startswith("later:")
    ]
    total: int | None
    if queued.get("deed") == "undo":
        done, total, _moved = pace.read(run)
        total = total or None
    elif run.state == State.WRITING:
        done = sum(one.get("written", 0) for one in files)
        total = sum(
            row["read"] - row["rejected"] for key, row in run.counts.items() if not key.startswith("later:")
        )
    else:
        done = sum(one.get("checked", 0) for one in files)
        lines = list(run.options.get("lines", {}).values())
        total = sum(lines) if lines and all(one is not None for one in lines) else None
    if total is not None:
        total = max(total, done)
    left = None
    still = stalled(run, now)
    if began and total and 0 < done < total and not still:
        left = int(max(moved_at(run) - began, 0) / done * (total - done)) + 1
    waiting = bool(queued) and not began and now - queued.get("at", now) > WORKER_AFTER
    return Progress(done, total, left, waiting, still)


def notes_of(run: ImportRun, reader: Member) -> list[str]:
    """What the person should be told beside the counts, in words; names of people only for who may see them."""
    covered = set() if reader.may(PEOPLE) else {"incomplete_contacts"}
    return [
        note_text({**note, "examples": ["…"]} if note.get("code") in covered else note) for note in run.notes
    ]


@dataclass(frozen=True)
class Refused:
    """A row that is not taken, in words, with what was typed (the columns that hold something)."""

    file: str
    row: int
    column: str
    reason: str
    fix: str
    raw: list[tuple[str, str]]
    withheld: bool = False


def refused_of(rows: Iterable[Any], run: ImportRun, reader: Member) -> list[Refused]:
    """Stored refused rows of a run in the reader's language; where they lack a right to the cells, without any of them."""
    kept_back, listed = withheld_files(run, reader), []
    for row in rows:
        withheld = is_withheld(row.file, run, kept_back)
        detail = {} if withheld else row.detail
        cells = {} if withheld else row.raw
        listed.append(
            Refused(
                row.file,
                row.row_number,
                row.column,
                reason_text(row.code, detail),
                fix_text(row.code, detail),
                [(str(key), str(value)) for key, value in cells.items() if value not in (None, "")],
                withheld,
            )
        )
    return listed


def same_file_before(run: ImportRun) -> ImportRun | None:
    """A published run of exactly these files, to be told of before they are imported again."""
    return (
        ImportRun.objects.filter(sha256=run.sha256, state=State.DONE)
        .exclude(pk=run.pk)
        .order_by("-pk")
        .first()
    )
