"""The terms that count as ended, and that what is kept of renewals stands on everything they rest on, contacts too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from banso_web.core.facts import Asked, open_entry, publish
from banso_web.core.models import Entry
from banso_web.revenue.reads import renewals as reads
from banso_web.revenue.reads.customers import counted_movements
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db


def test_a_contact_entered_later_is_seen_and_the_old_watermark_keeps_its_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.story("us1")
    before = make.asked()
    asked_of: list[int] = []

    def contacts(_ids: Collection[int], _first: date, _last: date, asked: Asked) -> set[int]:
        asked_of.append(asked.watermark)
        return set()

    monkeypatch.setattr(reads, "contact_sources", [contacts])
    span: Any = (date(2026, 10, 1), date(2026, 10, 31))
    reads.renewals(before, counted_movements(before), *span)
    entry = publish(
        open_entry(kind=Entry.Kind.IMPORT)
    )  # a contact and nothing else: the counting rules are the same
    assert entry.seq is not None
    after = replace(before, watermark=entry.seq)
    reads.renewals(after, counted_movements(after), *span)
    reads.renewals(before, counted_movements(before), *span)
    assert asked_of == [before.watermark, after.watermark]


def ended_in(first: date, last: date) -> tuple[int, int]:
    """(terms that ended, lost ones) in these days, as asked on 2026-10-31."""
    asked = make.asked("2026-10-31")
    found = reads.renewals(asked, counted_movements(asked), first, last).rate
    return found.ended, found.lost


def test_a_contract_that_ended_early_loses_one_term_also_where_its_term_was_cut_to_the_end() -> None:
    one = make.account("A")
    kept = make.contract(
        "K", one, product="p", starts_on="2025-04-01", ends_on="2026-03-31", auto_renew=False
    )
    make.movement("m", one, "2025-04-01", 100, contract=kept, product="p")
    make.movement("m-", one, "2025-10-31", -100, contract=kept, product="p", cause="churn")
    make.state(kept, {"ends_on": "2025-10-31", "ended_on": "2025-10-31"})
    assert ended_in(date(2025, 10, 1), date(2025, 10, 31)) == (1, 1)
    assert ended_in(date(2026, 3, 1), date(2026, 3, 31)) == (0, 0)


def test_an_early_end_after_a_renewal_leaves_the_renewed_term_renewed() -> None:
    one = make.account("A")
    kept = make.contract(
        "K", one, product="p", starts_on="2024-04-01", ends_on="2025-03-31", auto_renew=False
    )
    make.movement("m", one, "2024-04-01", 100, contract=kept, product="p")
    make.movement("m-", one, "2025-10-31", -100, contract=kept, product="p", cause="churn")
    make.state(kept, {"ends_on": "2026-03-31"})
    make.state(kept, {"ended_on": "2025-10-31"})
    assert ended_in(date(2025, 3, 1), date(2025, 3, 31)) == (1, 0)
    assert ended_in(date(2025, 10, 1), date(2025, 10, 31)) == (1, 1)


def test_an_end_said_again_is_the_latest_word() -> None:
    """31 March was typed over with 30 June and put right: the rolling term ends in March, this year and next."""
    one = make.account("A")
    kept = make.contract(
        "K", one, product="p", starts_on="2024-04-01", ends_on="2025-03-31", auto_renew=True, renewal_months=12
    )  # fmt: skip
    make.movement("m", one, "2024-04-01", 100, contract=kept, product="p")
    make.state(kept, {"ends_on": "2025-06-30"})
    make.state(kept, {"ends_on": "2025-03-31"})
    assert ended_in(date(2025, 3, 1), date(2025, 3, 31)) == (1, 0)
    assert ended_in(date(2025, 6, 1), date(2025, 6, 30)) == (0, 0)
    assert ended_in(date(2026, 6, 1), date(2026, 6, 30)) == (0, 0)
