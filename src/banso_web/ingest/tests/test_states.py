"""Customers, contracts, contacts and members in: current rows, dated versions, what is incomplete."""

from __future__ import annotations

from datetime import date

import pytest

from banso_web.accounts.models import Account, Contact, Contract
from banso_web.core.facts import current_watermark, history, new_entry, project, states_at, write_state
from banso_web.core.models import StateVersion
from banso_web.ingest import actions, undoing
from banso_web.ingest.tests.conftest import Bring, counts, reasons
from banso_web.members.models import Member
from banso_web.revenue.models import Movement

HEAD = "account_id,name,segment,owner,started_on,corporate_number,parent_id\n"


def versions(code: str) -> list[tuple[dict[str, object], date | None]]:
    pk = Account.objects.get(code=code).pk
    return [(one.values, one.valid_from) for one in history("account", pk, watermark=current_watermark())]


def test_the_first_version_starts_when_the_customer_started_and_a_change_holds_only_what_changed(
    bring: Bring,
) -> None:
    bring(accounts=HEAD + "A1,丸一運輸,大企業,,2023-04-01,,\n")
    run = bring(accounts=HEAD + "A1,丸一運輸,中堅,,2023-04-01,,\n")
    assert counts(run, "accounts") == (0, 1, 0, 0)
    first, second = versions("A1")
    assert first[1] == date(2023, 4, 1) and first[0]["segment"] == "大企業"
    assert second == ({"segment": "中堅"}, date(2026, 11, 24))
    account = Account.objects.get()
    assert (account.segment, account.live, account.incomplete) == ("中堅", True, False)
    then = states_at("account", as_of=date(2026, 11, 23), watermark=current_watermark())
    assert then[account.pk]["segment"] == "大企業"


def test_history_rows_with_valid_from_come_in_any_order(bring: Bring) -> None:
    text = "account_id,name,segment,valid_from\nA1,丸一運輸,中堅,2025-04-01\nA1,丸一運輸,大企業,2023-04-01\n"
    bring(accounts=text)
    pk = Account.objects.get().pk

    def segment(day: date) -> object:
        return states_at("account", as_of=day, watermark=current_watermark())[pk]["segment"]

    assert (segment(date(2024, 1, 1)), segment(date(2025, 4, 1)), segment(date(2026, 11, 24))) == (
        "大企業",
        "中堅",
        "中堅",
    )
    assert counts(bring(accounts=text), "accounts") == (0, 0, 2, 0)


def test_what_a_person_edited_stays_until_the_source_changes(bring: Bring) -> None:
    text = HEAD + "A1,丸一運輸,大企業,,,,\n"
    bring(accounts=text)
    pk = Account.objects.get().pk
    with new_entry(label="edit") as entry:
        write_state(
            "account", pk, {"segment": "重点", "industry": "運輸"}, entry=entry, valid_from=date(2026, 11, 24)
        )
    project("account", [pk])
    assert counts(bring(accounts=text), "accounts") == (0, 0, 1, 0)
    assert Account.objects.get().segment == "重点"
    bring(accounts=text.replace("大企業", "中堅"))
    assert (Account.objects.get().segment, Account.objects.get().industry) == ("中堅", "運輸")


def test_a_blank_cell_clears_what_an_import_had_filled(bring: Bring) -> None:
    bring(accounts=HEAD + "A1,丸一運輸,大企業,,,,\n")
    assert counts(bring(accounts=HEAD + "A1,丸一運輸,,,,,\n"), "accounts") == (0, 1, 0, 0)
    assert Account.objects.get().segment == ""


def test_corporate_number_with_a_wrong_check_digit_is_refused(bring: Bring) -> None:
    run = bring(accounts=HEAD + "A1,アシスト,,,,4011001098994,\nA2,アシスト,,,,4011001098993,\n")
    assert reasons(run) == [(2, "corporate_number_check_digit")]
    assert Account.objects.get().corporate_number == "4011001098993"


def test_no_company_is_its_own_parent_by_whatever_way(bring: Bring) -> None:
    run = bring(accounts=HEAD + "A1,一,,,,,A1\nA2,二,,,,,A3\nA3,三,,,,,A4\nA4,四,,,,,A2\nA5,五,,,,,A2\n")
    assert reasons(run) == [(2, "own_parent"), (5, "parent_cycle")]
    # A4's row is refused, so A4 is known only from A3's parent.
    assert dict(Account.objects.values_list("code", "parent__code")) == {
        "A2": "A3",
        "A3": "A4",
        "A4": None,
        "A5": "A2",
    }
    assert Account.objects.get(code="A4").incomplete
    again = bring(accounts=HEAD + "A4,四,,,,,A5\n")
    assert reasons(again) == [(2, "parent_cycle")]


def test_what_only_a_reference_knows_is_made_incomplete_and_later_described(bring: Bring) -> None:
    movements = "movement_id,account_id,contract_id,product,effective_on,mrr_delta\nM1,A1,C1,製品A,2026-04-01,100000\n"
    run = bring(movements=movements)
    notes = {note["code"]: (note["count"], note["examples"]) for note in run.notes}
    assert notes == {"incomplete_accounts": (1, ["A1"]), "incomplete_contracts": (1, ["C1"])}
    account, contract = Account.objects.get(), Contract.objects.get()
    assert (account.name, account.incomplete, account.live) == ("A1", True, True)
    assert (contract.product, contract.incomplete, contract.account_id) == ("製品A", True, account.pk)
    described = bring(accounts=HEAD + "A1,丸一運輸,,,2023-04-01,,\n")
    assert counts(described, "accounts") == (1, 0, 0, 0)
    account.refresh_from_db()
    assert (account.name, account.incomplete) == ("丸一運輸", False)
    undoing.undo_run(described, actor=None, reason="test")
    account.refresh_from_db()
    assert (account.name, account.incomplete, account.live) == ("A1", True, True)


def test_undoing_the_import_that_made_a_customer_takes_it_out_of_the_lists(bring: Bring) -> None:
    run = bring(accounts=HEAD + "A1,丸一運輸,,,,,\n")
    undoing.undo_run(run, actor=None, reason="test")
    assert not Account.objects.get().live
    again = bring(accounts=HEAD + "A1,丸一運輸,,,,,\n")
    assert counts(again, "accounts") == (1, 0, 0, 0)
    assert Account.objects.get().live


def test_owners_are_found_by_id_or_name_and_unknown_ones_get_no_right(bring: Bring) -> None:
    members = "member_id,name,role,manager_id\nsato,佐藤 花子,member,tanaka\ntanaka,田中,manager,\n"
    bring(members=members, accounts=HEAD + "A1,一,,佐藤花子,,,\nA2,二,,tanaka,,,\nA3,三,,鈴木,,,\n")
    assert dict(Account.objects.values_list("code", "owner__code")) == {
        "A1": "sato",
        "A2": "tanaka",
        "A3": "鈴木",
    }
    unknown = Member.objects.get(code="鈴木")
    assert (unknown.incomplete, unknown.is_active, unknown.permissions) == (True, True, frozenset())
    assert Member.objects.get(code="sato").manager == Member.objects.get(code="tanaka")
    assert not Member.objects.get(code="tanaka").roles.exists()
    assert counts(bring(members=members), "members") == (0, 0, 2, 0)


def test_two_members_cannot_share_an_address(bring: Bring) -> None:
    run = bring(members="member_id,name,email\na,甲,x@example.jp\nb,乙,X@example.jp\n")
    assert reasons(run) == [(3, "email_taken")]


def test_contacts_keep_their_company_and_their_department(bring: Bring) -> None:
    head = "contact_id,account_id,family_name,department,phone,roles\n"
    bring(
        accounts=HEAD + "A1,一,,,,,\nA2,二,,,,,\n",
        contacts=head + "P1,A1,髙橋,総務部,0312345678,推進者;決裁者\nP2,A2,佐藤,総務部,,\n",
    )
    contact = Contact.objects.get(code="P1")
    assert (contact.family_name, contact.phone, contact.roles) == (
        "髙橋",
        "0312345678",
        "champion;decision_maker",
    )
    assert contact.department is not None and contact.department.account.code == "A1"
    assert contact.department != Contact.objects.get(code="P2").department
    moved = bring(contacts=head + "P1,A2,髙橋,総務部,,\n")
    assert reasons(moved) == [(2, "belongs_elsewhere")]


def test_cp932_and_japanese_headers_arrive_intact(bring: Bring) -> None:
    text = "顧客ID,顧客名,フリガナ,主担当,取引開始日\nA1,髙橋①商店,ﾀｶﾊｼ,,令和5年4月1日\n"
    run = bring(accounts=text.encode("cp932"))
    assert counts(run, "accounts") == (1, 0, 0, 0)
    account = Account.objects.get()
    assert (account.name, account.kana, account.started_on) == ("髙橋①商店", "タカハシ", date(2023, 4, 1))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("C1,A1,製品,2026-04-01,2026-03-31,100,,", "end_before_start"),
        ("C1,A1,製品,2026-04-01,2027-03-31,,1200000,", "term_missing"),
        ("C1,A1,製品,2026-04-01,2027-03-31,-5,,", "negative_price"),
    ],
)
def test_contracts_that_cannot_be(bring: Bring, row: str, code: str) -> None:
    head = "contract_id,account_id,product,starts_on,ends_on,mrr,amount,term_months\n"
    run = bring(accounts=HEAD + "A1,一,,,,,\n", contracts=head + row + "\n")
    assert reasons(run) == [(2, code)] and not Contract.objects.exists()


def test_overlapping_contracts_and_a_contract_at_nothing_are_valid(bring: Bring) -> None:
    head = "contract_id,account_id,product,starts_on,ends_on,mrr\n"
    run = bring(
        accounts=HEAD + "A1,一,,,,,\n",
        contracts=head
        + "C1,A1,製品,2026-04-01,2027-03-31,100\nC2,A1,製品,2026-06-01,2027-05-31,50\nC3,A1,無償,2026-04-01,2027-03-31,0\n",
    )
    assert counts(run, "contracts") == (3, 0, 0, 0)
    assert sorted(Movement.objects.values_list("contract__code", "delta_units")) == [
        ("C1", 1_000_000),
        ("C2", 500_000),
    ]


def test_a_run_dropped_before_it_is_published_leaves_nothing(bring: Bring) -> None:
    run = bring(accounts=HEAD + "A1,一,,鈴木,,,A9\n", confirm=False)
    from banso_web.core.facts import open_entry
    from banso_web.ingest import writing

    run.entry = open_entry(kind="import", label="cut off")
    run.state = "writing"
    run.save()
    writing.write(run, actions.files_of(run))
    assert Account.objects.filter(live=False).count() == 2 and StateVersion.objects.exists()
    actions.drop_run(run, actor=None)
    assert not Account.objects.exists() and not StateVersion.objects.exists() and not Member.objects.exists()
    assert current_watermark() == 0
