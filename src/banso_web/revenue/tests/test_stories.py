"""US-2, US-3 and the short checks X14, X16, X17, X19, X20, with the wrong answers they warn of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from banso.revenue import decompose
from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.metrics import Scope, as_json, compute, rows_of
from banso_web.revenue.commands import shown
from banso_web.revenue.models import LtvInput
from banso_web.revenue.reads.months import decomposition
from banso_web.revenue.reads.renewals import contact_sources
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
ARTICLE = {
    "unit_price": 100_000, "gross_margin": "0.7", "frequency": 12, "years": 4, "acquisition_cost": 1_200_000,
    "retention_cost": 240_000,
}  # fmt: skip


def numbers(values: dict[str, object]) -> dict[str, Decimal]:
    return {key: Decimal(str(value)) for key, value in values.items()}


# --- US-2 ----------------------------------------------------------------------------------------------------------


def test_ltv_of_the_article_and_its_levers() -> None:
    result = compute("ltv_article", make.asked(), overrides=numbers(ARTICLE))
    assert result.value == 1_200_000 and result.unit == "JPY"
    levers = {lever["name"]: lever for lever in result.parts["levers"]}
    assert [levers[name]["value"] for name in ("unit_price", "gross_margin", "frequency")] == [1_536_000] * 3
    assert (levers["years"]["value"], levers["cost"]["value"]) == (1_440_000, 1_416_000)
    assert [
        levers[name]["rank"] for name in ("unit_price", "gross_margin", "frequency", "years", "cost")
    ] == [1, 1, 1, 2, 3]
    assert levers["frequency"]["notes"] == ["固定(月次課金)"]


@pytest.mark.parametrize(
    ("churn", "value"), [("0.05", -200_000), ("0.04", 50_000), ("0.02", 1_300_000), ("0.01", 3_800_000)]
)
def test_ltv_by_churn(churn: str, value: int) -> None:
    inputs = {
        "unit_price": 100_000,
        "gross_margin": "0.7",
        "monthly_retention_cost": 20_000,
        "acquisition_cost": 1_200_000,
    }
    result = compute("ltv_churn", make.asked(), overrides=numbers({**inputs, "monthly_churn": churn}))
    assert result.value == value
    assert shown(result.parts["break_even_churn"], "ratio") == "4.17 %"
    told = "解約率5 %では、このセグメントの獲得コストを回収できません(損益分岐 4.17 %)"
    assert (told in result.notes) == (churn == "0.05")


def test_ltv_without_churn_is_not_computable_and_inputs_come_with_their_source() -> None:
    one = make.account("L1", segment="ロータッチ")
    make.movement("l1", one, "2025-01-01", 100_000)
    own = make.entry("ltv")
    for key, value in (
        ("gross_margin", "0.7"),
        ("acquisition_cost", 1_200_000),
        ("retention_cost_yearly", 240_000),
    ):
        LtvInput.objects.create(
            code=key, key=key, value=Decimal(value), source="経理 2026上期", on=date(2026, 9, 30),
            segment="ロータッチ", recorded_at=clock.now(), known_basis="system", entry=own,
        )  # fmt: skip
    make.publish(own)
    result = compute("ltv_churn", make.asked(), scope=Scope(segment="ロータッチ"))
    assert result.value is None and result.reason == "算出不可(解約実績なし)"
    assert (
        result.numerator
        and {row.code: row.reason for row in result.numerator.rows}["gross_margin"] == "経理 2026上期"
    )
    company = compute("ltv_churn", make.asked())
    assert company.value is None and "粗利率" in str(
        company.reason
    )  # a segment's inputs are not the company's
    with pytest.raises(Refused):
        compute("ltv_churn", make.asked(), overrides={"magic": Decimal(1)})


# --- US-3 ----------------------------------------------------------------------------------------------------------


def test_churn_target_month_before_and_after_the_late_mail() -> None:
    accounts = make.story("us1")
    before = compute("customer_churn_monthly", make.asked(), month="2026-10")
    assert (before.numerator.value, before.denominator.value, before.n) == (2, 40, 40)  # type: ignore[union-attr]
    assert shown(before.value, "ratio") == "5.00 %"
    bounds = (before.interval.low * 100, before.interval.high * 100)  # type: ignore[union-attr]
    assert [f"{bound:.1f}" for bound in bounds] == ["1.4", "16.5"]
    yearly = compute("customer_churn_annualised", make.asked(), month="2026-10")
    assert shown(yearly.value, "ratio") == "45.96 %"  # never 5 % × 12
    assert shown(yearly.parts["left_after_12_months"], "ratio") == "54.04 %"
    make.load_movements("us3/late_only/movements.csv", accounts)
    after = compute("customer_churn_monthly", make.asked(), month="2026-10")
    assert (after.numerator.value, after.denominator.value) == (3, 40)  # type: ignore[union-attr]  # not 3/41, not 2/42
    assert shown(after.value, "ratio") == "7.50 %"
    low, high = after.interval.low * 100, after.interval.high * 100  # type: ignore[union-attr]
    assert (f"{low:.1f}", f"{high:.1f}") == ("2.6", "19.9")
    assert (
        shown(compute("customer_churn_annualised", make.asked(), month="2026-10").value, "ratio") == "60.76 %"
    )
    assert shown(compute("mrr_churn_monthly", make.asked(), month="2026-10").value, "ratio") == "6.75 %"
    assert "件数が少なく、月ごとの差は偶然の範囲に入りえます。3か月平均も確認" in after.notes
    assert after.parts["reasons"] == {"理由未確認": 3}
    # Three months pooled: 葵商会 went in August, nobody in September, three in October.
    opened = [
        compute("customer_churn_monthly", make.asked(), month=month).n
        for month in ("2026-08", "2026-09", "2026-10")
    ]
    assert after.parts["pooled_3_months"]["churned"] == 4
    assert after.parts["pooled_3_months"]["opening"] == sum(filter(None, opened)) == 41 + 40 + 40


def test_reasons_come_from_movement_or_contract_and_add_up() -> None:
    accounts = [make.account(f"R{number}") for number in range(4)]
    ended = make.contract(
        "RC", accounts[1], starts_on="2025-01-01", ended_on="2026-10-20", end_reason="競合へ乗り換え"
    )
    for number, account in enumerate(accounts):
        make.movement(f"in{number}", account, "2025-01-01", 1000, contract=ended if number == 1 else None)
    make.movement("out0", accounts[0], "2026-10-10", -1000, reason="予算削減")
    make.movement("out1", accounts[1], "2026-10-20", -1000, contract=ended)
    make.movement("out2", accounts[2], "2026-10-31", -1000)
    result = compute("customer_churn_monthly", make.asked(), month="2026-10")
    assert result.parts["reasons"] == {"予算削減": 1, "競合へ乗り換え": 1, "理由未確認": 1}
    assert sum(result.parts["reasons"].values()) == result.numerator.value  # type: ignore[union-attr]


# --- short checks --------------------------------------------------------------------------------------------------


def test_x14_another_day_is_another_state() -> None:
    make.story("us1")
    assert compute("mrr", make.asked("2026-09-30")).value == 12_000_000
    assert compute("customers", make.asked("2026-09-30")).value == 40
    running = compute("nrr_monthly", make.asked("2026-10-06"), month="2026-10")
    # By the 6th: 丸一 +300,000, 白河 +100,000, 光陽 +40,000.
    assert running.parts["expansion"] == 440_000 and running.parts["churn"] == 0
    assert "対象月の途中の値です(基準日まで)" in running.notes
    ahead = compute("nrr_monthly", make.asked("2026-09-30"), month="2026-10")
    assert ahead.value is None and ahead.reason == "対象月は基準日にはまだ始まっていません"


def test_known_at_is_what_the_company_knew() -> None:
    accounts = make.story("us1")
    make.load_movements("us3/late_only/movements.csv", accounts)
    before_the_mail = make.asked(known_at="2026-11-24T10:00:00+09:00")
    assert compute("nrr_monthly", before_the_mail, month="2026-10").value == Decimal("0.9675")
    assert compute(
        "nrr_monthly", make.asked(known_at="2026-11-24T10:15:00+09:00"), month="2026-10"
    ).value == Decimal("0.96")
    early = compute(
        "customer_churn_monthly", make.asked(known_at="2026-10-16T00:00:00+09:00"), month="2026-10"
    )
    assert early.numerator and early.numerator.value == 1  # only 南部製菓's end was recorded by then


def test_x16_decomposition() -> None:
    found = decompose(40, 12_000_000, 42, 12_160_000)
    assert (found.change, found.by_customers, found.by_price, found.remainder) == (
        160_000,
        600_000,
        -440_000,
        0,
    )
    make.story("us1")
    mine = decomposition(make.asked(), date(2026, 10, 1))
    assert mine == found


@pytest.fixture
def contacts(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    touched: set[int] = set()
    monkeypatch.setitem(globals(), "contact_sources", contact_sources)
    contact_sources.append(lambda ids, first, last, asked: touched & set(ids))
    yield touched  # type: ignore[misc]
    contact_sources.pop()


def test_x17_twenty_terms_seventeen_renewed_five_untouched(contacts: set[int]) -> None:
    for number in range(20):
        account = make.account(f"T{number:02}")
        auto = number < 9
        terms = {
            "starts_on": "2025-11-01",
            "ends_on": "2026-10-31",
            "auto_renew": auto,
            "renewal_months": 12,
            "product": "A",
        }
        own = make.contract(f"TC{number:02}", account, **terms)
        make.movement(f"t{number}", account, "2025-11-01", 10_000 * (number + 1), contract=own, product="A")
        if number >= 17:
            make.movement(
                f"e{number}", account, "2026-10-31", -10_000 * (number + 1), contract=own, product="A"
            )
        elif not auto:  # a successor contract of the same product
            make.movement(
                f"s{number}", account, "2026-10-31", -10_000 * (number + 1), contract=own, product="A"
            )
            following = make.contract(
                f"TD{number:02}", account, starts_on="2026-11-01", ends_on="2027-10-31", product="A"
            )
            make.movement(
                f"f{number}", account, "2026-11-01", 10_000 * (number + 1), contract=following, product="A"
            )
        if number >= 5:
            contacts.add(account.pk)
    result = compute("renewal_rate", make.asked("2026-12-15"), month="2026-10")
    assert result.value == Decimal("0.85") and result.n == 20
    assert {key: result.parts[key] for key in ("ended", "renewed", "lost", "pending", "automatic", "untouched")} == {
        "ended": 20, "renewed": 17, "lost": 3, "pending": 0, "automatic": 9, "untouched": 5,
    }  # fmt: skip
    assert [row.code for row in rows_of(result, "untouched")] == ["T00", "T01", "T02", "T03", "T04"]
    assert len(rows_of(result, "denominator")) == 20 and len(rows_of(result, "numerator")) == 17
    amount = compute("renewal_rate_amount", make.asked("2026-12-15"), month="2026-10")
    # 10,000 × (1 + … + 17) over 10,000 × (1 + … + 20)
    assert amount.parts["renewed_mrr"] == 1_530_000 and amount.value == Decimal(153) / Decimal(210)


def test_a_term_without_decision_is_pending_and_in_neither_side() -> None:
    account = make.account("P1")
    own = make.contract("PC", account, starts_on="2025-11-16", ends_on="2026-11-15", auto_renew=False)
    make.movement("p", account, "2025-11-16", 1000, contract=own)
    assert compute("renewal_rate", make.asked("2026-11-14"), month="2026-11").value is None
    late = compute("mrr", make.asked())
    assert late.value == 1000


def test_x19_twelve_months_ignore_who_came_since() -> None:
    for number in range(30):
        account = make.account(f"Y{number:02}")
        make.movement(f"y{number}", account, "2025-06-01", 300_000)
        make.movement(f"z{number}", account, "2026-03-01", 15_000)
    newcomer = make.account("NEW")
    make.movement("n", newcomer, "2026-05-01", 2_710_000)
    result = compute("nrr_12m", make.asked())
    assert result.value == Decimal("1.05") and result.parts["then"] == date(2025, 11, 24)
    assert result.numerator and result.denominator
    assert (result.numerator.value, result.denominator.value) == (9_450_000, 9_000_000)
    assert make.totals(row.amount for row in result.numerator.rows) == 9_450_000
    assert compute("grr_12m", make.asked()).value == 1
    assert compute("nrr_monthly", make.asked(), month="2026-10").value == 1  # beside it, never mixed


@pytest.mark.parametrize("form", ["contract", "movement"])
def test_x20_an_announced_end_is_planned_and_not_yet_churn(form: str) -> None:
    account, other = make.account("Q1"), make.account("Q2")
    terms = {"starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    notice = {"notified_on": "2026-11-10", "ended_on": "2026-12-31"} if form == "contract" else {}
    own = make.contract("QC", account, **terms, **notice)
    make.movement("q", account, "2026-01-01", 200_000, contract=own)
    make.movement("o", other, "2026-01-01", 300_000)
    if form == "movement":
        make.movement(
            "qe",
            account,
            "2026-12-31",
            -200_000,
            contract=own,
            cause="churn",
            known="2026-11-10T10:00:00+09:00",
        )
    result = compute("planned_churn_mrr", make.asked())
    assert result.value == 200_000 and result.parts["by_month"] == {"2026-12": 200_000}
    (row,) = result.numerator.rows  # type: ignore[union-attr]
    assert (row.code, row.on, row.extra["notified_on"]) == (
        "Q1",
        date(2026, 12, 31),
        date(2026, 11, 10),
    )
    assert compute("customer_churn_monthly", make.asked(), month="2026-11").value == 0
    assert compute("planned_churn_mrr", make.asked("2026-11-09")).value == 0
    assert compute("mrr", make.asked()).value == 500_000
    assert as_json(result)["unit"] == "JPY"


def test_one_contract_of_two_that_a_movement_ends_later_is_planned_churn_of_that_contract() -> None:
    account = make.account("Q")
    one, two = (
        make.contract(code, account, starts_on="2026-01-01", ends_on="2026-12-31") for code in ("Q1", "Q2")
    )
    make.movement("a", account, "2026-01-01", 200_000, contract=one)
    make.movement("b", account, "2026-01-01", 50_000, contract=two)
    recorded = "2026-11-01T10:00:00+09:00"
    make.movement("a-", account, "2026-12-31", -200_000, contract=one, cause="churn", known=recorded)
    result = compute("planned_churn_mrr", make.asked())
    assert result.value == 200_000
    (row,) = result.numerator.rows  # type: ignore[union-attr]
    assert (row.on, row.extra["notified_on"]) == (date(2026, 12, 31), date(2026, 11, 1))
    assert compute("planned_churn_mrr", make.asked("2026-10-31")).value == 0  # nobody knew
    # The other one has a notice, and ends by a movement too: each is counted once, and the customer not again.
    make.state(two, {"notified_on": "2026-11-05", "ended_on": "2026-12-31"})
    make.movement("b-", account, "2026-12-31", -50_000, contract=two, cause="churn", known=recorded)
    both = compute("planned_churn_mrr", make.asked())
    assert (both.value, both.n) == (250_000, 2)
    # A new contract takes the place of the first: a change of plan is no churn.
    new = make.contract("Q3", account, starts_on="2027-01-01")
    make.movement("c", account, "2027-01-01", 210_000, contract=new, known=recorded)
    assert compute("planned_churn_mrr", make.asked()).value == 50_000


def test_another_product_that_begins_within_thirty_days_takes_no_place_of_an_announced_end() -> None:
    """200,000 of A end on 12/31; B of 90,000 begins on 1/10 and renews nothing: 200,000 leave. A again on 1/10 does."""
    account = make.account("Q")
    old = make.contract("Q1", account, product="A", starts_on="2026-01-01", ends_on="2026-12-31")
    known = "2026-11-01T10:00:00+09:00"
    make.movement("a", account, "2026-01-01", 200_000, contract=old, product="A")
    make.movement(
        "a-", account, "2026-12-31", -200_000, contract=old, product="A", cause="churn", known=known
    )
    other = make.contract("Q2", account, product="B", starts_on="2027-01-10")
    make.movement("b", account, "2027-01-10", 90_000, contract=other, product="B", known=known)
    result = compute("planned_churn_mrr", make.asked())
    assert (result.value, result.n) == (200_000, 1)
    successor = make.contract("Q3", account, product="A", starts_on="2027-01-10")
    make.movement("c", account, "2027-01-10", 180_000, contract=successor, product="A", known=known)
    assert compute("planned_churn_mrr", make.asked()).value == 0


def test_a_contract_that_a_movement_lowers_later_is_no_planned_churn() -> None:
    account = make.account("Q")
    own = make.contract("Q1", account, starts_on="2026-01-01")
    make.movement("a", account, "2026-01-01", 200_000, contract=own)
    known = "2026-11-01T10:00:00+09:00"
    make.movement("a-", account, "2026-12-31", -80_000, contract=own, cause="churn", known=known)
    assert compute("planned_churn_mrr", make.asked()).value == 0
