"""Undoing an import as if it had never been: what other imports have stated of the same things is stated again.

"The same" writes nothing, so the rows of an import that confirmed the undone one stand nowhere but in its file. For every
thing that the undone import touched, all other imports are told anew, in their order and in a transaction that is taken
back; what would then stand, and does not stand once the entry is void, is written under an entry of its own and published
in the moment of undoing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import clock
from banso_web.core.bulk import insert_rows
from banso_web.core.facts import current_watermark, open_entry
from banso_web.core.facts.states import WITHDRAWN
from banso_web.core.imports import Context, HappeningHandler, Row, StateHandler, View, later
from banso_web.core.imports.happenings import Fact, Standing
from banso_web.core.imports.states import LONG_AGO, Subject, Values
from banso_web.core.models import Entry, Known, StateVersion
from banso_web.core.registry import registry
from banso_web.ingest import checking, withdrawing
from banso_web.ingest.inputs import Input
from banso_web.ingest.joining import restated_entries, runs_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.rows import MissingColumns

CHUNK = 2_000
Touched = dict[str, set[str]]  # canonical file → codes
Progress = Callable[[int, int], None]  # (rows read, rows to read)
DERIVED = "derived"  # rows that follow from contracts: they are derived again, not stated again


class _TakenBack(Exception):
    """Ends the transaction in which the imports were told anew."""


@dataclass
class _Told:
    """What would stand: per canonical file, code → the row that would count, or the subject with its layers."""

    happenings: dict[str, dict[str, Standing]] = field(default_factory=dict)
    basis: dict[str, dict[int, str]] = field(default_factory=dict)
    states: dict[str, dict[str, Subject]] = field(default_factory=dict)
    recorded: dict[str, dict[str, datetime]] = field(default_factory=dict)


def rows_to_read(run: ImportRun) -> int:
    """How many rows an undo reads at most: those of the other imports of the same kinds whose files are kept."""
    kinds = {one["kind"] for one in run.options.get("files", [])}
    return sum(_rows_of(one, kinds) for one in _others(run, kinds))


def _rows_of(run: ImportRun, kinds: Collection[str]) -> int:
    return sum(int(row.get("read", 0)) for row in run.counts.values() if row.get("kind") in kinds)


def restate(run: ImportRun, actor: Any, progress: Progress) -> Entry | None:
    """An unpublished entry that makes up for what voiding the run's entry would uncover; None where nothing is to be done.

    Its id stands in the run's options (`restating`) from the moment it is there, so that what is cut off is found again.
    """
    touched = _touched(run)
    if not any(touched.values()):
        return None
    mark = current_watermark()
    told = _told_anew(run, touched, mark, progress)
    hidden = frozenset({run.entry_id} if run.entry_id else set())
    now = checking.new_context(known="now")
    now.view = View(mark, hidden)
    with transaction.atomic():
        entry = open_entry(
            kind=Entry.Kind.IMPORT,
            label=_("取り消し後の再適用: %(file)s") % {"file": run.file_name[:150]},
            actor=actor,
        )
        run.options["restating"] = entry.pk
        ImportRun.objects.filter(pk=run.pk).update(options=run.options)
        wrote = _write(touched, told, now, entry)
        ours = View(mark, hidden, {entry.pk: mark + 1})  # from here on what is stated again counts too
        wrote += _references(touched, told, replace(now, entry=entry, view=ours))
        context = replace(now, entry=entry, view=ours, touching=(run.entry,) if run.entry else ())
        for step in later:
            if step.key in (withdrawing.KEY, withdrawing.CONTRACTS):
                continue
            after = 0
            while (result := step.step(context, after)) is not None:
                after, count = result
                wrote += count
        if not wrote:
            transaction.set_rollback(True)
    if not wrote:
        run.options.pop("restating")
        return None
    return entry


# What was touched


def _touched(run: ImportRun) -> Touched:
    """The codes that the run's entry states, and those of its files that other undoings have stated again."""
    entries = [run.entry_id] if run.entry_id else []
    restated = restated_entries()
    kinds = {one["kind"] for one in run.options.get("files", [])}
    found: Touched = {}
    for kind, make in registry.file_handlers.items():
        handler = make()
        wanted = entries + (restated if kind in kinds else [])
        if isinstance(handler, HappeningHandler):
            rows = handler.model._default_manager.filter(entry__in=wanted)
            if DERIVED in handler.attrs:
                rows = rows.filter(derived=False)
            found[kind] = set(rows.values_list("code", flat=True))
        elif isinstance(handler, StateHandler):
            versions = StateVersion.objects.filter(entry__in=wanted, subject=handler.subject)
            ids = set(versions.values_list("subject_id", flat=True))
            rows = handler.model._default_manager.filter(pk__in=ids)
            found[kind] = set(rows.values_list("code", flat=True))
    return found


# All other imports, told anew


def _place(run: ImportRun) -> float:
    if run.entry is not None and run.entry.seq is not None:
        return float(run.entry.seq)
    return int(run.progress.get("watermark", 0)) + 0.5


def _others(run: ImportRun, kinds: Collection[str]) -> list[ImportRun]:
    """Published imports of the same kinds whose files are still kept, in the order in which they count."""
    from banso_web.ingest.actions import files_of

    runs = ImportRun.objects.filter(state=ImportRun.State.DONE).exclude(pk=run.pk).select_related("entry")
    found = [
        one
        for one in runs
        if any(file["kind"] in kinds for file in one.options.get("files", []))
        and all(file.path.exists() for file in files_of(one))
    ]
    return sorted(found, key=lambda one: (_place(one), one.pk))


def _told_anew(run: ImportRun, touched: Touched, mark: int, progress: Progress) -> _Told:
    told, read = _Told(), 0
    kinds = {kind for kind, codes in touched.items() if codes}
    try:
        with transaction.atomic():
            others = _others(run, kinds)
            hidden = {one.entry_id for one in (run, *others) if one.entry_id} | set(restated_entries())
            order: dict[int, float] = {}
            stand_in: dict[int, int] = {}
            whole = sum(_rows_of(one, kinds) for one in others)
            for one in others:
                progress(read, whole)
                entry = open_entry(kind=Entry.Kind.IMPORT)
                place = _place(one)
                context = _context_of(one, entry)
                context.view = View(int(place), frozenset(hidden), dict(order))
                _tell(one, touched, context, stand_in, partial(_further, progress, read, whole))
                order[entry.pk], stand_in[one.pk] = place + one.pk / 1e9, entry.pk
                read += _rows_of(one, kinds)
            progress(read, whole)
            context = checking.new_context(known="now")
            context.view = View(mark, frozenset(hidden), order)
            _read(touched, told, context)
            raise _TakenBack
    except _TakenBack:
        return told


def _context_of(run: ImportRun, entry: Entry) -> Context:
    """The pass of the day on which the import was made: what it learnt was known then."""
    when = (run.entry.entered_at if run.entry else None) or run.finished_at or run.made_at
    day = when.astimezone(clock.JST).date()
    known = run.options.get("known", "now")
    return Context(now=when, today=day, watermark=0, known=known, entry=entry)


def _further(progress: Progress, before: int, whole: int, rows: int) -> None:
    progress(before + rows, whole)


def _behind(progress: Callable[[int], None], before: int, rows: int) -> None:
    progress(before + rows)


def _tell(
    run: ImportRun,
    touched: Touched,
    context: Context,
    stand_in: dict[int, int],
    progress: Callable[[int], None],
) -> None:
    from banso_web.ingest.actions import files_of

    read = 0
    for file in files_of(run):
        if codes := touched.get(file.kind):
            read += _tell_file(run, file, codes, context, partial(_behind, progress, read))
    recipe = run.options.get("recipe") or {}
    if recipe.get("series"):
        entries = [stand_in[one.pk] for one in runs_of(recipe["series"]) if one.pk in stand_in]
        withdrawing.withdraw(run, context, entries)


def _tell_file(
    run: ImportRun, file: Input, codes: set[str], context: Context, progress: Callable[[int], None]
) -> int:
    handler: Any = registry.file_handlers[file.kind]()
    refused = set(run.rejected.filter(file=file.place).values_list("row_number", flat=True))
    try:
        table, binding = checking.open_input(file)
    except (OSError, MissingColumns):
        return 0
    rows, read = [], 0
    for read, (_raw, row) in enumerate(binding.rows(table), start=1):
        if read % CHUNK == 0:
            progress(read)
        if not isinstance(row, Row):
            continue
        mine = handler.code(row) if isinstance(handler, HappeningHandler) else row.values[handler.identity]
        if mine in codes and row.number not in refused:
            rows.append(row)
        else:
            handler.passed(row)
    for part in _parts(rows):
        handler.write(part, context)
    handler.finish(context)
    return read


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _read(touched: Touched, told: _Told, context: Context) -> None:
    """What stands now, at the end of the telling."""
    for kind, codes in touched.items():
        handler = registry.file_handlers[kind]()
        if isinstance(handler, HappeningHandler):
            found = told.happenings[kind] = _standing(handler, codes, context)
            ids = [one.latest[0] for one in found.values() if one.latest]
            rows = handler.model._default_manager.filter(pk__in=ids)
            told.basis[kind] = dict(rows.values_list("pk", "known_basis"))
        elif isinstance(handler, StateHandler):
            told.states[kind] = _subjects(handler, codes, context)
            codes_of = {subject.pk: code for code, subject in told.states[kind].items()}
            versions = StateVersion.objects.filter(
                context.counts(), subject=handler.subject, subject_id__in=list(codes_of)
            )
            found_at = versions.order_by("recorded_at").values_list("subject_id", "recorded_at")
            told.recorded[kind] = {codes_of[pk]: when for pk, when in found_at}


def _standing(handler: HappeningHandler[Any], codes: Iterable[str], context: Context) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for part in _parts(sorted(codes)):
        found |= handler.standing(part, context)
    return found


def _subjects(handler: StateHandler, codes: Iterable[str], context: Context) -> dict[str, Subject]:
    found: dict[str, Subject] = {}
    for part in _parts(sorted(codes)):
        found |= handler.subjects(part, context)
    return found


# What has to be written


def _write(touched: Touched, told: _Told, now: Context, entry: Entry) -> int:
    """The difference between what would stand and what stands without the undone entry."""
    wrote = 0
    context = replace(now, entry=entry)
    for kind, codes in touched.items():
        handler = registry.file_handlers[kind]()
        if isinstance(handler, HappeningHandler):
            stands = _standing(handler, codes, now)
            facts = [
                fact
                for code in sorted(codes)
                if (
                    fact := _fact(
                        handler,
                        code,
                        told.happenings[kind].get(code),
                        stands.get(code),
                        told.basis[kind],
                        context,
                    )
                )
            ]
            insert_rows(handler.model, facts)
            changed = [fact["code"] for fact in facts]
            for part in _parts(changed):
                handler.model._default_manager.filter(code__in=part).update(contested=True)
            handler.wrote([fact for fact in facts if not fact["is_void"]], context)
            wrote += len(facts)
        elif isinstance(handler, StateHandler):
            stands_now = _subjects(handler, codes, now)
            versions: list[Values] = []
            for code in sorted(codes):
                wanted, has = told.states[kind].get(code), stands_now.get(code)
                when = told.recorded[kind].get(code, now.now)
                versions += _versions(handler, wanted, has, when, context)
            insert_rows(StateVersion, versions)
            wrote += len(versions)
    return wrote


def _fact(
    handler: HappeningHandler[Any], code: str, wanted: Standing | None, has: Standing | None,
    basis: dict[int, str], context: Context,
) -> Fact | None:  # fmt: skip
    should, stands = (one.latest if one else None for one in (wanted, has))
    if should is None and stands is None:
        return None
    if should is not None and stands is not None and should[6:-1] == stands[6:-1]:
        return None
    row = should or stands
    assert row is not None
    values = dict(zip(handler.attrs, row[7:-1], strict=True))
    if should is None and DERIVED in values:
        values[DERIVED] = (
            True  # nobody supplies it, as if nobody ever had: the contract's own terms count again
        )
    return {
        **values,
        "code": code,
        "custom": row[6],
        "recorded_at": row[5] if should is not None else context.now,
        "known_basis": basis.get(row[0], Known.SYSTEM),
        "entry_id": context.entry_id,
        "contested": True,
        "is_void": should is None,
    }


def _versions(
    handler: StateHandler, wanted: Subject | None, has: Subject | None, when: datetime, context: Context
) -> list[Values]:
    layers = [*(wanted.layers if wanted else []), *(has.layers if has else [])]
    subject = (wanted.pk if wanted else None) or (has.pk if has else None)
    if not layers or subject is None:
        return []
    if not (wanted and wanted.layers):
        assert has is not None
        gone = has.withdrawn or not has.layers
        return [] if gone else [_version(handler, subject, {WITHDRAWN: True}, None, None, when, context)]
    has = has or Subject(subject)
    found: list[Values] = []
    days = sorted({day for one in layers for day in (one.valid_from, one.valid_to) if day})
    for begins, until in zip([None, *days], [*days, None], strict=True):
        day = begins or date.min
        should, stands = wanted.at(day), has.at(day)
        keys = {key for key in should.keys() | stands.keys() if should.get(key) != stands.get(key)}
        if not keys:
            continue
        values = {key: should.get(key) for key in keys}
        if "custom" in values:
            values["custom"] = values["custom"] or {}
        values["incomplete"] = bool(should.get("incomplete")) or not wanted.described
        if found and found[-1]["values"] == values and found[-1]["valid_to"] == begins:
            found[-1]["valid_to"] = until
        else:
            found.append(_version(handler, subject, values, begins, until, when, context))
    return found


def _version(
    handler: StateHandler, subject: int, values: Values, begins: date | None, until: date | None,
    when: datetime, context: Context,
) -> Values:  # fmt: skip
    return {
        "subject": handler.subject,
        "subject_id": subject,
        "values": values,
        "valid_from": begins,
        "valid_to": until,
        "recorded_at": when,
        "known_basis": Known.SYSTEM,
        "entry_id": context.entry_id,
    }


def _references(touched: Touched, told: _Told, context: Context) -> int:
    """What nobody describes any more but rows still name is there again, 未整備."""
    wrote = 0
    for kind, name in (("contracts", "contract"), ("accounts", "account")):
        handler = registry.file_handlers[kind]()
        assert isinstance(handler, StateHandler)
        lost = {
            code: pk
            for code, pk in handler.model._default_manager.filter(code__in=touched.get(kind, ())).values_list(
                "code", "pk"
            )
            if not ((subject := told.states[kind].get(code)) and subject.layers)
        }
        named = _named(name, list(lost.values()), context) if lost else set()
        values = {
            code: {"name": code[:300]} if kind == "accounts" else {}
            for code, pk in lost.items()
            if pk in named
        }
        insert_rows(
            StateVersion,
            (
                _version(
                    handler,
                    lost[code],
                    {**stated, WITHDRAWN: False, "incomplete": True},
                    None,
                    None,
                    LONG_AGO,
                    context,
                )
                for code, stated in values.items()
            ),
        )
        wrote += len(values)
    return wrote


def _named(name: str, ids: list[int], context: Context) -> set[int]:
    """Those of the ids that a row which counts still names."""
    found: set[int] = set()
    for make in registry.file_handlers.values():
        handler = make()
        if isinstance(handler, HappeningHandler) and any(
            field.name == name for field in handler.model._meta.fields
        ):
            rows = context.standing(handler.model, **{f"{name}__in": ids})
            found |= {getattr(row, f"{name}_id") for row in rows}
    return found
