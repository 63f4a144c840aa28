"""US-1 ④ and US-3: October is closed, a late cancellation arrives, reported and restated stand side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.errors import Conflict, Forbidden, Refused
from banso_web.core.facts import current_watermark, publish, void
from banso_web.core.metrics import Scope, as_json, compute
from banso_web.core.models import AuditRow
from banso_web.core.registry import registry
from banso_web.members.models import Member
from banso_web.revenue.actions import closing as actions
from banso_web.revenue.models import Rate
from banso_web.revenue.reads import closing as reads
from banso_web.revenue.reads.customers import counted_movements
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
NOVEMBER = date(2026, 11, 1)
Person = Callable[[str], Member]


@pytest.fixture
def accounts() -> dict[str, Account]:
    return make.story("us1")


@pytest.fixture
def closed(accounts: dict[str, Account], person: Person) -> reads.Closed:
    return actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="10月の確報")


def test_a_member_may_look_but_not_close(accounts: dict[str, Account], person: Person) -> None:
    with pytest.raises(Forbidden):
        actions.close_month(OCTOBER, kind="final", actor=person("sato"), comment="締めます")
    assert reads.standing(OCTOBER) is None


def test_a_closing_freezes_what_was_shown(closed: reads.Closed) -> None:
    assert closed.values["nrr_monthly"]["value"] == "0.9675"
    assert closed.values["grr_monthly"]["value"] == "0.925"
    assert closed.values["mrr"]["value"] == "12160000"
    assert closed.waterfall["closing"] == 12_160_000
    assert closed.definitions["nrr_monthly"] == "1"
    assert [row["name"] for row in reads.frozen_rows(closed, "churn")] == ["南部製菓", "光陽電子"]
    assert [row["name"] for row in reads.frozen_rows(closed, "excluded")] == ["若葉企画"]
    assert AuditRow.objects.filter(action="month.close", subject_id=closed.id).count() == 1


def test_late_cancellation_is_restated_beside_what_was_reported(
    closed: reads.Closed, accounts: dict[str, Account]
) -> None:
    make.load_movements("us3/late_only/movements.csv", accounts)
    asked = make.asked()
    assert compute("customer_churn_monthly", asked, month="2026-10").value == Decimal("0.075")
    assert compute("retention_monthly", asked, month="2026-10").value == Decimal("0.925")
    assert compute("mrr_churn_monthly", asked, month="2026-10").value == Decimal("0.0675")
    assert compute("nrr_monthly", asked, month="2026-10").value == Decimal("0.96")
    reported = compute("nrr_monthly", asked, month="2026-10", reported=True)
    assert reported.value == Decimal("0.9675") and reported.reported
    assert compute("customer_churn_monthly", asked, month="2026-10", reported=True).value == Decimal("0.05")
    beside = {one.key: one for one in reads.reported_beside_restated(closed, asked)}
    assert (beside["nrr_monthly"].reported, beside["nrr_monthly"].restated) == (
        Decimal("0.9675"),
        Decimal("0.96"),
    )
    assert beside["nrr_monthly"].difference == Decimal("-0.0075")
    bars = {one.key: one for one in reads.bars_beside(closed, asked)}
    assert bars["churn"].difference == 90_000
    assert bars["closing"].difference == -90_000
    (entry,) = reads.corrections(closed, current_watermark())
    assert (entry.movements, entry.amount, entry.voided) == (1, -90_000, False)


def test_the_replay_equals_the_closing_even_after_backdated_entries_and_an_undo(
    closed: reads.Closed, accounts: dict[str, Account]
) -> None:
    late = make.load_movements("us3/late_only/movements.csv", accounts)
    make.movement("back", accounts["A009"], "2026-09-15", 70_000, known="2026-09-15T10:00:00+09:00")
    make.state(accounts["A001"], {"excluded": "test"})
    assert compute("mrr", make.asked("2026-10-31")).value != 12_160_000
    assert reads.replay_differences(closed) == []
    void(late, actor=None, reason="誤り")
    assert reads.replay_differences(closed) == []
    # The undone entry is gone again; the two others are still 締め後修正.
    assert {one.label for one in reads.corrections(closed, current_watermark())} == {
        "movement back",
        "state A001",
    }


def test_a_rate_that_came_after_the_closing_is_listed_as_far_as_the_month_stands_on_it(
    closed: reads.Closed,
) -> None:
    for on in (date(2026, 11, 1), date(2026, 11, 2)):  # October closes at the rates of 1 November
        own = make.entry(f"rate {on}")
        Rate.objects.create(
            code=f"USD:{on}", currency="USD", on=on, rate=160, entry=own, recorded_at=clock.now(),
            known_basis="system",
        )  # fmt: skip
        publish(own)
    (entry,) = reads.corrections(closed, current_watermark())
    assert (entry.label, entry.states, entry.movements) == ("rate 2026-11-01", 1, 0)


def test_the_next_reported_month_starts_from_the_closing_that_was_signed(
    closed: reads.Closed, accounts: dict[str, Account]
) -> None:
    make.load_movements("us3/late_only/movements.csv", accounts)
    make.movement("n1", accounts["A010"], "2026-11-10", 50_000)
    bars = reads.chained_waterfall(make.asked("2026-11-30"), NOVEMBER)
    assert bars["opening"] == 12_160_000
    assert bars["restatement"] == -90_000
    assert bars["expansion"] == 50_000
    assert bars["closing"] == 12_120_000
    assert bars["difference"] == 0


def test_a_month_that_is_not_over_or_is_closed_already_is_refused(
    closed: reads.Closed, person: Person
) -> None:
    with pytest.raises(actions.ClosingBlocked) as november:
        actions.close_month(NOVEMBER, kind="flash", actor=person("tanaka"), comment="11月")
    assert "終わっていません" in november.value.reasons[0]
    with pytest.raises(actions.ClosingBlocked) as again:
        actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="もう一度")
    assert "解除" in again.value.reasons[0]
    with pytest.raises(Refused):
        actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment=" ")


def test_reopening_needs_a_reason_and_the_right(closed: reads.Closed, person: Person) -> None:
    with pytest.raises(Forbidden):
        actions.reopen(closed.id, actor=person("sato"), reason="直したい")
    with pytest.raises(Refused):
        actions.reopen(closed.id, actor=person("tanaka"), reason="")
    opened = actions.reopen(closed.id, actor=person("tanaka"), reason="北浜商店の解約を反映")
    assert not opened.is_standing and opened.reopened_by == "田中"
    assert reads.standing(OCTOBER) is None
    assert compute("nrr_monthly", make.asked(), month="2026-10", reported=True).value is None
    actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="二度目の確報")
    assert [one.is_standing for one in reads.all_of(OCTOBER)] == [True, False]


def test_an_open_check_of_an_upper_app_blocks_with_its_reason(
    accounts: dict[str, Account], person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        registry,
        "closing_checks",
        [lambda month, comments: [] if "nrr_monthly" in comments else ["NRR: 未対策です"]],
    )
    with pytest.raises(actions.ClosingBlocked) as blocked:
        actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="10月")
    assert blocked.value.reasons == ("NRR: 未対策です",)
    done = actions.close_month(
        OCTOBER, kind="final", actor=person("tanaka"), comment="10月", red_comments={"nrr_monthly": "対策中"}
    )
    assert done.red_comments == {"nrr_monthly": "対策中"}


def test_who_waits_is_found_without_reading_everybodys_movements(
    accounts: dict[str, Account], person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home asks it on every day: nothing past its end reads no movement, a few read their own customers' alone."""
    from banso_web.revenue.reads import renewals

    running = make.contract(
        "K2", accounts["A020"], starts_on="2025-10-01", ends_on="2026-09-30", auto_renew=True
    )
    make.movement("r", accounts["A020"], "2025-10-01", 50_000, contract=running)

    def refuse(*_given: object, **_more: object) -> None:
        raise AssertionError("the whole book was read")

    asked = actions.question(OCTOBER)
    with monkeypatch.context() as patch:
        for name in ("loaded", "loaded_for", "counted_movements", "count_some"):
            patch.setattr(renewals, name, refuse)
        assert renewals.pending_renewals(asked) == ()
    overdue = make.contract("K1", accounts["A010"], starts_on="2025-10-01", ends_on="2026-09-30")
    make.movement("k", accounts["A010"], "2025-10-01", 30_000, contract=overdue)
    asked = actions.question(OCTOBER)
    whole = renewals._find_pending(asked, counted_movements(asked), asked.as_of)
    with monkeypatch.context() as patch:
        for name in ("loaded", "counted_movements"):
            patch.setattr(renewals, name, refuse)
        alone = renewals.pending_renewals(asked)
    assert [(one.contract, one.units) for one in alone] == [("K1", 300_000_000)]
    assert alone == whole


def test_pending_renewals_must_be_signed(accounts: dict[str, Account], person: Person) -> None:
    overdue = make.contract("K1", accounts["A010"], starts_on="2025-10-01", ends_on="2026-09-30")
    make.movement("k", accounts["A010"], "2025-10-01", 30_000, contract=overdue)
    (waiting,) = reads.pending_at(actions.question(OCTOBER), OCTOBER)
    assert (waiting.contract, waiting.days, waiting.units) == ("K1", 31, 300_000_000)
    with pytest.raises(actions.ClosingBlocked) as blocked:
        actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="10月")
    assert "K1" in blocked.value.reasons[0]
    done = actions.close_month(
        OCTOBER, kind="final", actor=person("tanaka"), comment="10月", signed=[overdue.pk]
    )
    assert done.waterfall["pending_renewal"] == 30_000
    assert reads.signed_pending(done) == [
        (
            accounts["A010"].pk,
            {
                "contract_id": "K1",
                "product": "",
                "ends_on": "2026-09-30",
                "days": 31,
                "mrr": "30000",
                "held": [{"currency": "JPY", "mrr": "30000"}],
            },
        )
    ]
    # Neither churn nor silently renewed: it still stands in the closing MRR.
    assert (
        done.waterfall["closing"] == 12_190_000
        and done.values["mrr_churn_monthly"]["numerator"]["value"] == "720000"
    )


def test_flash_then_final(accounts: dict[str, Account], person: Person) -> None:
    flash = actions.close_month(OCTOBER, kind="flash", actor=person("tanaka"), comment="速報")
    make.load_movements("us3/late_only/movements.csv", accounts)
    final = actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="確報")
    assert flash.values["nrr_monthly"]["value"] == "0.9675"
    standing = reads.standing(OCTOBER)
    assert standing and standing.id == final.id and standing.values["nrr_monthly"]["value"] == "0.96"


def test_the_bridge_leads_to_the_accounts_mrr(closed: reads.Closed, person: Person) -> None:
    lines = [
        reads.BridgeLine("proration", Decimal(-50_000), "日割"),
        reads.BridgeLine("fx", Decimal("1200.5"), ""),
    ]
    actions.set_bridge(closed.id, lines, actor=person("tanaka"))
    found, total = reads.bridge(closed)
    assert found == lines and total == Decimal("12111200.5")
    with pytest.raises(Refused):
        actions.set_bridge(closed.id, [reads.BridgeLine("magic", Decimal(1), "")], actor=person("tanaka"))


def test_reported_point_figures_come_from_the_closing(
    closed: reads.Closed, accounts: dict[str, Account]
) -> None:
    make.load_movements("us3/late_only/movements.csv", accounts)
    answer = compute("mrr", make.asked(), reported=True)
    assert answer.value == 12_160_000 and answer.as_of == date(2026, 10, 31)
    assert as_json(answer)["month"] == "2026-10"
    touch = compute("nrr_monthly", make.asked(), month="2026-10", reported=True, scope=Scope(touch="tech"))
    assert (
        touch.watermark == closed.watermark and touch.value == 1
    )  # A008's late end is not in what was reported


def test_two_managers_who_sign_at_once_make_one_closing(
    accounts: dict[str, Account], person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen = reads.frozen_values
    first: list[reads.Closed] = []

    def slowly(*arguments: object) -> object:
        if not first:  # while this one computes, another manager signs
            first.append(None)  # type: ignore[arg-type]
            first[0] = actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="先に署名")
        return frozen(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reads, "frozen_values", slowly)
    with pytest.raises(Conflict):
        actions.close_month(OCTOBER, kind="final", actor=person("tanaka"), comment="後から署名")
    standing = reads.standing(OCTOBER)
    assert standing is not None and standing.id == first[0].id
    assert len(reads.all_of(OCTOBER)) == 1


def test_what_was_entered_since_is_told_as_what_it_changed(
    closed: reads.Closed, accounts: dict[str, Account]
) -> None:
    from banso_web.core.facts import counted, open_entry, publish
    from banso_web.core.models import Entry
    from banso_web.revenue.models import Movement

    row = counted(Movement, current_watermark()).filter(effective_on__lt=OCTOBER, delta_units__gt=0)[0]
    entry = open_entry(kind=Entry.Kind.IMPORT)
    Movement.objects.filter(code=row.code).update(contested=True)
    before, row.pk, row.entry, row.is_void, row.contested = row.delta_units, None, entry, True, True
    row.save(force_insert=True)
    publish(entry)
    (found,) = reads.corrections(closed, current_watermark())
    assert found.amount == Decimal(-before) / 10_000  # the row was taken back
