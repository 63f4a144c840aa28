"""Every list behind every figure adds up to the figure: on the sample company, and on a ledger with open renewals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.metrics import catalogue, compute, rows_of
from banso_web.ingest.tests.test_ledger_renewals import ACCOUNTS, CONTRACTS, MOVEMENTS
from banso_web.reports.views.rows import _total
from banso_web.reports.words import parts_of
from tests.test_query_counts import bring

pytestmark = pytest.mark.django_db
SAMPLE = 120


def disagreements(months: list[date]) -> tuple[int, list[tuple[str, str, str]]]:
    """(lists looked at, those that the rows page would call wrong) of all metrics of the revenue catalogue."""
    today, looked, wrong = clock.today(), 0, []
    asked = Asked(today, today, current_watermark())
    for key, spec in catalogue.items():
        wanted: list[date | None] = list(months) if spec.monthly or spec.month_optional else [None]
        for month in wanted:
            try:
                found = compute(key, asked, month=month)
            except Refused:  # a metric that needs inputs nobody gave
                continue
            for part in parts_of(found):
                looked += 1
                if not _total(found, part, rows_of(found, part)).agrees:
                    wrong.append((key, str(month), part))
    return looked, wrong


def test_every_part_of_every_metric_agrees_on_the_sample(tmp_path: Path) -> None:
    bring(tmp_path / "sample", SAMPLE)
    looked, wrong = disagreements([date(2026, month, 1) for month in (3, 6, 9, 10)])
    assert looked > 100 and wrong == []


def test_every_part_of_every_metric_agrees_while_renewals_are_open(tmp_path: Path) -> None:
    from banso_web.ingest import actions
    from banso_web.ingest.inputs import inputs_of

    for name, text in {"accounts": ACCOUNTS, "contracts": CONTRACTS, "movements": MOVEMENTS}.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    run = actions.check_run(
        actions.start_run(inputs_of(tmp_path)[0], actor=None, label="x", known="effective")
    )
    assert actions.confirm_run(run, actor=None, accept_rejects=False).state == "done"
    looked, wrong = disagreements([date(2026, 10, 1)])
    assert looked > 40 and wrong == []
