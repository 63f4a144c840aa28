"""What is kept of renewals stands on everything they rest on: contacts too, whose entries no counting rule names."""

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
