"""The organisation's own closed days. They are settings, not facts: the latest file says a day's name."""

from __future__ import annotations

from collections.abc import Sequence

from banso_web.core import audit
from banso_web.core.imports.ids import Repeats
from banso_web.core.imports.protocol import Context, Outcome, Problem, Result, Row
from banso_web.core.models import AuditRow, Closure, Entry
from banso_web.core.registry import registry

ADDED = "closure.add"


class ClosuresHandler:
    """Adds days and renames them. What an import added goes with its undo; the audit rows say which those are."""

    key = "closures"

    def __init__(self) -> None:
        self.repeats = Repeats("on")

    def _results(self, rows: Sequence[Row]) -> list[Outcome]:
        days = [row.values["on"] for row in rows]
        names = dict(Closure.objects.filter(on__in=days).values_list("on", "name"))
        results = []
        for row in rows:
            name = names.get(row.values["on"])
            same = name is not None and row.values.get("name", name) in (name, None)
            results.append(Outcome.SAME if same else Outcome.NEW if name is None else Outcome.CHANGED)
        return results

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        for row in rows:
            self.repeats.add(row, row.values["on"])
        return list(self._results(rows))

    def close(self, context: Context) -> tuple[list[Problem], list[int]]:
        return self.repeats.found()

    def write(self, rows: Sequence[Row], context: Context) -> list[Outcome]:
        results = self._results(rows)
        added = []
        for row, result in zip(rows, results, strict=True):
            name = (row.values.get("name") or "")[:100]
            if result is not Outcome.SAME:
                Closure.objects.update_or_create(on=row.values["on"], defaults={"name": name})
            if result is Outcome.NEW:
                added.append(row.values["on"].isoformat())
        if added:
            audit.record(ADDED, actor=None, subject="closure", new={"days": added}, entry=context.entry)
        return results

    def passed(self, row: Row) -> None:
        pass

    def finish(self, context: Context) -> None:
        pass

    def settle(self, entry: Entry) -> int:
        return 0

    def published(self, entry: Entry) -> None:
        pass

    def undone(self, entry: Entry) -> None:
        for row in AuditRow.objects.filter(entry=entry, action=ADDED):
            Closure.objects.filter(on__in=row.new["days"]).delete()

    def drop(self, entry: Entry) -> int:
        self.undone(entry)
        return 0


registry.file_handlers["closures"] = ClosuresHandler
