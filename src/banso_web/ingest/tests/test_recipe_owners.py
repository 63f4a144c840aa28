"""担当者 of a company's own list becomes 主担当: by name, by choice, with what is unknown listed, and undone with the import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from banso_web.accounts.models import Account, Contract
from banso_web.ingest import undoing
from banso_web.ingest.models import Mapping
from banso_web.ingest.tests.pages import Pages
from banso_web.members.models import Member

LEDGER = """顧客コード,顧客名,担当CSM,製品,契約開始日,満了日,月額
1,甲社,佐藤,A,2025-04-01,2027-03-31,1000
2,乙社,鈴木さん,A,2025-04-01,2027-03-31,500
3,丙社,小林 太郎,A,2025-04-01,2027-03-31,500
4,丁社,退職者,A,2025-04-01,2027-03-31,500
5,戊社,未定,A,2025-04-01,2027-03-31,500
6,己社,佐藤,A,2025-04-01,2026-03-31,500
6,己社,鈴木さん,A,2026-04-01,2027-03-31,700
"""


def owners() -> dict[str, str | None]:
    rows = Account.objects.filter(live=True).order_by("code")
    return dict(rows.values_list("code", "owner__name"))


def test_owners_of_a_ledger_are_matched_chosen_listed_and_undone(
    pages: Pages, person: Callable[[str], Member]
) -> None:
    person("sato"), person("suzuki")
    run = pages.upload(("契約台帳.csv", LEDGER))
    pages.choose(run)
    url = f"/imports/{run.pk}/files/0/columns/"
    shown = pages.shown(url)
    assert shown["to_2"] == "owner"
    words = {shown[f"word_owner_{n}"]: n for n in range(3)}
    # 佐藤 is a member and 未定 nobody: neither is asked about. 鈴木さん is guessed by the family name.
    assert {word: shown[f"value_owner_{n}"] for word, n in words.items()} == {
        "鈴木さん": "suzuki", "小林 太郎": "", "退職者": "",
    }  # fmt: skip
    pages.save_columns(run, **{f"value_owner_{words['退職者']}": "-"})
    text = pages.preview(run)
    assert "顧客 4 社に主担当を入れます" in text and "行によって担当者が違う 1 社" in text
    assert "次の 1 名は、どのメンバーか分かりません" in text and "小林 太郎(1 社)" in text
    run = pages.derive(run)
    assert "メンバーにない担当者 1 名を、権限なし・未整備で作ります: 小林 太郎" in pages.text(
        "import_run", run.pk
    )
    run = pages.confirm(run)
    expected = {"1": "佐藤", "2": "鈴木", "3": "小林 太郎", "4": None, "5": None, "6": "鈴木"}
    assert run.state == "done" and owners() == expected
    made = Member.objects.get(name="小林 太郎")
    assert not made.roles.exists() and (made.email, made.password) == (None, "")
    kept = Mapping.objects.order_by("-pk")[0].body["fields"]["owner"]["values"]
    assert kept == {"鈴木さん": "suzuki", "退職者": "-"}

    # The next month's list names another owner for 甲社 and asks nothing anew.
    later = pages.upload(("契約台帳.csv", LEDGER.replace("1,甲社,佐藤", "1,甲社,鈴木さん")))
    pages.choose(later)
    later = pages.confirm(pages.derive(later))
    assert owners() == {**expected, "1": "鈴木"}
    undoing.undo_run(later, actor=None, reason="test", accept=True)
    assert owners() == expected
    undoing.undo_run(run, actor=None, reason="test", accept=True)
    assert not Account.objects.filter(live=True).exists()


@pytest.mark.parametrize(
    ("name", "kind", "data", "expected"),
    [
        ("MRR.csv", "wide", "会社名,担当,2025年4月,2025年5月,2025年6月\n甲社,佐藤,10,10,10\n乙社,,20,20,20\n", {"甲社": "佐藤", "乙社": None}),
        ("契約一覧_202504.csv", "snapshots", "顧客コード,主担当,製品,月額\n1,佐藤,A,10\n", {"1": "佐藤"}),
        ("商談.csv", "deals", "顧客コード,担当者,種別,受注日,金額\n1,佐藤,新規,2025-04-01,10\n", {"1": None}),
    ],
)  # fmt: skip
def test_other_lists_have_owners_too_but_a_deals_owner_is_its_seller(
    pages: Pages,
    person: Callable[[str], Member],
    name: str,
    kind: str,
    data: str,
    expected: dict[str, str | None],
) -> None:
    person("sato")
    run = pages.upload((name, data))
    pages.choose(run, **{"f0-kind": kind})
    pages.save_columns(run, **({"const_product": "A"} if kind == "deals" else {}))
    assert pages.confirm(pages.derive(run)).state == "done"
    assert owners() == expected


def test_a_ledger_without_codes_names_its_customers_and_reads_month_ends(pages: Pages) -> None:
    rows = "お客様名,担当,製品,開始,終了,月額\nみどり物流,未定,A,2025年4月1日,2027年3月末,300000\n南山大学,,A,R7.4.1,令和9年2月末日,100\n"
    run = pages.upload(("契約管理表_2026年度.csv", rows))
    pages.choose(run)
    shown = pages.shown(f"/imports/{run.pk}/files/0/columns/")
    assert shown["name"] == "契約管理表" and "word_owner_0" not in shown
    pages.save_columns(run)
    run = pages.confirm(pages.derive(run))
    assert run.state == "done" and "incomplete_accounts" not in str(run.notes)
    assert list(Account.objects.order_by("code").values_list("code", "name", "incomplete", "owner")) == [
        ("みどり物流", "みどり物流", False, None),
        ("南山大学", "南山大学", False, None),
    ]
    ends = Contract.objects.order_by("account__code").values_list("ends_on", flat=True)
    assert list(ends) == [date(2027, 3, 31), date(2027, 2, 28)]


def test_a_list_of_customers_without_codes_meets_the_ledger_by_name(pages: Pages) -> None:
    ledger = "お客様名,製品,開始,終了,月額\n㈱みどり物流,A,2025-04-01,2027-03-31,1000\n"
    pages.ledger(ledger.encode(), "契約台帳.csv")
    run = pages.upload(("顧客リスト.csv", "会社名,業種\n㈱みどり物流,運輸\nさくら病院,医療\n"))
    pages.choose(run)
    assert "顧客名をIDとして使います" in pages.text("import_mapping", run.pk, 0)
    assert "the names serve as IDs" in pages.text("import_mapping", run.pk, 0, lang="en")
    pages.save_columns(run)
    run = pages.confirm(pages.work(run))
    assert run.state == "done"
    rows = Account.objects.filter(live=True).order_by("code").values_list("code", "name", "industry")
    assert list(rows) == [("(株)みどり物流", "㈱みどり物流", "運輸"), ("さくら病院", "さくら病院", "医療")]
