"""Who is counted, in which scope, and that a watermark answers the same for ever."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from banso_web.accounts.models import Account, Merge
from banso_web.core import clock, settings_store
from banso_web.core.facts import current_watermark, publish, void, write_state
from banso_web.core.metrics import Scope, as_json, compute, rows_of
from banso_web.core.registry import registry
from banso_web.members.models import Member
from banso_web.revenue.models import Charge, Rate
from banso_web.revenue.reads.book import loaded
from banso_web.revenue.reads.customers import CHURN_MONTH, COUNTED_BY
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db


def merge(kept: Account, other: Account, decision: str = "same") -> Any:
    own = make.entry("merge")
    Merge.objects.create(kept=kept, other=other, decision=decision, entry=own)
    return publish(own)


def nrr_parts(month: str = "2026-10", **more: Any) -> dict[str, int]:
    parts = compute("nrr_monthly", make.asked(), month=month, **more).parts
    assert parts["difference"] == 0
    return {key: int(value) for key, value in parts.items() if value}


def test_a_move_between_merged_accounts_is_no_churn_and_undoing_the_merge_brings_it_back() -> None:
    one, two = make.account("A"), make.account("B")
    make.movement("a", one, "2026-01-01", 1000)
    make.movement("a-", one, "2026-10-10", -1000)
    make.movement("b", two, "2026-10-11", 1200)
    assert nrr_parts() == {"opening": 1000, "new": 1200, "churn": 1000, "closing": 1200}
    decision = merge(two, one)
    assert nrr_parts() == {"opening": 1000, "expansion": 200, "upsell": 200, "closing": 1200}
    assert compute("customers", make.asked()).value == 1
    void(decision, actor=None, reason="別会社")
    assert nrr_parts()["churn"] == 1000


def test_the_latest_decision_on_a_pair_counts() -> None:
    one, two = make.account("A"), make.account("B")
    make.movement("a", one, "2026-01-01", 1000)
    make.movement("b", two, "2026-01-01", 500)
    merge(one, two)
    assert compute("customers", make.asked()).value == 1
    merge(one, two, "different")
    assert compute("customers", make.asked()).value == 2


def test_groups_count_top_parents_as_one_customer() -> None:
    top = make.account("TOP")
    middle = make.account("MID", parent_id=top.pk)
    low = make.account("LOW", parent_id=middle.pk)
    make.movement("m", middle, "2026-01-01", 1000)
    make.movement("l", low, "2026-01-01", 500)
    assert compute("customers", make.asked()).value == 2
    grouped = compute("customers", make.asked(), scope=Scope(group=True))
    assert grouped.value == 1 and [row.code for row in grouped.numerator.rows] == ["TOP"]  # type: ignore[union-attr]
    assert compute("mrr", make.asked(), scope=Scope(group=True)).value == 1500


def test_counting_by_using_company_is_a_rule_that_watermarks_pin(person: Callable[[str], Member]) -> None:
    buyer, user = make.account("BUY"), make.account("USE")
    own = make.contract("C", buyer, user_company_id=user.pk)
    make.movement("c", buyer, "2026-01-01", 1000, contract=own)
    before = make.asked()
    assert [row.code for row in compute("mrr", before).numerator.rows] == ["BUY"]  # type: ignore[union-attr]
    settings_store.put(COUNTED_BY, "user_company", actor=person("tanaka"))
    assert [row.code for row in compute("mrr", make.asked()).numerator.rows] == ["USE"]  # type: ignore[union-attr]
    assert [row.code for row in compute("mrr", before).numerator.rows] == ["BUY"]  # type: ignore[union-attr]


def test_churn_counts_in_the_month_after_where_the_organisation_says_so(
    person: Callable[[str], Member],
) -> None:
    one, two = make.account("A"), make.account("B")
    make.movement("a", one, "2026-01-01", 1000)
    make.movement("b", two, "2026-01-01", 500)
    make.movement("a-", one, "2026-10-31", -1000, cause="churn")
    make.movement("b-", two, "2026-10-15", -200)  # a downgrade stays where it is
    before = make.asked()
    assert nrr_parts() == {"opening": 1500, "contraction": 200, "churn": 1000, "closing": 300}
    settings_store.put(CHURN_MONTH, "following", actor=person("tanaka"))
    assert nrr_parts() == {"opening": 1500, "contraction": 200, "closing": 1300}
    assert nrr_parts("2026-11") == {"opening": 1300, "churn": 1000, "closing": 300}
    assert (
        compute("nrr_monthly", before, month="2026-10").parts["churn"] == 1000
    )  # an old watermark keeps its rule


def test_an_old_contract_never_stands_beside_the_new_one_until_the_month_is_over(
    person: Callable[[str], Member],
) -> None:
    """A change of plan in the middle of the month ends one contract and begins another: no churn, and no second MRR."""
    one = make.account("A")
    old, new = make.contract("A-1", one), make.contract("A-2", one)
    make.movement("a", one, "2026-01-01", 1000, contract=old)
    make.movement("a-", one, "2026-10-15", -1000, contract=old, cause="churn")
    make.movement("a+", one, "2026-10-16", 1200, contract=new)
    settings_store.put(CHURN_MONTH, "following", actor=person("tanaka"))
    assert compute("mrr", make.asked("2026-10-31")).value == 1200
    assert nrr_parts() == {"opening": 1000, "expansion": 200, "upsell": 200, "closing": 1200}
    assert nrr_parts("2026-11") == {"opening": 1200, "closing": 1200}


@pytest.mark.parametrize(("back", "carried"), [("2026-11-14", 1000), ("2026-11-15", 0)])
def test_a_late_renewal_is_judged_on_the_last_day_of_service_whatever_month_the_end_counts_in(
    back: str, carried: int, person: Callable[[str], Member]
) -> None:
    """Ended 10/15. 30 days later is late; 31 is not, though it lies 14 days behind the 11/01 on which the end counts."""
    one, two = make.account("A"), make.account("B")
    make.movement("a", one, "2026-01-01", 1000)
    make.movement("b", two, "2026-01-01", 10)
    make.movement("a-", one, "2026-10-15", -1000, cause="churn")
    make.movement("a+", one, back, 1000, known="2026-11-01T09:00:00+09:00")
    settings_store.put(CHURN_MONTH, "following", actor=person("tanaka"))
    assert nrr_parts() == {"opening": 1010, "closing": 1010}  # the end counts in November
    assert compute("mrr", make.asked("2026-11-10")).value == carried + 10


def test_a_customer_merged_in_counts_when_an_end_is_moved(person: Callable[[str], Member]) -> None:
    kept, other = make.account("KEPT"), make.account("OTHER")
    make.movement("o", other, "2026-01-01", 500)
    make.movement("o-", other, "2026-10-10", -500, cause="churn")
    make.movement("k", kept, "2026-10-11", 500)
    settings_store.put(CHURN_MONTH, "following", actor=person("tanaka"))
    assert nrr_parts() == {"opening": 500, "new": 500, "closing": 1000}
    merge(kept, other)
    assert nrr_parts() == {"opening": 500, "closing": 500}


def test_a_flag_from_a_day_on_takes_nothing_out_of_the_days_before() -> None:
    """Nobody spoke of 除外区分 when the customer came; from October on it is a test account."""
    own = make.entry("accounts")
    one = Account.objects.create(code="T", name="T", live=True, entry=own)
    write_state("account", one.pk, {"name": "T"}, entry=own)
    publish(own)
    make.movement("t", one, "2026-08-01", 300)
    make.state(one, {"excluded": "test"}, start="2026-10-10")
    assert compute("mrr", make.asked("2026-09-30")).value == 300
    assert nrr_parts("2026-09") == {"opening": 300, "closing": 300}
    assert nrr_parts() == {"opening": 300, "churn": 300}


def test_a_flag_of_an_account_that_only_a_reference_made_holds_from_the_beginning() -> None:
    own = make.entry("movements")
    one = Account.objects.create(code="T", name="T", live=True, entry=own)
    write_state("account", one.pk, {"name": "T", "incomplete": True}, entry=own)
    publish(own)
    make.movement("t", one, "2026-08-01", 300)
    make.state(one, {"excluded": "own", "incomplete": False}, start="2026-10-10")
    assert nrr_parts("2026-09") == {}


def test_excluded_accounts_leave_every_metric_and_are_listed() -> None:
    real, own = make.account("REAL"), make.account("OWN", excluded="own")
    make.movement("r", real, "2026-01-01", 1000)
    make.movement("o", own, "2026-10-05", 700)
    assert nrr_parts() == {"opening": 1000, "closing": 1000}
    result = compute("nrr_monthly", make.asked(), month="2026-10")
    assert [(row.code, row.part, row.reason, row.amount) for row in result.excluded] == [
        ("OWN", "own", "除外区分: 自社", 700)
    ]


def test_an_exclusion_that_ends_lets_the_customer_in_on_that_day_and_months_chain() -> None:
    poc = make.account("POC", excluded="poc")
    make.movement("p", poc, "2026-08-01", 300)
    make.movement("p2", poc, "2026-11-05", 200)
    make.state(poc, {"excluded": ""}, start="2026-10-10")
    assert nrr_parts("2026-09") == {}
    assert nrr_parts("2026-10") == {"new": 300, "closing": 300}
    assert nrr_parts("2026-11") == {"opening": 300, "expansion": 200, "upsell": 200, "closing": 500}
    (row,) = rows_of(compute("nrr_monthly", make.asked(), month="2026-10"), "new")
    assert row.movements[0].reason == "除外区分の変更 (除外区分: PoC)" and row.movements[0].on == date(
        2026, 10, 10
    )


def test_one_off_fees_are_listed_and_never_mrr() -> None:
    one = make.account("A")
    make.movement("a", one, "2026-01-01", 1000)
    own = make.entry("charges")
    Charge.objects.create(
        code="CH1", account=one, on=date(2026, 10, 1), amount=300_000, kind="initial", entry=own,
        recorded_at=clock.now(), known_basis="system",
    )  # fmt: skip
    publish(own)
    result = compute("nrr_monthly", make.asked(), month="2026-10")
    assert [(row.part, row.amount, row.reason) for row in result.excluded] == [
        ("one_off", 300_000, "MRRではない一時費用")
    ]
    assert result.parts["closing"] == 1000


def test_a_pause_under_a_contract_in_force_is_contraction_and_a_called_end_is_churn() -> None:
    for code, cause in (("PAUSE", ""), ("END", "churn")):
        account = make.account(code)
        own = make.contract(f"{code}-C", account, starts_on="2026-01-01", ends_on="2027-12-31")
        make.movement(f"{code}1", account, "2026-01-01", 1000, contract=own)
        make.movement(f"{code}2", account, "2026-10-31", -1000, contract=own, cause=cause)
    assert nrr_parts() == {"opening": 2000, "contraction": 1000, "churn": 1000}
    (row,) = rows_of(compute("nrr_monthly", make.asked(), month="2026-10"), "contraction")
    assert row.code == "PAUSE"


def test_segments_are_those_of_month_start_and_sum_to_the_total(person: Callable[[str], Member]) -> None:
    sato, suzuki = person("sato"), person("suzuki")
    small = make.account("S", segment="SMB", owner_id=sato.pk, touch="high;low")
    large = make.account("L", segment="ENT", owner_id=suzuki.pk, touch="low")
    late = make.account("N", segment="SMB", start=date(2026, 10, 16), owner_id=suzuki.pk)
    make.movement("s", small, "2026-01-01", 1000)
    make.movement("s2", small, "2026-10-20", 100)
    make.movement("l", large, "2026-01-01", 5000)
    make.movement("n", late, "2026-10-16", 700)
    make.state(small, {"segment": "ENT"}, start="2026-10-15")
    make.state(late, {"segment": "ENT"}, start="2026-10-20")
    whole = nrr_parts()
    by_segment = [nrr_parts(scope=Scope(segment=name)) for name in ("SMB", "ENT", "")]
    assert by_segment[0] == {"opening": 1000, "new": 700, "expansion": 100, "upsell": 100, "closing": 1800}
    assert {key: sum(parts.get(key, 0) for parts in by_segment) for key in whole} == whole
    assert (
        compute("mrr", make.asked(), scope=Scope(segment="ENT")).value == 6800
    )  # on the day itself: all moved
    assert compute("mrr", make.asked(), scope=Scope(owner=sato.pk)).value == 1100
    assert compute("mrr", make.asked(), scope=Scope(team=sato.manager_id)).value == 6800
    touch = compute("mrr", make.asked(), scope=Scope(touch="low"))
    assert touch.value == 6100 and "タッチモデルが重なる顧客がいるため、合計と一致しません" in touch.notes


def test_who_owned_it_and_where_it_belonged_holds_from_the_day_it_was_stated_for(
    person: Callable[[str], Member],
) -> None:
    """Stated from 10/01 for the first time: in June there was none of it, and the segments still sum to the total."""
    sato, group = person("sato"), make.account("G")
    own = make.entry("accounts")
    one = Account.objects.create(code="T", name="T", live=True, entry=own)
    write_state("account", one.pk, {"name": "T"}, entry=own)
    publish(own)
    make.movement("t", one, "2026-01-01", 300)
    make.movement("t2", one, "2026-06-15", 50)
    make.movement("t3", one, "2026-10-15", 70)
    stated = {"segment": "SMB", "owner_id": sato.pk, "touch": "low", "parent_id": group.pk}
    make.state(one, stated, start="2026-10-01")
    mine = (Scope(segment="SMB"), Scope(owner=sato.pk), Scope(team=sato.manager_id), Scope(touch="low"))
    for scope in mine:
        assert nrr_parts("2026-06", scope=scope) == {}, scope
        assert compute("mrr", make.asked("2026-09-30"), scope=scope).value == 0, scope
        assert nrr_parts("2026-10", scope=scope)["opening"] == 350, scope
        assert compute("mrr", make.asked("2026-10-01"), scope=scope).value == 350, scope
    for month in ("2026-06", "2026-10"):
        parts = [nrr_parts(month, scope=Scope(segment=name)) for name in ("SMB", "")]
        whole = nrr_parts(month)
        assert {key: sum(part.get(key, 0) for part in parts) for key in whole} == whole
    for day, code in (("2026-06-30", "T"), ("2026-10-31", "G")):
        (row,) = compute("mrr", make.asked(day), scope=Scope(group=True)).numerator.rows  # type: ignore[union-attr]
        assert row.code == code


def test_foreign_currency_is_kept_and_rates_make_a_bar_of_their_own() -> None:
    one = make.account("USD")
    make.movement("u", one, "2026-01-01", 100, currency="USD")
    missing = compute("mrr", make.asked())
    assert missing.value is None and [row.part for row in missing.excluded] == ["missing_rate"]
    own = make.entry("rates")
    for on, rate in ((date(2026, 1, 1), 150), (date(2026, 11, 1), 160)):
        Rate.objects.create(
            code=f"USD:{on}", currency="USD", on=on, rate=rate, entry=own, recorded_at=clock.now(),
            known_basis="system",
        )  # fmt: skip
    publish(own)
    assert nrr_parts() == {"opening": 15_000, "fx": 1000, "closing": 16_000}
    assert compute("nrr_monthly", make.asked(), month="2026-10").value == 1
    assert compute("mrr", make.asked()).value == 16_000


def test_a_month_without_opening_is_not_computable_and_says_why() -> None:
    one = make.account("A")
    make.movement("a", one, "2026-10-05", 1000)
    body = as_json(compute("nrr_monthly", make.asked(), month="2026-10"))
    assert body["value"] is None and body["reason"] == "算出不可(月初MRRがありません)"
    assert compute("quick_ratio", make.asked(), month="2026-10").reason == "算出不可(失ったMRRがありません)"
    assert compute("arpa", make.asked("2026-01-01")).reason == "算出不可(顧客がいません)"


def test_a_correction_replaces_and_its_undo_uncovers() -> None:
    one = make.account("A")
    make.movement("a", one, "2026-01-01", 1000)
    before = make.asked()
    correction = make.supersede("a", one, "2026-01-01", 800)
    assert compute("mrr", make.asked()).value == 800
    assert compute("mrr", before).value == 1000
    void(correction.entry, actor=None, reason="取り違え")
    assert compute("mrr", make.asked()).value == 1000


KEYS = ("mrr", "customers", "nrr_12m", "planned_churn_mrr", "customer_churn_12m_avg")
MONTHLY = ("nrr_monthly", "grr_monthly", "customer_churn_monthly", "net_revenue_churn")


def _answers(watermark: int) -> list[Any]:
    asked = make.asked(watermark=watermark)
    found = [as_json(compute(key, asked)) for key in KEYS]
    found += [
        as_json(compute(key, asked, month=month)) for key in MONTHLY for month in ("2026-08", "2026-10")
    ]
    # A customer is called by today's name; everything else is fixed.
    return [{**one, "numerator": one["numerator"] and one["numerator"]["value"]} for one in found]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_question_at_the_same_watermark_answers_the_same_for_ever(seed: int) -> None:
    """Whatever is entered, backdated, corrected, merged, excluded or undone afterwards (property over random acts)."""
    chance = random.Random(seed)
    accounts = [make.account(f"A{number}", segment=chance.choice(["X", "Y"])) for number in range(6)]
    entries: list[Any] = []
    written: list[tuple[int, list[Any]]] = []
    for step in range(18):
        one, on = chance.choice(accounts), date(2026, 1, 1) + timedelta(days=chance.randrange(330))
        act = chance.randrange(6)
        if act <= 2:
            entries.append(
                make.movement(f"m{seed}-{step}", one, on.isoformat(), chance.randrange(-300, 900)).entry
            )
        elif act == 3:
            entries.append(make.state(one, {"excluded": chance.choice(["", "test"])}, start=on.isoformat()))
        elif act == 4:
            entries.append(merge(*chance.sample(accounts, 2)))
        elif entries:
            void(entries.pop(chance.randrange(len(entries))), actor=None, reason="")
        if step % 6 == 5:
            mark = current_watermark()
            written.append((mark, _answers(mark)))
    for mark, answers in written:
        assert _answers(mark) == answers
        month = compute("nrr_monthly", make.asked(watermark=mark), month="2026-10")
        if month.value is not None:
            grr = compute("grr_monthly", make.asked(watermark=mark), month="2026-10").value
            assert grr is not None and grr <= 1 and grr <= month.value
        assert month.parts["difference"] == 0


@pytest.mark.parametrize("size", [3, 40])
def test_the_number_of_queries_does_not_grow(size: int, django_assert_max_num_queries: Any) -> None:
    for number in range(size):
        account = make.account(f"A{number}", segment="X")
        own = make.contract(f"C{number}", account, starts_on="2026-01-01", ends_on="2026-10-31")
        make.movement(f"m{number}", account, "2026-01-01", 1000, contract=own)
        make.movement(f"e{number}", account, "2026-10-31", -1000, contract=own, reason="x")
    with django_assert_max_num_queries(45):
        result = compute("customer_churn_monthly", make.asked(), month="2026-10")
        assert result.value == 1 and len(list(result.numerator.rows)) == size  # type: ignore[union-attr]
        assert len(list(result.denominator.rows)) == size  # type: ignore[union-attr]
        assert Decimal(len(result.excluded)) == 0


@pytest.mark.parametrize("moment", ["2026-10-05T00:00:00+09:00", "2026-10-05T23:59:59.000123+09:00"])
def test_days_and_moments_arrive_exactly(moment: str) -> None:
    one = make.account("A")
    make.movement("a", one, "2026-10-05", "83333.3333", known=moment, product="A", currency="USD")
    book = loaded(current_watermark()).book
    assert date.fromordinal(int(book.on[0])) == date(2026, 10, 5)
    assert int(book.known[0]) == int(Decimal(str(datetime.fromisoformat(moment).timestamp())) * 1_000_000)
    assert (int(book.delta[0]), book.products, book.currencies) == (833_333_333, ("A",), ("USD",))


@pytest.mark.parametrize(
    ("rule", "october", "held", "november"),
    [("last_use", "0.1", 900_000, "0"), ("following", "0", 1_000_000, "0.1")],
)
def test_the_month_in_which_an_end_counts_as_its_guide_tells_it(
    rule: str, october: str, held: int, november: str
) -> None:
    """Ten customers of 100,000, one of which ends on 10/31: the example of the setting's guide and of close-a-month.md."""
    for number in range(10):
        one = make.account(f"E{number}")
        own = make.contract(f"EC{number}", one, starts_on="2026-01-01")
        make.movement(f"e{number}", one, "2026-01-01", 100_000, contract=own)
        if number == 0:
            make.movement("e0-", one, "2026-10-31", -100_000, contract=own, cause="churn")
    settings_store.put(CHURN_MONTH, rule, actor=None)
    asked = make.asked("2026-11-24")
    assert compute("customer_churn_monthly", asked, month="2026-10").value == Decimal(october)
    assert compute("mrr", make.asked("2026-10-31")).value == held
    assert compute("customer_churn_monthly", asked, month="2026-11").value == Decimal(november)
    guide = " ".join(str(text) for text in registry.settings[CHURN_MONTH].guide)
    for words in ("10.00 %", "900,000円", "0.00 %", "1,000,000円"):
        assert words in guide
