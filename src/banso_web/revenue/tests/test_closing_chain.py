"""Reported months chain: they are signed in order, and opened again from the latest backwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from banso_web.accounts.models import Account
from banso_web.core.errors import Conflict, Refused
from banso_web.core.metrics import compute
from banso_web.members.models import Member
from banso_web.revenue.actions import closing as actions
from banso_web.revenue.models import Closing
from banso_web.revenue.reads import closing as reads
from banso_web.revenue.reads.chain import chain_of
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
JULY, AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 1) for month in (7, 8, 9, 10))
Person = Callable[[str], Member]
Sign = Callable[..., reads.Closed]


@pytest.fixture
def accounts() -> dict[str, Account]:
    return make.story("us1")


@pytest.fixture
def sign(accounts: dict[str, Account], person: Person) -> Sign:
    def one(month: date, kind: str = "final") -> reads.Closed:
        return actions.close_month(month, kind=kind, actor=person("tanaka"), comment=f"{month:%Y-%m}")

    return one


def test_a_month_is_not_signed_over_an_open_one(sign: Sign) -> None:
    sign(JULY)
    assert chain_of(OCTOBER).missing == (AUGUST, SEPTEMBER)
    with pytest.raises(actions.ClosingBlocked) as blocked:
        sign(OCTOBER, "flash")
    (reason,) = blocked.value.reasons
    assert "2026年8月、2026年9月" in reason and "最後に締めた月: 2026年7月" in reason
    assert reads.standing(OCTOBER) is None
    for month in (AUGUST, SEPTEMBER):
        sign(month)
    done = sign(OCTOBER)
    september = reads.standing(SEPTEMBER)
    assert september is not None and done.waterfall["opening"] == september.waterfall["closing"]
    assert chain_of(OCTOBER).reported and reads.chain_break(done) == 0


def test_the_first_closing_may_be_of_any_month(sign: Sign) -> None:
    done = sign(OCTOBER)
    assert reads.chain_break(done) is None and not chain_of(OCTOBER).reported


def test_a_final_needs_the_final_before_it_and_a_flash_does_not(sign: Sign) -> None:
    sign(SEPTEMBER, "flash")
    sign(OCTOBER, "flash")
    with pytest.raises(actions.ClosingBlocked) as blocked:
        sign(OCTOBER)
    assert "2026年9月 が速報のまま" in blocked.value.reasons[0]
    sign(SEPTEMBER)
    assert sign(OCTOBER).kind == "final"


def test_a_flash_that_stood_on_other_figures_is_told(sign: Sign, accounts: dict[str, Account]) -> None:
    sign(SEPTEMBER, "flash")
    flash = sign(OCTOBER, "flash")
    assert reads.chain_break(flash) == 0
    make.movement("late", accounts["A010"], "2026-09-20", 50_000)
    sign(SEPTEMBER)
    assert reads.chain_break(flash) == -50_000
    assert reads.chain_break(sign(OCTOBER)) == 0


def test_no_month_is_signed_behind_a_final_one(sign: Sign) -> None:
    sign(OCTOBER)
    with pytest.raises(actions.ClosingBlocked) as blocked:
        sign(SEPTEMBER)
    assert "2026年10月 が確報" in blocked.value.reasons[0]


def test_a_month_with_a_closed_successor_is_not_opened_again(sign: Sign, person: Person) -> None:
    september, october = sign(SEPTEMBER), sign(OCTOBER, "flash")
    with pytest.raises(Refused) as refused:
        actions.reopen(september.id, actor=person("tanaka"), reason="直したい")
    assert refused.value.code == "later_closed" and "2026年10月" in refused.value.message
    assert reads.standing(SEPTEMBER) is not None
    # From the latest backwards it goes.
    actions.reopen(october.id, actor=person("tanaka"), reason="9月を直す")
    actions.reopen(september.id, actor=person("tanaka"), reason="9月を直す")
    assert not Closing.objects.filter(reopened_at=None).exists()


def test_opening_a_month_takes_its_flash_back_too(sign: Sign, person: Person) -> None:
    flash, final = sign(OCTOBER, "flash"), sign(OCTOBER)
    with pytest.raises(Refused) as refused:
        actions.reopen(flash.id, actor=person("tanaka"), reason="速報だけ")
    assert refused.value.code == "replaced"
    actions.reopen(final.id, actor=person("tanaka"), reason="直したい")
    assert reads.standing(OCTOBER) is None
    assert [one.is_standing for one in reads.all_of(OCTOBER)] == [False, False]


def test_a_reported_day_says_which_months_are_open_since(sign: Sign) -> None:
    sign(AUGUST)
    mrr = compute("mrr", make.asked("2026-11-24"), reported=True)
    assert mrr.month == AUGUST and any("2026年9月、2026年10月" in note for note in mrr.notes)
    october = compute("nrr_monthly", make.asked(), month="2026-10", reported=True)
    assert october.value is None and "最後に締めた月: 2026年8月" in october.notes


def test_a_month_before_that_is_opened_meanwhile_stops_the_closing(
    sign: Sign, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    september = sign(SEPTEMBER)
    frozen = reads.frozen_values

    def slowly(*arguments: object) -> object:
        actions.reopen(september.id, actor=person("tanaka"), reason="同時に解除")
        return frozen(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reads, "frozen_values", slowly)
    with pytest.raises(Conflict) as stopped:
        sign(OCTOBER)
    assert stopped.value.code == "chain_changed" and reads.standing(OCTOBER) is None
