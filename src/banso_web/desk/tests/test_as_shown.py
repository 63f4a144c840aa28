"""What leaves 顧客一覧 is what stands on it: exports after a filter, the bulk edit by names, the rights of both."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import openpyxl

from banso_web.accounts.models import Account
from banso_web.desk.tests.conftest import Desk
from banso_web.members.models import Member

Desks = Callable[[str], Desk]
Company = dict[str, Account]
LIST = "/customers/"


def _links(page: str) -> dict[str, str]:
    """{kind: address} of the export links that stand in the page."""
    found = [unescape(link) for link in re.findall(r'href="([^"]*export=[^"]*)"', page)]
    return {parse_qs(urlsplit(link).query)["export"][0]: link for link in found}


def test_after_a_filter_the_export_holds_the_rows_that_are_shown(desk: Desks, company: Company) -> None:
    """htmx swaps the list alone; so its export links come with it."""
    tanaka = desk("tanaka")
    asked = {"segment": "大手", "q": "", "sort": "-mrr", "columns": "name,code,mrr"}
    fragment = tanaka.client.get(LIST, asked, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    links = _links(fragment)
    assert set(links) == {"csv", "cp932", "xlsx"}
    rows = list(csv.reader(io.StringIO(tanaka.text(links["csv"]))))
    assert [row[1] for row in rows[1:]] == ["A1", "A2"]
    book = openpyxl.load_workbook(io.BytesIO(tanaka.get(links["xlsx"]).content))
    assert [row[1].value for row in book.worksheets[0].iter_rows(min_row=2)] == ["A1", "A2"]


def test_an_export_stands_in_the_order_of_the_screen_with_ties_and_empty_values(
    desk: Desks, company: Company
) -> None:
    tanaka = desk("tanaka")
    for sort in ("-mrr", "mrr", "-renewal", "renewal", "segment,-mrr"):
        rows = list(csv.reader(io.StringIO(tanaka.text(LIST, export="csv", sort=sort, columns="name,code"))))
        shown = [row.code for row in tanaka.get(LIST, sort=sort).context["page"].rows]
        assert [row[1] for row in rows[1:]] == shown, sort


def test_the_filter_form_carries_the_day_the_order_and_the_columns(desk: Desks, company: Company) -> None:
    page = desk("tanaka").text(
        LIST, as_of="2026-09-30", sort="-mrr", columns="name,mrr", month="2026-12", segment="大手"
    )
    form = page[page.index('class="filter-bar"') : page.index('id="list-search"')]
    kept = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
    assert kept == {"as_of": "2026-09-30", "sort": "-mrr", "columns": "name,mrr", "month": "2026-12"}


def test_amounts_are_whole_yen_and_excel_says_what_it_is_of(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    asked = {"columns": "name,mrr", "segment": "中堅", "as_of": "2026-09-30"}
    rows = list(csv.reader(io.StringIO(tanaka.text(LIST, export="csv", **asked))))
    assert rows[0] == ["顧客", "MRR(税抜)"] and [row[1] for row in rows[1:]] == ["10000", "30000"]
    book = openpyxl.load_workbook(io.BytesIO(tanaka.get(LIST, export="xlsx", **asked).content))
    assert [cell.number_format for cell in book.worksheets[0]["B"]][1:] == ["#,##0", "#,##0"]
    facts = {row[0].value: str(row[1].value) for row in book["この表について"].iter_rows()}
    assert facts["基準日"] == "2026/09/30(水)" and facts["集計対象"] == "2社"
    assert facts["絞り込み"] == "セグメント: 中堅" and facts["通貨"] == "JPY (税抜)"
    assert facts["作成日時"].startswith("2026/11/24") and facts["作成日時"].endswith("JST")


def test_who_may_not_export_sees_no_links_and_gets_403(desk: Desks, company: Company) -> None:
    yamamoto = desk("yamamoto")
    assert _links(yamamoto.text(LIST)) == {}
    assert [yamamoto.get(LIST, export=kind).status_code for kind in ("csv", "xlsx", "cp932")] == [403] * 3


def test_the_exclusions_have_words_in_both_languages(desk: Desks, company: Company) -> None:
    tanaka = desk("tanaka")
    page = tanaka.text(LIST, excluded="test")
    assert (
        '<span class="mark">検証</span>' in page
        and ">無償トライアル</option>" in page
        and ">貸出</option>" in page
    )
    tanaka.client.cookies["banso_language"] = "en"
    page = tanaka.text(LIST, excluded="test")
    assert '<span class="mark">Test</span>' in page and ">Free trial</option>" in page


def test_the_head_offers_one_more_key_and_says_which_is_first(desk: Desks, company: Company) -> None:
    page = desk("tanaka").text(LIST, sort="segment,-mrr")
    head = page[page.index("<thead>") : page.index("</thead>")]
    added = [
        parse_qs(urlsplit(link).query)["sort"][0] for link in re.findall(r'data-sort-add="([^"]*)"', head)
    ]
    assert "segment,-mrr,name" in added and "segment,mrr" in added and "-segment,-mrr" in added
    assert list(re.findall(r'sort-rank">(\d)', head)) == ["1", "2"]
    assert "sort-rank" not in desk("tanaka").text(LIST, sort="-mrr")


def test_only_people_who_own_customers_are_offered_as_a_filter(
    desk: Desks, company: Company, person: Callable[[str], Member]
) -> None:
    def offered(page: str) -> list[str]:
        box = page[page.index('name="owner"') : page.index('name="segment"')]
        return re.findall(r'<option value="\d+"[^>]*>([^<]*)</option>', box)

    person("ito")
    assert sorted(offered(desk("tanaka").text(LIST))) == ["佐藤", "鈴木", "高橋"]
    chosen = offered(desk("tanaka").text(LIST, owner=str(person("ito").pk)))
    assert "伊藤" in chosen, "what the address asks for is shown all the same"


def test_a_new_owner_is_chosen_by_name(
    desk: Desks, company: Company, person: Callable[[str], Member]
) -> None:
    tanaka = desk("tanaka")
    page = tanaka.text(LIST)
    field = page[page.index('name="value_owner"') :]
    assert f'<option value="{person("suzuki").pk}">鈴木</option>' in field[: field.index("</select>")]
    ids = [company["A1"].pk, company["A3"].pk]
    tanaka.post("/customers/bulk/", ids=ids, field="owner", value_owner=person("suzuki").pk, value_deputy="")
    assert set(Account.objects.filter(pk__in=ids).values_list("owner__code", flat=True)) == {"suzuki"}
    tanaka.post("/customers/bulk/", ids=ids, field="owner", value_owner="none")
    assert set(Account.objects.filter(pk__in=ids).values_list("owner", flat=True)) == {None}
    tanaka.post("/customers/bulk/", ids=ids, field="touch", value_touch=["high", "tech"])
    assert set(Account.objects.filter(pk__in=ids).values_list("touch", flat=True)) == {"high;tech"}


def test_after_a_refusal_ticks_field_and_value_stay(
    desk: Desks, company: Company, person: Callable[[str], Member]
) -> None:
    tanaka, ids = desk("tanaka"), [company["A1"].pk, company["A2"].pk]
    tanaka.post("/customers/bulk/", ids=ids, field="excluded", value_excluded="")
    page = tanaka.text(LIST)
    assert (
        "新しい値を選んでください" in page
        and not Account.objects.filter(pk__in=ids).exclude(excluded="").exists()
    )
    assert set(re.findall(r'value="(\d+)" checked data-select-row', page)) == {str(pk) for pk in ids}
    assert '<option value="excluded" selected>' in page
    person("ito").is_active = False
    gone = Member.objects.get(code="ito")
    Member.objects.filter(pk=gone.pk).update(is_active=False)
    tanaka.post("/customers/bulk/", ids=ids, field="segment", value_segment=["特別", "none"])
    tanaka.post("/customers/bulk/", ids=ids, field="owner", value_owner=gone.pk)
    page = tanaka.text(LIST)
    assert "担当にできません" in page and '<option value="owner" selected>' in page
    assert "data-select-row" in page and " checked data-select-row" not in tanaka.text(LIST), "once"


def test_an_exported_file_can_be_read_again(desk: Desks, company: Company, tmp_path: Path) -> None:
    """Rows alone: the first line is the head, nothing above it and nothing below the last customer."""
    rows = list(csv.reader(io.StringIO(desk("tanaka").text(LIST, export="csv"))))
    assert len(rows) == 1 + len(company) and len({len(row) for row in rows}) == 1
