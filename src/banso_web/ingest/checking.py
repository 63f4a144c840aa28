"""The first pass: every row is read, compared and counted, and nothing is written to the facts."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from banso_web.core import clock
from banso_web.core.facts import current_watermark
from banso_web.core.imports import Context, Handler, HappeningHandler, Outcome, Problem, Result, Row
from banso_web.core.registry import registry
from banso_web.ingest.belonging import foreign_rows
from banso_web.ingest.inputs import Input
from banso_web.ingest.mapped import MappedBinding
from banso_web.ingest.readers import open_table
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.table import RawRow, RawTable
from banso_web.ingest.rows import Binding, bind, raw_cells
from banso_web.ingest.shaping import Shaping

CHUNK = 5_000
FILE_STEP = 1 << 40  # rows of the second file of a kind are numbered from here on while they are checked
WORDS = {Outcome.NEW: "new", Outcome.CHANGED: "changed", Outcome.SAME: "same"}


@dataclass(frozen=True)
class Refusal:
    """A row that is not taken: where, why, and what was typed."""

    file: str
    number: int
    column: str  # the header as the person knows it
    code: str
    detail: dict[str, Any]
    raw: dict[str, str]


@dataclass
class Report:
    """What one file would do. `repeats`: how many rows are exact copies of an earlier row."""

    input: Input
    read: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: dict[str, Any] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, int]:
        words = ("new", "changed", "same", "rejected")
        return {"read": self.read, **{word: self.counts.get(word, 0) for word in words}}


Sink = Callable[[list[Refusal]], None]
Progress = Callable[[str, int], None]


def open_input(one: Input) -> tuple[RawTable, Binding]:
    """The table of a file and what its columns mean. Raises ReadProblem or MissingColumns."""
    table = open_table(one.path, one.path.name, sheet=one.sheet or None, header_row=one.header_row)
    if one.shaping:
        return table, MappedBinding(table, Shaping.from_json(one.shaping))
    return table, bind(table, FILES[one.kind], one.columns)


def chunks(rows: Iterator[tuple[RawRow, Row | Problem]]) -> Iterator[list[tuple[RawRow, Row | Problem]]]:
    while part := list(islice(rows, CHUNK)):
        yield part


def new_context(*, known: str, entry: Any = None) -> Context:
    """A pass's context as of now."""
    return Context(
        now=clock.now(), today=clock.today(), watermark=current_watermark(), known=known, entry=entry
    )


def check(
    files: Sequence[Input], context: Context, sink: Sink, progress: Progress, *, own_only: bool = False
) -> list[Report]:
    """Read every file of a run. Refused rows go to `sink`, chunk by chunk. Raises ReadProblem or MissingColumns.

    Files of one kind are checked as one: an id may stand in only one of them. `own_only`: a fact may name only people and
    contracts of its own customer (see `ingest.belonging`).
    """
    for one in files:  # a file that cannot be read at all is told before any other is read
        open_input(one)
    reports: list[Report] = []
    for kind, group in groupby(files, key=lambda one: one.kind):
        reports += _Group(kind, list(group), context, sink, progress, own_only).run()
    context.note_missing()
    return reports


class _Outcomes:
    """What became of each row of a file, in nine bytes a row."""

    def __init__(self) -> None:
        self.numbers, self.outcomes = array("q"), bytearray()

    def add(self, number: int, outcome: Outcome) -> None:
        self.numbers.append(number)
        self.outcomes.append(outcome)

    def of(self, number: int) -> Outcome | None:
        at = bisect_left(self.numbers, number)
        here = at < len(self.numbers) and self.numbers[at] == number
        return Outcome(self.outcomes[at]) if here else None


class _Group:
    """The files of one kind in one run: one handler sees them all, rows numbered across files."""

    def __init__(
        self, kind: str, files: list[Input], context: Context, sink: Sink, progress: Progress, own_only: bool
    ) -> None:
        self.files, self.context, self.sink, self.progress = files, context, sink, progress
        self.handler: Handler = registry.file_handlers[kind]()
        self.fact = registry.facts.get(kind) if own_only else None
        self.reports = [Report(one) for one in files]
        self.outcomes = [_Outcomes() for _ in files]

    def run(self) -> list[Report]:
        for at in range(len(self.files)):
            self._read(at)
        problems, copies = self.handler.close(self.context)
        for number in copies:
            at, row = divmod(number, FILE_STEP)
            if (outcome := self.outcomes[at].of(row)) is not None:
                self.reports[at].counts[WORDS[outcome]] -= 1
                self.reports[at].counts["same"] += 1
                self.reports[at].repeats += 1
        for at in range(len(self.files)):
            late = [_own(problem) for problem in problems if problem.number // FILE_STEP == at]
            self._refuse_late(at, [one for one in late if self.outcomes[at].of(one.number) is not None])
        return self.reports

    def _read(self, at: int) -> None:
        table, binding = open_input(self.files[at])
        report, outcomes = self.reports[at], self.outcomes[at]
        report.unknown = binding.unknown
        for part in chunks(binding.rows(table)):
            good = [row for _, row in part if isinstance(row, Row)]
            for one in good:
                one.number += at * FILE_STEP
            results = iter(self._look(good))
            refusals = []
            for raw, row in part:
                result = row if isinstance(row, Problem) else next(results)
                report.read += 1
                if isinstance(result, Problem):
                    refusals.append(_refusal(self.files[at], _own(result), raw_cells(table, raw), binding))
                    report.counts["rejected"] += 1
                else:
                    report.counts[WORDS[result]] += 1
                    outcomes.add(raw.number, result)
            self.sink(refusals)
            self.progress(self.files[at].place, report.read)
        report.skipped = Counter(row.kind for row in table.skipped)
        report.notes = dict(binding.soft)

    def _look(self, rows: list[Row]) -> list[Result]:
        if not isinstance(self.handler, HappeningHandler) or self.fact is None:
            return self.handler.look(rows, self.context)
        foreign = foreign_rows(self.fact, rows, self.handler.code, self.context.watermark)
        looked = iter(self.handler.look([row for row in rows if row.number not in foreign], self.context))
        return [foreign.get(row.number) or next(looked) for row in rows]

    def _refuse_late(self, at: int, problems: list[Problem]) -> None:
        """Rows that only the whole file has shown to be wrong: the file is read once more for what was typed on them."""
        if not problems:
            return
        wanted = {problem.number: problem for problem in problems}
        report = self.reports[at]
        for number in wanted:
            outcome = self.outcomes[at].of(number)
            assert outcome is not None
            report.counts[WORDS[outcome]] -= 1
            report.counts["rejected"] += 1
        table, binding = open_input(self.files[at])
        refusals = []
        for raw in table.rows():
            if (problem := wanted.pop(raw.number, None)) is not None:
                refusals.append(_refusal(self.files[at], problem, raw_cells(table, raw), binding))
        self.sink(refusals)


def _own(problem: Problem) -> Problem:
    """The problem with row numbers as they stand in the file."""
    detail = dict(problem.detail)
    if "first" in detail:
        detail["first"] = detail["first"] % FILE_STEP
    return Problem(problem.number % FILE_STEP, problem.column, problem.code, detail)


def _refusal(one: Input, problem: Problem, raw: dict[str, str], binding: Binding) -> Refusal:
    column = binding.header_of(problem.column) if problem.column else ""
    return Refusal(one.place, problem.number, column, problem.code, problem.detail, raw)
