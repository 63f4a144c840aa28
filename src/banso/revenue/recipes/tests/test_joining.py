"""A later table of the same source joins what earlier ones brought: equal levels give no movement, whatever the cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from banso.periods import Month
from banso.revenue.recipes import Stored, from_snapshots, from_wide

APRIL = Month(2026, 4)
Table = dict[str, list[int]]


def rows(table: Table, first: Month) -> list[dict[str, Any]]:
    return [
        {
            "account_id": name,
            "amounts": {(first + at).first: Decimal(level) for at, level in enumerate(levels)},
        }
        for name, levels in table.items()
    ]


def stored(movements: Sequence[Mapping[str, Any]], first: Month, last: Month) -> Stored:
    steps: dict[Any, dict[Month, Decimal]] = defaultdict(dict)
    for one in movements:
        key = (one["account_id"], one["contract_id"], one["product"], one["currency"])
        steps[key][Month.parse(one["movement_id"].rsplit(":", 1)[1])] = one["mrr_delta"]
    return Stored(steps, first, last)


def test_equal_levels_give_no_movement_and_a_difference_is_told() -> None:
    before = from_wide(rows({"1": [100, 100], "2": [50, 50], "3": [70, 70], "4": [0, 10]}, APRIL))
    held = stored(before.movements, APRIL, APRIL + 1)
    # June: 1 as it was, 2 raised, 3 gone from the sheet, 5 new; 4 halved.
    made = from_wide(rows({"1": [100], "2": [60], "4": [5], "5": [30]}, APRIL + 2), stored=held)
    found = {
        one["account_id"]: (one["effective_on"], one["mrr_delta"], one["cause"]) for one in made.movements
    }
    june = date(2026, 6, 1)
    assert found == {
        "2": (june, Decimal(10), "upsell"), "3": (date(2026, 5, 31), Decimal(-70), "churn"),
        "4": (june, Decimal(-5), "downgrade"), "5": (june, Decimal(30), "new"),
    }  # fmt: skip
    told = made.joined
    assert told and (told.same, told.new, told.up, told.down, told.ended, told.differs) == (
        1,
        1,
        1,
        1,
        1,
        True,
    )
    assert (told.stored, told.table) == (Decimal(230), Decimal(195))
    assert [one.detail for one in made.marks if one.account_id == "2"] == ["50 → 60"]
    month = made.preview.months["JPY"][-1]
    assert (month.opening, month.closing, month.difference) == (Decimal(160), Decimal(195), Decimal(0))
    kept = from_wide(
        rows({"1": [100], "2": [60], "4": [5], "5": [30]}, APRIL + 2), stored=held, joined="hold"
    )
    assert kept.movements == () and kept.joined == told


def test_a_corrected_earlier_table_leaves_the_later_months_as_they_were() -> None:
    before = from_wide(rows({"1": [100, 100, 100, 100]}, APRIL))
    made = from_wide(rows({"1": [100, 120]}, APRIL), stored=stored(before.movements, APRIL, APRIL + 3))
    found = [(one["movement_id"][-7:], one["mrr_delta"]) for one in made.movements]
    assert found == [("2026-04", 100), ("2026-05", 20), ("2026-06", -20)]


def test_a_list_of_the_next_month_is_compared_with_what_is_stored() -> None:
    def snapshot(**levels: int) -> list[dict[str, Any]]:
        return [{"account_id": name, "mrr": Decimal(level)} for name, level in levels.items()]

    before = from_snapshots([(date(2026, 4, 30), snapshot(a=10, b=20))])
    held = stored(before.movements, APRIL, APRIL)
    made = from_snapshots([(date(2026, 5, 31), snapshot(a=10, c=5))], stored=held)
    found = {one["account_id"]: (one["mrr_delta"], one["cause"]) for one in made.movements}
    assert found == {"b": (Decimal(-20), "churn"), "c": (Decimal(5), "new")}


TABLES = st.dictionaries(
    st.sampled_from("abc"), st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1
)


@given(TABLES, st.sets(st.integers(1, 5)))
def test_a_table_in_pieces_gives_the_movements_of_the_whole(table: Table, cuts: set[int]) -> None:
    whole = from_wide(rows(table, APRIL))
    filled = [at for at in range(6) if any(levels[at] for levels in table.values())]
    found: list[Mapping[str, Any]] = []
    for first, last in pairwise([0, *sorted(cuts), 6]):
        piece = {name: levels[first:last] for name, levels in table.items()}
        held = stored(found, APRIL, APRIL + first - 1) if found else None
        found += from_wide(rows(piece, APRIL + first), stored=held).movements
    if filled and filled[-1] == 5:  # months that nobody has filled in are no ends, wherever a piece stops
        gaps = [at for at in range(filled[0], 6) if at not in filled]
        if not gaps and filled[0] == 0:
            plain = [(one["movement_id"], one["effective_on"], one["mrr_delta"]) for one in found]
            assert sorted(plain) == sorted(
                (one["movement_id"], one["effective_on"], one["mrr_delta"]) for one in whole.movements
            )
