"""名寄せ through the pages: after a decision list, page, figures and MRR show the kept one; an undo brings both back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from banso_web.accounts.models import Account, Merge
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import Desk

Desks = Callable[[str], Desk]
Company = dict[str, Account]
PATH = "/customers/matching/"


def _decide(desk: Desk, company: Company, kept: str, other: str, decision: str) -> None:
    answer = desk.post(
        f"{PATH}decide/", first=company[kept].pk, second=company[other].pk, kept=company[kept].pk, decision=decision,
        reasons=["same_core", "made-up"], note="登記を確認した",
    )  # fmt: skip
    assert answer.status_code == 302


def test_candidates_stand_side_by_side_and_nothing_is_merged(desk: Desks, company: Company) -> None:
    page = desk("tanaka").text(PATH)
    assert "㈱アシスト" in page and "株式会社アシスト" in page and "西川印刷" not in page
    assert "会社名の中心が同じ" in page and "¥120,000" in page and "¥50,000" in page
    assert not Merge.objects.exists()


def test_a_merge_moves_everything_to_the_kept_one_and_undo_restores_it(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    _decide(tanaka, company, "A1", "A2", "same")
    merge = Merge.objects.get()
    assert (merge.kept.code, merge.other.code, merge.reasons) == ("A1", "A2", ["same_core"])
    kept = Account.objects.get(code="A1")
    assert kept.mrr_units == 170_000 * 10_000  # 120,000 + 50,000
    assert kept.last_touch_on == date(2026, 11, 20)  # the touch with A2
    tanaka.text("/")  # the message of the decision is shown once
    listed = tanaka.text("/customers/", columns="name,mrr,contacted")
    assert "株式会社アシスト" not in listed and "¥170,000" in listed
    page = tanaka.text(f"/customers/{kept.pk}/")
    assert "K1" in page and "K2" in page and "状況の確認" in page and "¥170,000" in page
    assert tanaka.get(f"/customers/{company['A2'].pk}/").status_code == 404
    then = tanaka.text("/customers/", as_of="2026-10-31", columns="name,mrr")
    assert "株式会社アシスト" not in then and "¥150,000" in then  # 100,000 + 50,000
    shown = tanaka.text(PATH)
    assert "判断した組" in shown and "登記を確認した" in shown and "判断を待っている組はありません" in shown
    assert AuditRow.objects.get(action="account.merge.same").reason == "登記を確認した"

    tanaka.post(f"{PATH}{merge.pk}/undo/")
    assert Account.objects.get(code="A1").mrr_units == 120_000 * 10_000
    assert Account.objects.get(code="A2").mrr_units == 50_000 * 10_000
    assert Account.objects.get(code="A1").last_touch_on == date(2026, 9, 1)
    again = tanaka.text("/customers/")
    assert "株式会社アシスト" in again
    assert tanaka.get(f"/customers/{company['A2'].pk}/").status_code == 200
    assert "こちらを残す" in tanaka.text(PATH), "the pair is a candidate again"


def test_two_companies_are_not_asked_again(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    _decide(tanaka, company, "A1", "A2", "different")
    page = tanaka.text(PATH)
    assert "判断を待っている組はありません" in page and "別の会社" in page
    assert Account.objects.filter(merged_into=None, live=True).count() == 5


def test_only_who_may_decide(desk: Desks, company: Company) -> None:
    for who in ("sato", "yamamoto", "ito"):
        one = desk(who)
        assert one.get(PATH).status_code == 403
        assert "名寄せ" not in one.text("/")
        answer = one.post(f"{PATH}decide/", first=company["A1"].pk, second=company["A2"].pk, kept=company["A1"].pk,
                          decision="same")  # fmt: skip
        assert answer.status_code == 403
    assert not Merge.objects.exists()
    tanaka = desk("tanaka")
    for data in (
        {},
        {"first": "x"},
        {"first": company["A1"].pk, "second": company["A2"].pk, "kept": company["A3"].pk},
    ):
        assert tanaka.post(f"{PATH}decide/", decision="same", **data).status_code == 302
    assert not Merge.objects.exists()
    assert tanaka.post(f"{PATH}999/undo/").status_code == 302
