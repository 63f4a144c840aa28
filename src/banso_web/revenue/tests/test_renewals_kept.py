"""The terms that count as ended, and that what is kept of renewals stands on everything they rest on, contacts too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from banso_web.core import clock
from banso_web.core.facts import Asked, open_entry, publish, write_state
from banso_web.core.metrics import compute, rows_of
from banso_web.core.models import Entry
from banso_web.revenue.reads import renewals as reads
from banso_web.revenue.reads.customers import counted_movements
from banso_web.revenue.tests import factories as make
from banso_web.revenue.tests.test_missing_rates import rate

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
    make.state(kept, {"ends_on": "2026-03-31"}, start="2025-04-01")
    make.state(kept, {"ended_on": "2025-10-31"})
    assert ended_in(date(2025, 3, 1), date(2025, 3, 31)) == (1, 0)
    assert ended_in(date(2025, 10, 1), date(2025, 10, 31)) == (1, 1)


@pytest.mark.parametrize("auto", [False, None, True])
def test_a_slip_in_an_end_is_no_term_once_it_is_corrected_and_one_as_it_was_known_before(
    auto: bool | None,
) -> None:
    """30 June was typed for 31 October, and put right for the whole time on 2026-11-10: one term ended, not two."""
    one = make.account("A")
    kept = make.contract(
        "K", one, product="p", starts_on="2025-11-01", ends_on="2026-06-30", auto_renew=auto, renewal_months=12
    )  # fmt: skip
    make.movement("m", one, "2025-11-01", 100, contract=kept, product="p")
    before = make.asked("2026-11-24")
    entry = make.entry("corrected")
    an_hour_later = clock.now() + timedelta(hours=1)
    write_state("contract", kept.pk, {"ends_on": "2026-10-31"}, entry=entry, recorded_at=an_hour_later)
    publish(entry)
    june, october = (date(2026, 6, 1), date(2026, 6, 30)), (date(2026, 10, 1), date(2026, 10, 31))

    def ended(asked: Asked, span: tuple[date, date]) -> int:
        return reads.renewals(asked, counted_movements(asked), *span).rate.ended

    now = make.asked("2026-11-24")
    assert (ended(now, june), ended(now, october)) == (0, 1)
    assert (ended(before, june), ended(before, october)) == (1, 0)
    known = replace(now, known_at=clock.now())  # what the company knew before the correction
    assert (ended(known, june), ended(known, october)) == (1, 0)


def test_a_term_cut_short_or_made_open_before_its_end_had_no_such_end() -> None:
    """Cut in May from 30 September to 30 June; the other was made open in May and ended nowhere."""
    one = make.account("A")
    terms = {"product": "p", "starts_on": "2025-04-01", "ends_on": "2026-09-30", "auto_renew": False}
    short, opened = make.contract("K", one, **terms), make.contract("L", one, **terms)
    for name, of in {"k": short, "l": opened}.items():
        make.movement(name, one, "2025-04-01", 100, contract=of, product="p")
    make.state(short, {"ends_on": "2026-06-30"}, start="2026-05-01")
    make.state(opened, {"ends_on": None}, start="2026-05-01")
    asked = make.asked("2026-11-24")
    found = reads.renewals(asked, counted_movements(asked), date(2026, 4, 1), date(2026, 11, 24)).rate
    assert [(term.contract, term.ends_on) for term in found.terms] == [(str(short.pk), date(2026, 6, 30))]


@pytest.mark.parametrize("derived", [False, True], ids=["supplied", "derived"])
@pytest.mark.parametrize("auto", [True, False, None])
def test_the_renewal_rate_and_the_list_to_be_signed_keep_one_rule(auto: bool | None, derived: bool) -> None:
    """A term of 9/30 that runs on. Renewed by itself, or on the word of its source; waiting where nobody said so."""
    one = make.account("A")
    own = make.contract(
        "K", one, product="p", starts_on="2025-10-01", ends_on="2026-09-30", auto_renew=auto, renewal_months=12
    )  # fmt: skip
    make.movement("m", one, "2025-10-01", 100, contract=own, product="p", derived=derived)
    asked = make.asked("2026-11-24")
    rate = reads.renewals(asked, counted_movements(asked), date(2026, 9, 1), date(2026, 9, 30)).rate
    waits = auto is None or (derived and not auto)
    assert (rate.renewed, rate.pending, rate.lost) == (int(not waits), int(waits), 0)
    assert [one.contract for one in reads.pending_renewals(asked)] == (["K"] if waits else [])
    # Supplied rows that took the place of derived ones are a word of their own.
    if derived and auto is False:
        make.supersede("m", one, "2025-10-01", 100, contract=own, product="p", derived=False)
        later = make.asked("2026-11-24")
        assert reads.pending_renewals(later) == ()
        rate = reads.renewals(later, counted_movements(later), date(2026, 9, 1), date(2026, 9, 30)).rate
        assert (rate.renewed, rate.pending) == (1, 0)


def test_a_term_in_two_currencies_is_counted_once_and_its_amounts_are_converted() -> None:
    """100,000 yen and 200 dollars at 150: 130,000 of the 230,000 yen whose terms ended. Without a rate it is named."""
    for code, money in {"A": (("JPY", 100_000), ("USD", 200)), "B": (("JPY", 100_000),)}.items():
        of = make.account(code)
        own = make.contract(
            f"K{code}", of, product="p", starts_on="2025-10-01", ends_on="2026-09-30", auto_renew=code == "A"
        )
        for currency, amount in money:
            make.movement(
                f"{code}{currency}", of, "2025-10-01", amount, contract=own, product="p", currency=currency
            )
            if code == "B":
                make.movement("B-", of, "2026-09-30", -amount, contract=own, product="p", currency=currency)
    span = {"month": "2026-09"}
    assert compute("renewal_rate", make.asked(), **span).value == Decimal("0.5")
    unknown = compute("renewal_rate_amount", make.asked(), **span)
    assert (unknown.value, unknown.parts["lost_mrr"]) == (0, 100_000)
    assert "換算レートがないため、1 件(JPY 100,000 · USD 200.00)を含みません。不完全な値です" in unknown.notes
    rate("2025-01-01", "150")
    found = compute("renewal_rate_amount", make.asked(), **span)
    assert found.value == Decimal(130_000) / Decimal(230_000)
    assert [row.amount for row in rows_of(found, "numerator")] == [130_000]


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
