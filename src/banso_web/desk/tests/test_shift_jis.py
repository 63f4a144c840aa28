"""X13: an export in CP932 reports what it cannot hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from banso_web.accounts.models import Account
from banso_web.core.models import AuditRow
from banso_web.desk.shift_jis import lacking, written
from banso_web.desk.tests.conftest import Desk
from banso_web.ingest.models import ImportRun

Desks = Callable[[str], Desk]
FILE = "account_id,name,kana\nB1,𠮷野髙橋①商店,ヨシノ\nB2,髙橋①商店〜㈱,タカハシ\n"


@pytest.mark.parametrize(
    ("text", "letters"),
    [("髙橋①㈱﨑", ""), ("𠮷野家と𠮷田", "𠮷"), ("Ünïon", "Üï"), ("😀𠮷", "😀𠮷"), ("", "")],
)
def test_the_letters_that_the_encoding_lacks(text: str, letters: str) -> None:
    assert lacking(text) == letters


def test_a_letter_of_another_code_point_is_its_twin_and_others_are_marked() -> None:
    content, lost = written(["名前"], [("A1", "𠮷", ["〜𠮷−"])])
    assert content.decode("cp932") == "名前\r\n～〓－\r\n"
    assert [(one.code, one.column, one.letters) for one in lost] == [("A1", "名前", "𠮷")]


def test_x13_nothing_is_written_before_the_reader_has_chosen(
    desk: Desks, company: dict[str, Account], bring: Callable[..., ImportRun]
) -> None:
    bring(accounts=FILE)
    tanaka = desk("tanaka")
    asked = {"export": "cp932", "columns": "name,code"}
    told = tanaka.get("/customers/", **asked)
    text = told.content.decode()
    assert "Content-Disposition" not in told.headers and "まだ何も書き出していません" in text
    assert "1 か所に" in text and ">𠮷<" in text and ">B1<" in text and ">B2<" not in text
    assert not AuditRow.objects.filter(action="customers.export").exists()

    file = tanaka.get("/customers/", replace="1", **asked)
    rows = {row[1]: row[0] for row in csv.reader(io.StringIO(file.content.decode("cp932")))}
    assert "attachment" in file.headers["Content-Disposition"]
    assert (rows["B1"], rows["B2"]) == ("〓野髙橋①商店", "髙橋①商店～㈱")
    assert AuditRow.objects.get(action="customers.export").new["format"] == "cp932"

    whole = tanaka.get("/customers/", q="B2", **asked)  # nothing to report: the file at once
    assert whole.content.decode("cp932").splitlines()[1] == "髙橋①商店～㈱,B2"
    past = tanaka.get("/customers/", as_of="2026-11-01", **asked)
    assert past.status_code == 200
