"""Undoing an import leaves what there would be had it never been made, whatever came before and after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from banso_web.accounts.models import Account, Contract
from banso_web.core.facts import counted, current_watermark, new_entry, project, states_at, write_state
from banso_web.ingest import undoing
from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.conftest import Bring
from banso_web.revenue.models import Movement

HEAD = "movement_id,account_id,contract_id,effective_on,mrr_delta\n"
DAYS = (date(2025, 1, 1), date(2026, 5, 1), date(2026, 11, 24), date(2027, 5, 1))


def undo(run: ImportRun) -> None:
    undoing.undo_run(ImportRun.objects.get(pk=run.pk), actor=None, reason="test", accept=True)


def standing() -> dict[str, int]:
    return dict(counted(Movement, current_watermark()).values_list("code", "delta_units"))


def test_the_middle_of_three_uncovers_nothing_that_the_third_confirmed(bring: Bring) -> None:
    bring(movements=HEAD + "M1,A1,C1,2026-04-01,100\n")
    second = bring(movements=HEAD + "M1,A1,C1,2026-04-01,120\nM2,A1,C1,2026-05-01,5\n")
    third = bring(movements=HEAD + "M1,A1,C1,2026-04-01,120\n")
    assert third.entry is None  # the same writes nothing
    mark = current_watermark()
    undo(second)
    assert standing() == {"M1": 1_200_000}
    before = dict(counted(Movement, mark).values_list("code", "delta_units"))
    assert before == {"M1": 1_200_000, "M2": 50_000}  # what was read earlier stays as it was
    undo(third)
    assert standing() == {"M1": 1_000_000}


def test_a_state_that_a_later_file_confirmed_stands(bring: Bring) -> None:
    first = bring(accounts="account_id,name,segment\nA1,丸一運輸,中堅\n")
    second = bring(accounts="account_id,name,segment\nA1,丸一運輸,大企業\nA2,西川印刷,中堅\n")
    bring(accounts="account_id,name,segment\nA1,丸一運輸,大企業\n")
    undo(second)
    assert list(Account.objects.filter(live=True).values_list("code", "segment")) == [("A1", "大企業")]
    undo(first)
    assert list(Account.objects.filter(live=True).values_list("code", "segment")) == [("A1", "大企業")]


def test_what_a_person_has_corrected_since_stands(bring: Bring) -> None:
    bring(accounts="account_id,name,segment,industry\nA1,丸一運輸,中堅,運輸\n")
    second = bring(accounts="account_id,name,segment,industry\nA1,丸一運輸,大企業,物流\n")
    bring(accounts="account_id,name,segment,industry\nA1,丸一運輸,大企業,物流\n")
    with new_entry(label="edit") as entry:
        write_state("account", Account.objects.get().pk, {"segment": "重点"}, entry=entry)
    project("account", [Account.objects.get().pk])
    undo(second)
    account = Account.objects.get()
    assert (account.segment, account.industry) == ("重点", "物流")


def test_a_customer_that_rows_still_name_is_there_again_incomplete(bring: Bring) -> None:
    described = bring(accounts="account_id,name\nA1,丸一運輸\n")
    bring(movements=HEAD + "M1,A1,,2026-04-01,100\n")
    undo(described)
    account = Account.objects.get()
    assert (account.name, account.live, account.incomplete) == ("A1", True, True)


def test_a_contract_that_only_a_row_stated_again_names_is_there_again(bring: Bring) -> None:
    first = bring(movements=HEAD + "M1,A1,K1,2026-04-01,100\n")
    bring(movements=HEAD + "M1,A1,K1,2026-04-01,100\nM2,A1,,2026-04-01,100\n")
    undo(first)
    assert standing() == {"M1": 1_000_000, "M2": 1_000_000}
    assert list(Contract.objects.filter(live=True).values_list("code", "incomplete")) == [("K1", True)]


def test_a_contract_whose_movement_is_stated_again_is_not_derived_beside_it(bring: Bring) -> None:
    bring(contracts="contract_id,account_id,product,starts_on,mrr\nK1,A1,本体,2026-04-01,700\n")
    first = bring(movements=HEAD + "M1,A1,K1,2026-04-01,100\n")
    bring(movements=HEAD + "M1,A1,K1,2026-04-01,100\nM2,A1,,2026-04-01,120\n")
    undo(first)
    assert standing() == {"M1": 1_000_000, "M2": 1_200_000}


ACCOUNTS = st.dictionaries(
    st.sampled_from(["A1", "A2"]), st.sampled_from(["中堅", "大企業", ""]), min_size=1
).map(
    lambda rows: {
        "accounts": "account_id,name,segment\n" + "".join(f"{a},顧客{a},{s}\n" for a, s in rows.items())
    }
)
NAMES = st.dictionaries(st.sampled_from(["A1", "A2"]), st.sampled_from(["丸一", "西川"]), min_size=1).map(
    lambda rows: {"accounts": "account_id,name\n" + "".join(f"{a},{n}\n" for a, n in rows.items())}
)
MOVEMENTS = st.dictionaries(
    st.sampled_from(["M1", "M2", "M3"]),
    st.tuples(st.sampled_from(["", "K1"]), st.sampled_from([100, 120])),
    min_size=1,
).map(
    lambda rows: {
        "movements": HEAD + "".join(f"{m},A1,{k},2026-04-01,{d}\n" for m, (k, d) in sorted(rows.items()))
    }
)
CONTRACTS = st.dictionaries(
    st.sampled_from(["K1", "K2"]), st.tuples(st.sampled_from([500, 700]), st.sampled_from(["2025-04-01", "2026-04-01"])), min_size=1
).map(
    lambda rows: {
        "contracts": "contract_id,account_id,product,starts_on,mrr\n"
        + "".join(f"{k},A1,本体,{day},{price}\n" for k, (price, day) in sorted(rows.items()))
    }
)  # fmt: skip
FILES = st.one_of(ACCOUNTS, NAMES, MOVEMENTS, CONTRACTS)
STEPS = st.lists(st.one_of(FILES, FILES, st.integers(0, 4)), min_size=3, max_size=7)


class _Back(Exception):
    pass


def played(steps: list[Any], bring: Bring) -> tuple[Any, list[int]]:
    """What stands after the steps, and which imports were undone; the database is as it was afterwards."""
    found: Any = None
    undone: list[int] = []
    try:
        with transaction.atomic():
            runs: list[ImportRun] = []
            for step in steps:
                if isinstance(step, dict):
                    runs.append(bring(**step))
                    assert not runs[-1].rejected.exists()
                elif step < len(runs) and step not in undone:
                    undo(runs[step])
                    undone.append(step)
            found = seen()
            raise _Back
    except _Back:
        return found, undone


def seen() -> Any:
    mark = current_watermark()
    rows = counted(Movement, mark).values_list(
        "code", "account__code", "contract__code", "delta_units", "effective_on", "derived"
    )
    states: dict[Any, Any] = {}
    for subject, model in (("account", Account), ("contract", Contract)):
        codes = dict(model._default_manager.values_list("pk", "code"))
        for day in DAYS:
            for pk, values in states_at(subject, as_of=day, watermark=mark).items():
                told = {key: value for key, value in values.items() if value not in (None, "", False, {})}
                # 未整備 alone, on a day before anybody describes a thing, is nobody's statement: it only says that a row
                # named the thing first. Whether a thing that is there is 未整備 stands in `live` below.
                if told != {"incomplete": True}:
                    states[subject, day, codes[pk]] = told
    live = [
        sorted(model._default_manager.filter(live=True).values_list("code", "incomplete"))
        for model in (Account, Contract)
    ]
    return sorted(map(str, rows)), states, live


@settings(
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_undone_imports_might_as_well_never_have_been(
    bring: Callable[..., ImportRun], steps: list[Any]
) -> None:
    after, undone = played(steps, bring)
    never, imports = [], -1
    for step in steps:
        if isinstance(step, dict):
            imports += 1
            if imports not in undone:
                never.append(step)
    without, _none = played(never, bring)
    assert after == without
