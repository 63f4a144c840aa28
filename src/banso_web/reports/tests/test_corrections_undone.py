"""締め後修正 after imports were corrected, undone and made again: the entries add up to what the month changed by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from banso_web.core.facts import current_watermark
from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.conftest import Bring
from banso_web.ingest.tests.conftest import bring as bring
from banso_web.ingest.undoing import undo_run as imports_undo
from banso_web.members.models import Member
from banso_web.revenue.actions.closing import close_month
from banso_web.revenue.reads.closing import corrections

HEAD = "movement_id,account_id,effective_on,mrr_delta\n"
FIRST = HEAD + "M1,A1,2026-04-01,90000\nM2,A2,2026-04-01,500\n"


def test_undone_and_brought_again_adds_up_to_nothing(bring: Bring, person: Callable[[str], Member]) -> None:
    def undo(run: ImportRun) -> None:
        stored = ImportRun.objects.get(pk=run.pk)
        imports_undo(stored, actor=None, reason="test", accept=True)

    first = bring(known="effective", movements=FIRST)
    closed = close_month(date(2026, 10, 1), kind="flash", actor=person("tanaka"), comment="10月")
    second = bring(movements=HEAD + "M1,A1,2026-04-01,95000\n")
    undo(second)
    undo(first)
    bring(known="effective", movements=FIRST)
    found = corrections(closed, current_watermark())
    assert [one.amount for one in found] == [Decimal(-90500), Decimal(90500)]
