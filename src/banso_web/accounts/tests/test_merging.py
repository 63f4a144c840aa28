"""名寄せ: candidates with reasons, a person's decision, its undo; nothing merges by itself (X3)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from banso_web.accounts.actions import merging
from banso_web.accounts.counting import merges
from banso_web.accounts.models import Account, Merge
from banso_web.accounts.reads.candidates import candidates, decided
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import current_watermark
from banso_web.core.facts.mending import mend_entries
from banso_web.core.models import AuditRow
from banso_web.core.registry import registry
from banso_web.members.models import Member

Person = Callable[[str], Member]


@pytest.fixture
def assist(db: None) -> dict[str, Account]:
    names = {"A1": "㈱アシスト", "A2": "株式会社アシスト", "A3": "アシスト(株)", "A4": "西川印刷"}
    return {code: Account.objects.create(code=code, name=name, live=True) for code, name in names.items()}


def test_front_and_back_positions_are_told_apart_and_nothing_is_merged(
    person: Person, assist: dict[str, Account]
) -> None:
    found = {
        (pair.first.code, pair.second.code): (pair.verdict, pair.reasons)
        for pair in candidates(person("tanaka"))
    }
    assert found[("A1", "A2")] == ("likely", ("same_core", "same_form", "same_position"))
    third = [(pair, what) for pair, what in found.items() if "A3" in pair]
    assert [what for _, what in third] == [("possible", ("same_core", "same_form", "position_differs"))]
    assert not any("A4" in pair for pair in found)
    assert not Merge.objects.exists() and not Account.objects.exclude(merged_into=None).exists()


def test_a_decision_is_read_from_its_watermark_on_and_can_be_undone(
    person: Person, assist: dict[str, Account]
) -> None:
    tanaka, before = person("tanaka"), current_watermark()
    merge = merging.decide(assist["A2"].pk, assist["A1"].pk, "same", actor=tanaka, reasons=["same_core"])
    after = current_watermark()
    assert merges(before) == {} and merges(after) == {assist["A1"].pk: assist["A2"].pk}
    assert Account.objects.get(code="A1").merged_into == assist["A2"]
    assert [(one.kept.code, one.other.code, one.decision) for one in decided(tanaka)] == [
        ("A2", "A1", "same")
    ]
    assert AuditRow.objects.get(action="account.merge.same").new["other"] == "A1"
    with pytest.raises(Refused, match="名寄せ済み"):
        merging.decide(assist["A1"].pk, assist["A2"].pk, "same", actor=tanaka)
    merging.undo(merge.pk, actor=tanaka)
    assert merges(current_watermark()) == {} and merges(after) == {assist["A1"].pk: assist["A2"].pk}
    assert Account.objects.get(code="A1").merged_into is None
    assert ("A1", "A2") in {(pair.first.code, pair.second.code) for pair in candidates(tanaka)}


def test_a_decision_cut_off_before_its_customers_followed_is_mended(
    person: Person, assist: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(entry_id: int) -> None:
        raise KeyboardInterrupt

    tanaka, heard = person("tanaka"), list[int]()
    monkeypatch.setattr(registry, "after_publish", [*registry.after_publish, heard.append])
    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(merging, "_follow", killed)
        merging.decide(assist["A2"].pk, assist["A1"].pk, "same", actor=tanaka)
    assert Account.objects.get(code="A1").merged_into is None
    assert mend_entries() == 1
    assert Account.objects.get(code="A1").merged_into == assist["A2"]
    assert heard == [Merge.objects.get().entry.pk]  # the figures follow too
    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(merging, "_follow", killed)
        merging.undo(Merge.objects.get().pk, actor=tanaka)
    assert mend_entries() == 1
    assert Account.objects.get(code="A1").merged_into is None
    assert mend_entries() == 0


def test_different_companies_stay_apart_and_are_not_asked_again(
    person: Person, assist: dict[str, Account]
) -> None:
    tanaka = person("tanaka")
    pair = next(pair for pair in candidates(tanaka) if "A3" in (pair.first.code, pair.second.code))
    merging.decide(pair.first.id, pair.second.id, "different", actor=tanaka)
    assert all("A3" not in (one.first.code, one.second.code) for one in candidates(tanaka))
    assert merges(current_watermark()) == {}


def test_only_who_may_decide_decides(person: Person, assist: dict[str, Account]) -> None:
    with pytest.raises(Forbidden):
        merging.decide(assist["A1"].pk, assist["A2"].pk, "same", actor=person("sato"))
    with pytest.raises(Refused, match="同じ顧客どうし"):
        merging.decide(assist["A1"].pk, assist["A1"].pk, "same", actor=person("tanaka"))
