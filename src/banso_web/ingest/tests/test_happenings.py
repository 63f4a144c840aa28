"""Movements in: new, same, corrected, refused; what stands at a watermark."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from banso_web.core.errors import Refused
from banso_web.core.facts import counted, current_watermark, new_entry
from banso_web.core.models import Entry
from banso_web.ingest import actions, undoing
from banso_web.ingest.tests.conftest import Bring, counts, reasons
from banso_web.revenue.models import Movement

ACCOUNTS = "account_id,name\nA1,丸一運輸\nA2,西川印刷\n"
HEAD = "movement_id,account_id,contract_id,effective_on,mrr_delta,recorded_at\n"


def standing(watermark: int | None = None) -> dict[str, int]:
    """{movement code: 1/10,000 yen} that counts."""
    mark = current_watermark() if watermark is None else watermark
    return dict(counted(Movement, mark).values_list("code", "delta_units"))


def test_a_folder_becomes_one_entry_and_the_same_folder_again_writes_nothing(bring: Bring) -> None:
    files = {
        "accounts": ACCOUNTS,
        "movements": HEAD + 'M1,A1,C1,2026-04-01,"¥100,000",2026-04-01T18:00+09:00\n',
    }
    first = bring(**files)
    assert (counts(first, "accounts"), counts(first, "movements")) == ((2, 0, 0, 0), (1, 0, 0, 0))
    assert first.entry is not None and first.entry.seq == current_watermark() == 1
    row = Movement.objects.get()
    assert (row.delta_units, row.effective_on, row.known_basis) == (
        1_000_000_000,
        date(2026, 4, 1),
        "claimed",
    )
    assert row.recorded_at == datetime(2026, 4, 1, 9, tzinfo=UTC)
    again = bring(**files)
    assert (counts(again, "accounts"), counts(again, "movements")) == ((0, 0, 2, 0), (0, 0, 1, 0))
    assert again.entry is None and current_watermark() == 1 and Entry.objects.count() == 1


def test_a_changed_row_supersedes_and_the_old_watermark_keeps_the_old_number(bring: Bring) -> None:
    bring(accounts=ACCOUNTS, movements=HEAD + "M1,A1,C1,2026-04-01,100000,\nM2,A2,C2,2026-04-01,50000,\n")
    before = current_watermark()
    changed = bring(movements=HEAD + "M1,A1,C1,2026-04-01,120000,\nM2,A2,C2,2026-04-01,50000,\n")
    assert counts(changed, "movements") == (0, 1, 1, 0)
    assert standing() == {"M1": 1_200_000_000, "M2": 500_000_000}
    assert standing(before) == {"M1": 1_000_000_000, "M2": 500_000_000}
    assert set(Movement.objects.filter(code="M1").values_list("contested", flat=True)) == {True}


def test_undo_uncovers_what_lay_beneath_and_a_new_import_adds_the_rows_again(bring: Bring) -> None:
    bring(accounts=ACCOUNTS, movements=HEAD + "M1,A1,C1,2026-04-01,100000,\n")
    text = HEAD + "M1,A1,C1,2026-04-01,120000,\nM9,A2,C9,2026-05-01,5000,\n"
    second = bring(movements=text)
    published = current_watermark()
    undone = undoing.undo_run(second, actor=None, reason="wrong file", accept=True)
    assert undone.state == "undone"
    assert standing() == {"M1": 1_000_000_000}
    assert standing(published) == {"M1": 1_200_000_000, "M9": 50_000_000}
    third = bring(movements=text)
    assert counts(third, "movements") == (1, 1, 0, 0)
    assert standing() == {"M1": 1_200_000_000, "M9": 50_000_000}


def test_known_at_stands_on_the_basis_the_person_chose(bring: Bring) -> None:
    rows = HEAD + "M1,A1,,2026-04-01,100000,\nM2,A1,,2027-01-31,-100000,\n"
    bring(accounts=ACCOUNTS, movements=rows, known="effective")
    found = {row.code: (row.recorded_at, row.known_basis) for row in Movement.objects.all()}
    now = datetime(2026, 11, 24, tzinfo=UTC)
    # 2026-04-01 00:00 in Japan; an end that lies ahead was known by the import at the latest.
    assert found == {"M1": (datetime(2026, 3, 31, 15, tzinfo=UTC), "assumed"), "M2": (now, "assumed")}


def test_an_end_without_anything_to_end_is_refused_and_the_rest_arrives(bring: Bring) -> None:
    run = bring(
        accounts=ACCOUNTS,
        movements=HEAD
        + "M1,A1,C1,2026-04-01,100000,\n"
        + "M2,A1,C1,2026-10-31,-150000,\n"  # more than there is
        + "M3,A2,C2,2026-10-31,-1000,\n"  # nothing there at all
        + "M4,A1,C1,2026-03-31,-100000,\n"  # before the start
        + "M5,A1,C1,2026-04-01,-40000,\n",  # the same day: the day's total counts
    )
    assert reasons(run) == [(3, "nothing_to_end"), (4, "nothing_to_end"), (5, "nothing_to_end")]
    assert standing() == {"M1": 1_000_000_000, "M5": -400_000_000}


def test_a_late_end_finds_its_start_in_the_data(bring: Bring) -> None:
    bring(accounts=ACCOUNTS, movements=HEAD + "M1,A1,C1,2026-04-01,100000,\n")
    run = bring(movements=HEAD + "M2,A1,C1,2026-10-31,-100000,2026-11-24T10:15+09:00\n")
    assert counts(run, "movements") == (1, 0, 0, 0)
    assert bring(movements=HEAD + "M3,A1,C1,2026-10-31,-1,\n").rejected.get().code == "nothing_to_end"


def test_two_rows_with_one_id(bring: Bring) -> None:
    run = bring(
        accounts=ACCOUNTS,
        movements=HEAD
        + "M1,A1,C1,2026-04-01,100000,\nM1,A1,C1,2026-04-01,100000,\nM1,A1,C1,2026-04-01,90000,\n",
    )
    assert counts(run, "movements") == (1, 0, 1, 1)
    refused = run.rejected.get()
    assert (refused.row_number, refused.code, refused.detail) == (4, "duplicate_id", {"first": 2})
    assert standing() == {"M1": 1_000_000_000}


def test_two_files_of_one_kind_share_their_ids_and_their_balance(bring: Bring) -> None:
    run = bring(
        accounts=ACCOUNTS,
        movements_2025=HEAD + "M1,A1,C1,2025-04-01,100000,\n",
        movements_2026=HEAD + "M1,A1,C1,2025-04-01,70000,\nM2,A1,C1,2026-10-31,-100000,\n",
    )
    assert [(row.file, row.row_number, row.code) for row in run.rejected.all()] == [
        ("movements_2026.csv", 2, "duplicate_id")
    ]
    assert standing() == {"M1": 1_000_000_000, "M2": -1_000_000_000}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("M1,A1,,2026-02-30,1,", "date_impossible_day"),
        ("M1,A1,,3026-04-01,1,", "date_out_of_range"),
        ("M1,A1,,2026-04-01,応相談,", "not_an_amount"),
        ("M1,A1,,2026-04-01,,", "required"),
        (",A1,,2026-04-01,1,", "required"),
        ("M1,A1,,2026-04-01,110000(税込),", "tax_included"),
        ("M1,A1,,2026-04-01,1,,余り", "extra_cells"),
        (f"{'M' * 201},A1,,2026-04-01,1,", "too_long"),
    ],
)
def test_bad_cells_are_refused_with_their_reason(bring: Bring, row: str, code: str) -> None:
    run = bring(accounts=ACCOUNTS, movements=HEAD + row + "\n", confirm=False)
    with pytest.raises(Refused, match="取り込めない行"):
        actions.confirm_run(run, actor=None)
    run.refresh_from_db()
    assert run.state == "ready"
    assert [found.code for found in run.rejected.all()] == [code]
    assert not Movement.objects.exists() and current_watermark() == 0


def test_unknown_currency_is_refused_and_known_ones_stay_apart(bring: Bring) -> None:
    head = "movement_id,account_id,effective_on,mrr_delta,currency\n"
    run = bring(
        accounts=ACCOUNTS,
        movements=head + "M1,A1,2026-04-01,100,USD\nM2,A1,2026-04-01,100,XXQ\nM3,A1,2026-05-31,-100,JPY\n",
    )
    # 100 dollars are no 100 yen: the yen end has nothing to end.
    assert reasons(run) == [(3, "unknown_currency"), (4, "nothing_to_end")]


def test_a_correction_by_hand_stands_until_the_source_itself_changes(bring: Bring) -> None:
    rows = HEAD + "M1,A1,C1,2026-04-01,100000,\n"
    bring(accounts=ACCOUNTS, movements=rows)
    old = Movement.objects.get()
    with new_entry(label="movement.correct") as entry:
        Movement.objects.filter(code="M1").update(contested=True)
        old.pk, old._state.adding, old.delta_units, old.entry, old.contested = None, True, 5, entry, True
        old.save()
    assert counts(bring(movements=rows), "movements") == (0, 0, 1, 0)
    assert standing() == {"M1": 5}
    assert counts(bring(movements=rows.replace("100000", "110000")), "movements") == (0, 1, 0, 0)
    assert standing() == {"M1": 1_100_000_000}


def test_unknown_columns_become_custom_fields(bring: Bring) -> None:
    text = "movement_id,account_id,effective_on,mrr_delta,稟議番号\nM1,A1,2026-04-01,100,R-007\n"
    bring(accounts=ACCOUNTS, movements=text)
    assert Movement.objects.get().custom == {"稟議番号": "R-007"}
    assert counts(bring(movements=text), "movements") == (0, 0, 1, 0)
    assert counts(bring(movements=text.replace("R-007", "R-008")), "movements") == (0, 1, 0, 0)
