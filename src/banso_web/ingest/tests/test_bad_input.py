"""Files no program should trust, by the page and by the command, in both languages: a message, a remedy, data as it was."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation

from banso_web.accounts.models import Account
from banso_web.core.facts import current_watermark
from banso_web.ingest.commands import import_command
from banso_web.ingest.mapping import sql
from banso_web.ingest.readers import ReadProblem, open_table
from banso_web.ingest.tests.pages import Pages

JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def package(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name.replace("__", "/") + ".xml", data)
    return stream.getvalue()


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


CASES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "wrong": ("csv", lambda: b"account_id,name\nA1,\x81\xff\n", "文字コードが読めません(2 行目)"),
    "mixed": ("csv", lambda: "account_id,name\nA1,丸一\n".encode() + "A2,西川\n".encode("cp932"), "文字コードが途中で変わっています(3 行目)"),
    "columns": ("csv", lambda: (",".join(f"c{n}" for n in range(1_000_000)) + "\n").encode(), "列が多すぎます(1 行目、上限 2,000 列)"),
    "bomb": ("csv", lambda: b'account_id,name\nA1,"' + b"x" * 11_000_000, "引用符(\")が閉じていません"),
    "binary": ("csv", lambda: b"%PDF-1.4\x00\x01\x02", "表のファイルではない"),
    "empty": ("csv", lambda: b"", "空です"),
    "zip": ("xlsx", lambda: package(xl__workbook=b"<workbook/>", xl__worksheets__sheet1=b" " * 100_000_000), "展開すると極端に大きくなる"),
    "doctype": ("xlsx", lambda: package(xl__workbook=b"<!--" + b" " * 9_000 + b'--><!DOCTYPE x [<!ENTITY a "aa">]><workbook>&a;</workbook>'), "文書型の宣言"),
    "broken": ("xlsx", lambda: b"PK\x03\x04 nothing", "壊れています"),
    "locked": ("xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "パスワードのない .xlsx"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(CASES))
def test_the_command_tells_what_happened_and_what_to_do(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    ending, make, words = CASES[what]
    path = tmp_path / f"accounts.{ending}"
    path.write_bytes(make())
    for lang in ("ja", "en"):
        with translation.override(lang), pytest.raises(SystemExit):
            import_command([str(path)], standalone_mode=False)
        said = capsys.readouterr().err.strip()
        if lang == "ja":
            assert words in said and said.endswith("何も取り込んでいません。") and "ください" in said, said
        else:
            assert said.endswith("Nothing was taken.") and not JAPANESE.search(said), said
    assert not Account.objects.exists() and current_watermark() == 0


@pytest.mark.parametrize("what", sorted(CASES))
def test_the_page_tells_the_same(pages: Pages, what: str) -> None:
    ending, make, words = CASES[what]
    run = pages.upload((f"accounts.{ending}", make()))
    told = re.findall(r'role="alert">(.*?)</div>', pages.text("import_files", run.pk), re.S)
    assert any(words in one and "何も取り込んでいません。" in one for one in told), told
    english = re.findall(r'role="alert">(.*?)</div>', pages.text("import_files", run.pk, lang="en"), re.S)
    assert any("Nothing was taken." in one and not JAPANESE.search(one) for one in english), english
    assert pages.choose(run, **{"f0-kind": "accounts"}) == f"/imports/{run.pk}/files/"
    assert not Account.objects.exists() and current_watermark() == 0


def test_formulas_stay_text_in_a_workbook_and_in_the_list_of_refused_rows(pages: Pages) -> None:
    rows = (("account_id", "name", "employees"), ("A1", "@SUM(A1)", "-1+1"), ("A2", "'=1+1", 3))
    run = pages.go(pages.upload(("accounts.xlsx", workbook(*rows))))
    assert [row.raw["name"] for row in run.rejected.all()] == ["@SUM(A1)"]
    listed = pages.client.get(f"/imports/{run.pk}/rows.csv").getvalue().decode("utf-8-sig")
    assert not re.search(r'(^|,)"?[=@]', listed, re.M), listed
    assert pages.confirm(run, accept="1").state == "done" and Account.objects.get().name == "'=1+1"


def test_shared_texts_that_would_fill_the_memory_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from banso_web.ingest.readers.problems import Limits

    data = workbook(("account_id", "name"), ("A1", "丸一運輸" * 200))
    with pytest.raises(ReadProblem, match="expands_too_much"):
        open_table(data, "x.xlsx", limits=Limits(held_bytes=1_000))


def test_a_join_without_its_condition_is_stopped_and_told(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sql, "MAX_ROWS", 10_000)
    (tmp_path / "ledger.csv").write_text("a,b\n" + "1,2\n" * 2_000)
    mapping = tmp_path / "m.yaml"
    mapping.write_text("files:\n  accounts: SELECT x.a AS account_id, y.b AS name FROM ledger x, ledger y\n")
    with pytest.raises(SystemExit):
        import_command([str(tmp_path / "ledger.csv"), "--mapping", str(mapping)], standalone_mode=False)
    assert "上限 10,000 行" in capsys.readouterr().err and not Account.objects.exists()
    monkeypatch.setattr(sql, "MAX_BYTES", 100)
    mapping.write_text("files:\n  accounts: SELECT a AS account_id, b AS name FROM ledger\n")
    with pytest.raises(SystemExit):
        import_command([str(tmp_path / "ledger.csv"), "--mapping", str(mapping)], standalone_mode=False)
    assert "上限 100 バイト" in capsys.readouterr().err and not Account.objects.exists()


def test_a_check_with_refused_rows_fails_and_writes_only_their_list(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, rejected = tmp_path / "accounts.csv", tmp_path / "out.csv"
    file.write_text("account_id,name\nA1,丸一運輸\n,名前だけ\n")
    with pytest.raises(SystemExit) as ended:
        import_command([str(file), "--dry-run", "--rejected", str(rejected)], standalone_mode=False)
    told = capsys.readouterr()
    assert ended.value.code == 1 and "書いたファイルは上の一覧だけ" in told.err and str(rejected) in told.out
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix == ".csv") == [
        "accounts.csv",
        "out.csv",
    ]
    assert not Account.objects.exists() and "何も書いていません" not in told.out
    file.write_text("account_id,name\nA1,丸一運輸\n")
    import_command([str(file), "--dry-run"], standalone_mode=False)
    assert "何も書いていません" in capsys.readouterr().out and not Account.objects.exists()
