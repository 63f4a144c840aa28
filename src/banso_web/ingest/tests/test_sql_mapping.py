"""YAML mappings: SELECTs over the inputs, in a database that reaches nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from banso_web.accounts.models import Account
from banso_web.core.facts import counted, current_watermark
from banso_web.ingest import actions
from banso_web.ingest.mapping import sql
from banso_web.revenue.models import Movement

SHIPPED = Path(sql.__file__).parent / "shipped"
LEDGER = "顧客コード,顧客,月額\n001,丸一運輸,100000\n002,西川印刷,50000\n"
YAML = """
files:
  accounts: SELECT 顧客コード AS account_id, 顧客 AS name FROM 契約台帳_2026
  contracts: >
    SELECT 'C' || 顧客コード AS contract_id, 顧客コード AS account_id, '製品' AS product,
           DATE '2026-04-01' AS starts_on, CAST(月額 AS DECIMAL(18,4)) AS mrr FROM 契約台帳_2026
"""


def stage(text: str, source: Path, folder: Path) -> list[sql.Input]:
    folder.mkdir()
    mapping = sql.parse(text)
    return sql.run(mapping, sql.input_tables(mapping, source), folder)


def test_selects_become_canonical_files_and_leading_zeros_live(db: None, tmp_path: Path) -> None:
    source = tmp_path / "契約台帳 2026.csv"
    source.write_bytes(LEDGER.encode("cp932"))
    files = stage(YAML, source, tmp_path / "out")
    assert [one.kind for one in files] == ["accounts", "contracts"]
    run = actions.confirm_run(actions.check_run(actions.start_run(files, actor=None, label="x")), actor=None)
    assert run.state == "done"
    assert sorted(Account.objects.values_list("code", "name")) == [("001", "丸一運輸"), ("002", "西川印刷")]
    rows = counted(Movement, current_watermark()).values_list("contract__code", "delta_units")
    assert sorted(rows) == [("C001", 1_000_000_000), ("C002", 500_000_000)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM '{secret}'",
        "COPY (SELECT 1) TO '{secret}.out'",
        "ATTACH '{secret}.db' AS other",
        "SET enable_external_access=true",
        "SELECT 1 AS account_id; SELECT 2 AS account_id",
        "INSERT INTO ledger VALUES ('x')",
        "SELECT nothing FROM ledger",
    ],
)
def test_a_mapping_reaches_nothing_but_its_inputs(tmp_path: Path, query: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ledger.csv").write_text("a,b\n1,2\n")
    text = f'files:\n  accounts: "{query.format(secret=secret)}"\n'
    with pytest.raises(sql.MappingWrong) as refused:
        stage(text, tmp_path / "in", tmp_path / "out")
    assert refused.value.code == "mapping_sql"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "out", "secret.csv"]


def test_a_select_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "SECONDS", 1)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    text = "files:\n  accounts: SELECT count(*) AS account_id FROM range(100000000) a, range(100000000) b\n"
    with pytest.raises(sql.MappingWrong, match=r"(?i)interrupt"):
        stage(text, tmp_path / "t.csv", tmp_path / "out")


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "files: 3",
        "files: {}",
        "files: {nonsense: SELECT 1}",
        "files: {accounts: SELECT 1}\nknown: guess",
        "a: 1",
    ],
)
def test_a_mapping_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(sql.MappingWrong):
        sql.parse(text)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_mappings_are_well_formed(path: Path) -> None:
    assert sql.parse(path.read_text("utf-8")).files


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nname: [*a, *a]\nfiles: {accounts: SELECT 1}",
        "name: 2001-99-99\nfiles: {accounts: SELECT 1}",
        f"name: {'9' * 5000}\nfiles: {{accounts: SELECT 1}}",
        f"name: {'[' * 3000}{']' * 3000}\nfiles: {{accounts: SELECT 1}}",
        "inputs: {1: {file: a.csv}}\nfiles: {accounts: SELECT 1}",
        "inputs: {t: {file: a.csv, header_row: x}}\nfiles: {accounts: SELECT 1}",
        "inputs: {t: {file: a.csv, sheet: [1]}}\nfiles: {accounts: SELECT 1}",
    ],
)
def test_a_hostile_or_mistyped_mapping_is_refused_in_words(text: str) -> None:
    with pytest.raises(sql.MappingWrong) as caught:
        sql.parse(text)
    assert caught.value.code == "mapping_wrong" and caught.value.text
