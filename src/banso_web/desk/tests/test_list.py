"""顧客一覧: filters, exports, bulk edit and its undo, saved views, bad addresses, constant queries, who sees what."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from banso_web.accounts.actions.editing import edit_many
from banso_web.accounts.models import Account
from banso_web.core.bulk import insert_rows
from banso_web.core.errors import Forbidden, NotVisible
from banso_web.core.models import AuditRow, SavedView, StateVersion
from banso_web.desk.tests.conftest import Desk
from banso_web.members.models import Member

Desks = Callable[[str], Desk]
Company = dict[str, Account]
LIST = "/customers/"


def test_filters_narrow_and_the_total_is_theirs(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    page = tanaka.text(LIST, segment="大手")
    assert "㈱アシスト" in page and "西川印刷" not in page
    assert "¥170,000" in page  # 120,000 + 50,000
    assert "西川印刷" in tanaka.text(LIST, q="にしかわ")
    assert "西川印刷" in tanaka.text(LIST, owner="me") or tanaka.member.code == "tanaka"
    mine = desk("sato").text(LIST, owner="me")
    assert "㈱アシスト" in mine and "西川印刷" in mine and "株式会社アシスト" not in mine


BAD = [
    {"after": "nonsense"}, {"after": "W10"}, {"before": "eyJ"}, {"month": "2026-13"}, {"month": "x"},
    {"owner": "abc"}, {"owner": "9" * 40}, {"owner": "²"}, {"q": "あ" * 5_000}, {"q": "%_\\'\""},
    {"sort": "nonsense,-"}, {"sort": "-mrr,name,renewal,owner"}, {"renewal": "-1"}, {"renewal": "99999"},
    {"silent": "99999"}, {"month": "9999-12"}, {"month": "0001-01"}, {"columns": "nope"}, {"watermark": "99999999999999999999"}, {"touch": "x" * 500},
    {"segment": "\x00"}, {"q": "\x00"}, {"excluded": "\x00"}, {"export": "pdf"},
    {"as_of": "2026-09-30", "after": "²"}, {"as_of": "2026-09-30", "sort": "-renewal"},
    {"as_of": "2026-09-30", "silent": "99999"}, {"after": "WzEsMl0"}, {"after": "WyJhIiwgImIiXQ"},
    {"sort": "-mrr", "after": "WyJhIiwgImIiXQ"}, {"sort": "renewal", "after": "WyJhIiwgMV0"}, {"month": "²²²²-01"},
]  # fmt: skip


def test_no_address_breaks_the_list_or_the_grid(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    broken = {}
    for query in BAD:
        for path in (LIST, "/portfolio/"):  # every other address: tests/test_nonsense.py
            try:
                code = tanaka.get(path, **query).status_code
            except Exception as problem:
                code = repr(problem)
            if code != 200:
                broken[path, *query.items()] = code
    assert not broken, list(broken.items())


def test_the_list_asks_as_much_for_many_as_for_few(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    tanaka.text(LIST)

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            tanaka.text(LIST, sort="-mrr", segment="大手")
        return len(found)

    few = asked()
    insert_rows(
        Account, ({"code": f"B{n}", "name": f"B{n}", "live": True, "segment": "大手"} for n in range(200))
    )
    assert asked() <= few <= 14


def _exported(desk: Desk, **query: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(desk.text(LIST, export="csv", **query))))


def test_an_export_is_the_screen_and_runs_no_formula(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    rows = _exported(tanaka, segment="中堅", sort="-mrr", columns="name,mrr,code")
    assert rows[0] == ["顧客", "顧客ID", "MRR(税抜)"]
    assert [(row[1], int(row[2])) for row in rows[1:]] == [("A3", 30_000), ("A4", 10_000)]
    assert rows[2][0] == '\'=HYPERLINK("http://x")'
    answer = tanaka.get(LIST, export="xlsx", segment="中堅", sort="-mrr", columns="name,mrr,code")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert values[0] == rows[0] and [row[1] for row in values[1:]] == ["A3", "A4"]
    assert sheet["A3"].data_type == "s" and sheet["A3"].value.startswith("=HYPER")
    assert AuditRow.objects.filter(action="customers.export").count() == 2


def test_who_sees_what(desk: Desks, company: Company) -> None:
    """山本 (プロダクト) sees customers without money and without contact names; 伊藤 (人事) sees no customers."""
    yamamoto, ito = desk("yamamoto"), desk("ito")
    account = company["A1"].pk
    pages = [
        yamamoto.text(LIST, columns="name,mrr"),
        yamamoto.text(LIST, sort="-mrr"),
        yamamoto.text(f"/customers/{account}/"),
        yamamoto.text(f"/customers/{account}/timeline/"),
        yamamoto.text("/search", q="山田"),
        yamamoto.text("/"),
    ]
    for text in pages:
        assert "花子" not in text and "hanako" not in text and "ichiro" not in text
        assert "120,000" not in text and "¥" not in text
    assert "花子" in desk("tanaka").text("/search", q="ﾔﾏﾀﾞ")
    assert yamamoto.get("/portfolio/").status_code == 403
    for path in (LIST, f"/customers/{account}/", f"/customers/{account}/timeline/", "/portfolio/",
                 f"/customers/{account}/edit/", "/customers/matching/"):  # fmt: skip
        assert ito.get(path).status_code in (403, 404), path
    assert "㈱アシスト" not in ito.text("/search", q="アシスト") and "アシスト" not in ito.text("/")
    assert ito.post("/customers/bulk/", ids=[account], field="segment", value_segment="x").status_code == 403


def test_editing_is_for_the_owner_the_deputy_and_their_manager(desk: Desks, company: Company) -> None:
    def edit(who: str, code: str) -> int:
        return int(desk(who).get(f"/customers/{company[code].pk}/edit/").status_code)

    assert [edit("sato", code) for code in ("A1", "A2", "A3", "A4")] == [200, 403, 200, 403]
    assert [edit("suzuki", code) for code in ("A1", "A2", "A3")] == [403, 200, 200]
    assert [edit("tanaka", code) for code in ("A1", "A2", "A3", "A4", "A5")] == [200] * 5
    assert edit("yamamoto", "A1") == 403
    assert desk("tanaka").get("/customers/999999/").status_code == 404


def test_a_bulk_edit_of_one_forbidden_customer_changes_nothing(desk: Desks, company: Company) -> None:
    ids = [company["A1"].pk, company["A2"].pk]
    assert (
        desk("sato").post("/customers/bulk/", ids=ids, field="segment", value_segment="特別").status_code
        == 403
    )
    assert not Account.objects.filter(segment="特別").exists()
    with pytest.raises(NotVisible):
        edit_many([company["A1"].pk, 999_999], {"segment": "x"}, actor=desk("tanaka").member)
    desk("tanaka").post("/customers/bulk/", ids=[company["A1"].pk], field="owner", value_owner="999999")
    assert Account.objects.get(code="A1").owner == desk("sato").member


def test_a_bulk_edit_is_one_entry_and_one_undo(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    ids = [company[code].pk for code in ("A1", "A2", "A3")]
    tanaka.post(
        "/customers/bulk/", ids=ids, field="segment", value_segment="特別", next="/customers/?segment=特別"
    )
    assert list(Account.objects.filter(segment="特別").values_list("code", flat=True).order_by("code")) == [
        "A1",
        "A2",
        "A3",
    ]
    rows = AuditRow.objects.filter(action="account.edit")
    assert {(row.subject_label, row.old["segment"], row.new["segment"], row.via) for row in rows} == {
        ("㈱アシスト", "大手", "特別", "page"), ("株式会社アシスト", "大手", "特別", "page"),
        ("西川印刷", "中堅", "特別", "page")}  # fmt: skip
    entry = (
        StateVersion.objects.filter(values={"segment": "特別"})
        .values_list("entry_id", flat=True)
        .distinct()
        .get()
    )
    assert desk("suzuki").post("/customers/undo/", entry=entry).status_code == 403
    tanaka.post("/customers/undo/", entry=entry)
    assert not Account.objects.filter(segment="特別").exists()
    assert tanaka.post("/customers/undo/", entry=entry).status_code == 422, "an undo is not undone twice"


def test_many_are_edited_in_a_constant_number_of_queries(
    person: Callable[[str], Member], company: Company
) -> None:
    insert_rows(Account, ({"code": f"B{n}", "name": f"B{n}", "live": True} for n in range(600)))
    ids = list(Account.objects.filter(code__startswith="B").values_list("pk", flat=True))
    tanaka = person("tanaka")
    counted = []
    for number, part in enumerate((ids[:5], ids[5:600])):
        with CaptureQueriesContext(connection) as found:
            done = edit_many(part, {"segment": f"新{number}", "owner_id": tanaka.pk}, actor=tanaka)
        assert done.changed == len(part)
        counted.append(sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in found))
    # executemany shows as one query a row set; nothing else may grow with the accounts
    assert counted[1] <= counted[0] + 2, counted


def test_own_team_only(person: Callable[[str], Member], company: Company) -> None:
    with pytest.raises(Forbidden):
        edit_many([company["A1"].pk, company["A4"].pk], {"segment": "x"}, actor=person("sato"))
    assert (
        edit_many([company["A1"].pk, company["A3"].pk], {"segment": "x"}, actor=person("sato")).changed == 2
    )


def test_two_people_editing_the_same_customer_are_told(desk: Desks, company: Company) -> None:
    sato, tanaka, account = desk("sato"), desk("tanaka"), company["A1"]
    path = f"/customers/{account.pk}/edit/"
    seen = sato.get(path).context["form"].initial["seen"]
    shown = {"name": "㈱アシスト", "segment": "大手", "seen": seen, "touch": "high", "owner": sato.member.pk,
             "started_on": "2024-04-01"}  # fmt: skip
    assert tanaka.post(path, **{**shown, "segment": "最重要"}).status_code == 302
    answer = sato.post(path, **{**shown, "segment": "中堅"})
    assert answer.status_code == 422 and "ほかの人が先に" in answer.content.decode()
    assert Account.objects.get(pk=account.pk).segment == "最重要"


def test_wrong_values_are_told_beside_their_fields(desk: Desks, company: Company) -> None:
    path = f"/customers/{company['A1'].pk}/edit/"
    seen = desk("sato").get(path).context["form"].initial["seen"]
    answer = desk("sato").post(path, name="㈱アシスト", seen=seen, corporate_number="4011001098994")
    assert answer.status_code == 422 and "検査数字が合いません" in answer.content.decode()
    assert Account.objects.get(code="A1").corporate_number == ""


def test_views_are_saved_shared_renamed_and_deleted(desk: Desks, company: Company) -> None:
    sato, suzuki = desk("sato"), desk("suzuki")
    kept = {
        "page": "customers",
        "query": "segment=大手&sort=-mrr&after=xyz&column=name&column=code",
        "next": LIST,
    }
    sato.post("/views/save/", name="大手だけ", **kept)
    view = SavedView.objects.get()
    assert view.query == {"segment": ["大手"], "sort": ["-mrr"], "column": ["name", "code"]}
    assert "大手だけ" in sato.text(LIST) and "大手だけ" not in suzuki.text(LIST)
    for deed in ("share", "rename", "delete"):
        assert suzuki.post(f"/views/{view.pk}/", deed=deed, name="x").status_code == 404
    sato.post(f"/views/{view.pk}/", deed="share")
    assert "大手だけ" in suzuki.text(LIST)
    sato.post(f"/views/{view.pk}/", deed="rename", name="重要顧客", next="https://evil.example/")
    assert SavedView.objects.get().name == "重要顧客"
    assert (
        sato.post(f"/views/{view.pk}/", deed="rename", name="", next="https://evil.example/")["Location"]
        == "/"
    )
    opened = sato.text(
        LIST, **{key: values if len(values) > 1 else values[0] for key, values in view.query.items()}
    )
    assert "㈱アシスト" in opened and "西川印刷" not in opened and "<summary" in opened
    sato.post(f"/views/{view.pk}/", deed="delete")
    assert not SavedView.objects.exists()
    assert sato.post("/views/save/", name="x", page="../x", query="").status_code == 404


def test_an_empty_home_offers_the_first_steps(desk: Desks) -> None:
    assert "はじめに" in desk("tanaka").text("/")
    assert "顧客一覧と契約台帳を取り込む" in desk("tanaka").text("/")
    assert "まだ顧客がいません" in desk("tanaka").text(LIST)
    for who in ("sato", "yamamoto", "ito", "watanabe", "kanri"):
        assert desk(who).get("/").status_code == 200


def test_a_segment_that_says_the_touch_is_printed_once(desk: Desks, company: Company) -> None:
    tanaka, path = desk("tanaka"), f"/customers/{company['A1'].pk}/"
    assert "大手 · ハイタッチ" in tanaka.text(path)
    tanaka.post("/customers/bulk/", ids=[company["A1"].pk], field="segment", value="ハイタッチ")
    page = tanaka.text(path)
    assert "ハイタッチ" in page and "ハイタッチ · ハイタッチ" not in page
