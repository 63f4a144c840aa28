"""Every code that can reach a person has words, in both languages' keys."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils.translation import override

from banso.names.corporate import NumberReason
from banso.periods import DateReason
from banso_web.ingest import rejected
from banso_web.ingest.readers import problems
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.reads import refused_of
from banso_web.ingest.rows import MissingColumns
from banso_web.ingest.tests.conftest import Bring
from banso_web.ingest.withheld import rights_of
from banso_web.ingest.words import (
    FAILURES,
    NOTES,
    REASONS,
    failure_data,
    failure_text,
    fix_text,
    note_text,
    reason_text,
)
from banso_web.members.models import Member, Role

SOURCE = Path(rejected.__file__).parent.parent


def codes_in(pattern: str, *paths: str) -> set[str]:
    texts = [file.read_text("utf-8") for path in paths for file in SOURCE.glob(path)]
    return {code for text in texts for code in re.findall(pattern, text)}


def test_every_reason_of_a_row_is_worded() -> None:
    cells = codes_in(r'[^a-z]Problem\(\s*"([a-z_]+)"', "ingest/readers/*.py")
    handlers = codes_in(
        r'Problem\([^"\n]*(?:"[a-z_]*",\s*)?"([a-z_]+)",\s*(?:\{|detail)',
        "*/imports.py",
        "*/balances.py",
        "core/imports/*.py",
    )
    numbers = {f"corporate_number_{reason.value}" for reason in NumberReason}
    dates = {f"date_{reason.value}" for reason in DateReason}
    found = cells | handlers | numbers | dates
    assert {"duplicate_id", "nothing_to_end", "not_in_list"} <= found  # the patterns do find codes
    assert found - set(REASONS) == set()


def test_every_failure_of_a_file_is_worded() -> None:
    documented = re.findall(r"``([a-z_]+)``", problems.ReadProblem.__doc__ or "")
    assert len(documented) > 15 and set(documented) - set(FAILURES) == set()


@pytest.mark.parametrize("code", sorted(REASONS))
def test_words_stand_without_their_detail(code: str) -> None:
    assert reason_text(code, {}) and fix_text(code, {})
    assert "%(" not in reason_text(code, {}) + fix_text(code, {})


def test_notes_take_their_numbers() -> None:
    for text in NOTES.values():
        assert str(text) % {"count": 3, "file": "a.csv", "examples": "x"}


def test_cells_of_refused_rows_are_for_those_who_may_see_people_and_prices(
    bring: Bring, person: Callable[[str], Member]
) -> None:
    """Who only imports sees where and why, and neither the cells nor the words that quote them."""
    run = bring(contacts="contact_id,account_id,family_name,email\nK1,A1,森,mori at example\n")
    only_imports = person("kanri")
    importing = Role.objects.create(
        key="importing", name_ja="取り込み", name_en="Imports", permissions=["import.run"]
    )
    only_imports.roles.set([importing])
    only_imports = Member.objects.get(pk=only_imports.pk)
    (shown,) = refused_of(run.rejected.all(), run, person("tanaka"))
    assert ("family_name", "森") in shown.raw and "mori at example" in shown.reason and not shown.withheld
    (hidden,) = refused_of(run.rejected.all(), run, only_imports)
    assert (hidden.raw, hidden.withheld, hidden.column) == ([], True, "email")
    assert hidden.reason.startswith("メールアドレスの形ではありません")
    for text in (hidden.reason, "".join(rejected.rejected_csv(run, only_imports))):
        assert "mori" not in text and "森" not in text
    assert "mori at example" in "".join(rejected.rejected_csv(run, person("tanaka")))
    assert rights_of("contracts") == {"price.view"} and rights_of("movements") == {"revenue.view"}
    assert rights_of("won_deals") == {"contact.view", "price.view"}  # the source's own form


def test_the_list_of_refused_rows_is_safe_in_a_spreadsheet(
    bring: Bring, person: Callable[[str], Member]
) -> None:
    run = bring(accounts='account_id,name,parent_id\n"=1+1",+81,\nA2,二,A2\n,三,\n')
    text = "".join(rejected.rejected_csv(run, person("tanaka")))
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][:5] == ["ファイル", "行番号", "列名", "理由", "直し方"]
    assert [row[1:3] for row in rows[1:]] == [["3", "parent_id"], ["4", "account_id"]]
    assert rows[1][3] == "自分自身が親会社になっています: A2"
    assert rejected.safe("=HYPERLINK(1)") == "'=HYPERLINK(1)" and rejected.safe("-5") == "-5"
    assert rejected.safe("@x") == "'@x" and rejected.safe("+81-3") == "'+81-3"


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("ja", "顧客 に必要な列がありません: 顧客ID(account_id)、顧客名(name)。"),
        ("en", " (account_id), "),
    ],
)
def test_what_is_listed_is_divided_as_the_language_does(language: str, wanted: str) -> None:
    schema = FILES["accounts"]
    problem = MissingColumns("accounts", [schema.column("account_id"), schema.column("name")])
    with override(language):
        text = failure_text(failure_data(problem))
        note = note_text({"code": "incomplete_contracts", "count": 2, "examples": ["A", "B"]})
    assert wanted in text and ("、" in text) == (language == "ja")
    assert ("A、B" if language == "ja" else "A, B") in note
