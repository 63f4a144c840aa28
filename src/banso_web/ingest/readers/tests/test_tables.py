"""Files as tables: encodings, headers, limits, and the formats beside CSV."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from banso_web.ingest.readers import Limits, ReadProblem, Shape, Unreadable, open_table, shape_changes
from banso_web.ingest.readers.canonical import CONTRACTS
from banso_web.ingest.readers.convert import FieldMap, convert_rows

CSV = "顧客コード,顧客名,電話番号\r\n001,髙橋①商店,03-1234-5678\r\n002,㈱アシスト,045-111-2222\r\n"


def _rows(data: bytes, name: str = "x.csv", **options: Any) -> list[tuple[Any, ...]]:
    return [row.values for row in open_table(data, name, **options).rows()]


@pytest.mark.parametrize(
    ("coding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp932", "cp932"), ("utf-16", "utf-16")],
)
def test_the_encodings_of_japanese_files(coding: str, found: str) -> None:
    table = open_table(CSV.encode(coding), "x.csv")
    assert table.encoding == found
    assert table.headers == ("顧客コード", "顧客名", "電話番号")
    assert [row.values for row in table.rows()] == [
        ("001", "髙橋①商店", "03-1234-5678"),
        ("002", "㈱アシスト", "045-111-2222"),
    ]


def test_half_width_kana_in_cp932_is_not_taken_for_utf_8() -> None:
    assert _rows("名前,値\r\nﾃｱﾃｱ,1\r\n東京,2\r\n".encode("cp932")) == [("ﾃｱﾃｱ", "1"), ("東京", "2")]


def test_mixed_encodings_name_the_line() -> None:
    data = "顧客名,値\n東京,1\n大阪,2\n".encode() + "名古屋,3\n".encode("cp932") + "福岡,4\n".encode()
    with pytest.raises(ReadProblem) as caught:
        open_table(data, "x.csv")
    assert (caught.value.code, caught.value.row) == ("mixed_encoding", 4)
    assert caught.value.detail["encoding"] == "cp932"


def test_bytes_that_are_no_text_name_the_line() -> None:
    with pytest.raises(ReadProblem) as caught:
        open_table(b"a,b\n1,\x82\n2,\xff\xff\n", "x.csv")
    assert (caught.value.code, caught.value.row) == ("bad_encoding", 2)
    with pytest.raises(ReadProblem, match="binary_content"):
        open_table(b"a,b\n1,\x00\n", "x.csv")


def test_limits_stop_what_would_hurt() -> None:
    cases: list[tuple[bytes, Limits, str, int | None]] = [
        (b"a,b\n" + b"1," * 1_000_000 + b"1\n", Limits(), "too_many_columns", 2),
        (b"a" * 17_000_000, Limits(), "line_too_long", 1),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", Limits(), "cell_too_long", 2),
        (b'a,b\n1,"never closed\n' + b"x,y\n" * 60_000, Limits(), "cell_too_long", 2),
        (b"a,b\n" + b"1,2\n" * 20, Limits(rows=10), "too_many_rows", 12),
        (b"a,b\n1,2\n", Limits(file_bytes=4), "file_too_large", None),
        (b"", Limits(), "empty_file", None),
    ]
    for data, limits, code, row in cases:
        with pytest.raises(ReadProblem) as caught:
            list(open_table(data, "x.csv", limits=limits).rows())
        assert (caught.value.code, caught.value.row) == (code, row)


def test_a_row_with_more_cells_than_the_header_is_refused_alone() -> None:
    rows = list(open_table(b"a,b\n1,2\n1,2,3\n1\n1,2,,\n", "x.csv").rows())
    assert [row.problem.code if row.problem else "" for row in rows] == ["", "extra_cells", "", ""]
    assert [row.number for row in rows] == [2, 3, 4, 5]
    assert rows[2].values == ("1", None)


def test_line_numbers_survive_line_ends_inside_quotes() -> None:
    rows = list(open_table(b'a,b\n"x\ny",1\nz,2\n', "x.csv").rows())
    assert [(row.number, row.values) for row in rows] == [(2, ("x\ny", "1")), (4, ("z", "2"))]


def test_title_rows_totals_dittos_and_remarks_in_a_csv() -> None:
    text = "契約一覧,,\n作成日,2026/10/01,\n\n顧客名,製品,月額\n朝日,A,100\n〃,B,50\n小計,,150\n顧客名,製品,月額\n緑,同上,10\n合　計,,160\n※税抜,,\n"
    table = open_table(text.encode(), "x.csv")
    assert table.header_rows == (4,)
    assert [row.values for row in table.rows()] == [
        ("朝日", "A", "100"),
        ("朝日", "B", "50"),
        ("緑", "B", "10"),
    ]
    assert [(s.number, s.kind) for s in table.skipped] == [
        (7, "total"),
        (8, "header"),
        (10, "total"),
        (11, "remark"),
    ]


def test_a_company_whose_name_sounds_like_a_total_stays() -> None:
    text = "顧客名,月額\n中央会計,100\n時計の合計堂,50\n株式会社トータル,10\n"
    assert len(_rows(text.encode())) == 3


def test_the_header_row_can_be_chosen() -> None:
    table = open_table("x,y\n顧客名,月額\n1,2\n".encode(), "x.csv", header_row=1)
    assert table.headers == ("x", "y")


def test_what_changed_in_a_files_shape() -> None:
    before = Shape(("顧客名", "月額", "2025/04"), 1)
    after = Shape(("顧客名", "担当", "2025/04", "2025/05"), 3)
    changes = [(c.code, c.column, c.before, c.after) for c in shape_changes(before, after)]
    assert changes == [("removed", "月額", "", ""), ("added", "担当", "", ""), ("moved_header", "", "1", "3")]
    same = Shape(("2025/05", "月 額", "顧客名", "2025/04"), 2)
    assert same.fingerprint == before.fingerprint != after.fingerprint
    assert Shape.from_json(after.as_json()) == after


def test_json_lines() -> None:
    data = b'{"account_id":"A1","mrr":1.10,"tags":["x","y"]}\n\nnot json\n{"account_id":"A2","deep":{"a":1}}\n[1]\n'
    table = open_table(data, "x.jsonl")
    rows = list(table.rows())
    assert table.headers == ("account_id", "mrr", "tags", "deep")
    assert [row.number for row in rows] == [1, 3, 4, 5]
    assert str(rows[0].values[1]) == "1.10" and rows[0].values[2] == "x;y"
    assert rows[1].problem is not None and rows[1].problem.code == "bad_json"
    assert isinstance(rows[2].values[3], Unreadable)
    assert rows[3].problem is not None


def test_parquet_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    with duckdb.connect() as made:
        target = str(path).replace("'", "''")
        made.execute(
            f"COPY (SELECT 'A1' account_id, 1.5::DECIMAL(18,4) mrr, DATE '2026-04-01' starts_on) TO '{target}'"
        )
    for source in (path, path.read_bytes()):
        table = open_table(source, "x.parquet")
        (row,) = table.rows()
        assert table.headers == ("account_id", "mrr", "starts_on")
        assert (row.values[0], str(row.values[1]), row.values[2]) == ("A1", "1.5000", dt.date(2026, 4, 1))
    with pytest.raises(ReadProblem, match="broken_parquet"):
        open_table(b"PAR1 and no more", "x.parquet")


def _book(build: Any) -> bytes:
    book = openpyxl.Workbook()
    build(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_text_that_begins_like_a_formula_stays_text_and_formulas_are_never_evaluated() -> None:
    def build(book: openpyxl.Workbook) -> None:
        page = book.active
        page.append(["顧客名", "製品", "月額"])
        page.append(["x", "y", "=1+1"])  # written by a program: Excel never calculated it
        for place, text in enumerate(("=cmd()", "+81", "@tanaka"), start=1):
            cell = page.cell(3, place, text)
            cell.data_type = "s"

    table = open_table(_book(build), "x.xlsx")
    rows = list(table.rows())
    assert isinstance(rows[0].values[2], Unreadable) and rows[0].values[2].code == "formula_no_value"
    assert rows[1].values == ("=cmd()", "+81", "@tanaka")
    fields = {"account_id": FieldMap("顧客名"), "mrr": FieldMap("月額")}
    first = next(iter(convert_rows(table, CONTRACTS, fields, required=("account_id",))))
    assert [(p.column, p.problem.code) for p in first.problems] == [("月額", "formula_no_value")]


def test_a_stray_cell_at_the_far_corner_costs_nothing_and_zero_padded_codes_stay() -> None:
    def build(book: openpyxl.Workbook) -> None:
        page = book.active
        page.append(["顧客コード", "顧客名"])
        page.append([12, "朝日"])
        page.cell(2, 1).number_format = "0000"
        page.cell(5000, 16384).number_format = "0.00"

    assert _rows(_book(build), "x.xlsx") == [("0012", "朝日")]


def test_the_sheet_can_be_chosen_and_hidden_ones_are_noted() -> None:
    def build(book: openpyxl.Workbook) -> None:
        book.active.title = "表紙"
        book.active.append(["契約台帳", None])
        data = book.create_sheet("データ")
        data.append(["顧客名", "月額", "契約開始日"])
        data.append(["朝日", 100, dt.date(2026, 4, 1)])
        old = book.create_sheet("旧")
        old.append(["顧客名", "月額", "契約開始日", "契約終了日"])
        old.sheet_state = "hidden"

    data = _book(build)
    table = open_table(data, "x.xlsx")
    assert table.sheet == "データ"
    assert [(s.name, s.hidden) for s in table.sheets] == [("表紙", False), ("データ", False), ("旧", True)]
    assert [n.text for n in table.notes if n.code == "hidden_sheet"] == ["旧"]
    assert open_table(data, "x.xlsx", sheet="旧").headers[-1] == "契約終了日"
    with pytest.raises(ReadProblem, match="no_such_sheet"):
        open_table(data, "x.xlsx", sheet="ない")


def test_bad_workbooks() -> None:
    with pytest.raises(ReadProblem, match="broken_workbook"):
        open_table(b"PK\x03\x04 nothing", "x.xlsx")
    with pytest.raises(ReadProblem, match="old_workbook"):
        open_table(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "x.xlsx")
    with pytest.raises(ReadProblem, match="old_workbook"):
        open_table(b"x", "x.xls")
    with pytest.raises(ReadProblem, match="unknown_format"):
        open_table(b"x", "x.pdf")


def test_a_zip_bomb_is_not_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b" " * 100_000_000)
    with pytest.raises(ReadProblem, match="expands_too_much"):
        open_table(stream.getvalue(), "x.xlsx")


def test_xml_that_defines_entities_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("xl/workbook.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>')
    with pytest.raises(ReadProblem, match="unsafe_workbook"):
        open_table(stream.getvalue(), "x.xlsx")
