"""MRR that another import tells already is counted twice only by an answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from banso_web.core.errors import Refused
from banso_web.core.facts import counted, current_watermark
from banso_web.ingest import actions
from banso_web.ingest.commands import import_command
from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.conftest import Bring
from banso_web.ingest.tests.pages import Pages
from banso_web.revenue.models import Movement

LEDGER = (
    "顧客コード,製品,契約開始日,満了日,月額\n1,A,2025-04-01,2027-03-31,1000\n2,A,2025-05-01,2027-03-31,500\n"
)
WIDE = "顧客コード,2025年4月,2025年5月\n1,1000,1000\n2,,500\n3,,70\n"
ASKED = "2社にはすでに MRR があります(別の取込 #"


def mrr(on: date) -> Decimal:
    rows = counted(Movement, current_watermark()).filter(effective_on__lte=on)
    return Decimal(sum(rows.values_list("delta_units", flat=True))) / 10_000


def table(pages: Pages) -> ImportRun:
    pages.ledger(LEDGER.encode(), "契約台帳.csv")
    run = pages.upload(("月次MRR表.csv", WIDE))
    pages.choose(run, **{"f0-kind": "wide"})
    pages.save_columns(run)
    return run


def test_a_month_table_of_a_ledgers_customers_asks_before_it_counts_them_twice(pages: Pages) -> None:
    run = table(pages)
    ledger = ImportRun.objects.exclude(pk=run.pk).get()
    text = pages.preview(run)
    assert f"{ASKED}{ledger.pk}、合計 ¥1,500" in text
    assert "別の契約なので足す" in text and 'name="doubling"' in text
    assert "元の表との差は 0 です" in text
    # 4月: 台帳 1,000 + 表 1,000。5月: 台帳 1,500 + 表 1,570。
    assert 'data-after="2000.0000"' in text and 'data-after="3070.0000"' in text
    shown = pages.shown(f"/imports/{run.pk}/preview/")
    assert "doubling" not in shown  # nothing is chosen beforehand
    answer = pages.client.post(f"/imports/{run.pk}/preview/", {**shown, "deed": "go"})
    assert answer.status_code == 422 and "選んでから進めてください" in answer.content.decode()
    run.refresh_from_db()
    assert run.state == "uploaded"
    run = pages.confirm(pages.derive(run, doubling="add"))
    assert run.state == "done" and mrr(date(2025, 5, 31)) == Decimal(3070)


def test_declining_drops_the_import(pages: Pages) -> None:
    run = table(pages)
    url = f"/imports/{run.pk}/preview/"
    pages.client.post(url, {**pages.shown(url), "deed": "go", "doubling": "stop"})
    run.refresh_from_db()
    assert run.state == "dropped" and mrr(date(2025, 5, 31)) == Decimal(1500)


def test_a_movements_file_is_asked_about_at_its_check(pages: Pages, bring: Bring) -> None:
    pages.ledger(LEDGER.encode(), "契約台帳.csv")
    head = "movement_id,account_id,effective_on,mrr_delta,cause\n"
    run = bring(movements=f"{head}M1,1,2025-04-01,1000,new\n", confirm=False)
    with pytest.raises(Refused) as refused:
        actions.confirm_run(run, actor=None)
    assert refused.value.code == "doubling" and "1社にはすでに MRR があります" in refused.value.message
    text = pages.text("import_run", run.pk)
    assert "1社にはすでに MRR があります" in text and "別の契約なので足す" in text
    assert "have MRR already" in pages.text("import_run", run.pk, lang="en")
    assert pages.confirm(run).state == "ready"
    assert pages.confirm(run, doubling="add").state == "done"
    assert mrr(date(2025, 5, 31)) == Decimal(2500)


def test_growth_of_what_is_there_and_the_same_source_again_ask_nothing(pages: Pages, bring: Bring) -> None:
    head = "movement_id,account_id,contract_id,effective_on,mrr_delta,cause\n"
    assert bring(movements=f"{head}M1,1,C1,2025-04-01,1000,new\n").state == "done"
    assert (
        bring(movements=f"{head}M2,1,C2,2025-05-01,300,new\n").state == "done"
    )  # plain files are one source
    pages.ledger(LEDGER.replace("1,A", "8,A").replace("2,A", "9,A").encode(), "契約台帳.csv")
    assert bring(movements=f"{head}M3,8,,2025-06-01,20,upsell\n").state == "done"
    again = pages.upload(
        ("契約台帳.csv", LEDGER.replace("1,A", "8,A").replace("2,A", "9,A") + "9,B,2025-06-01,,5\n")
    )
    pages.choose(again)
    assert pages.confirm(pages.derive(again)).state == "done"


def test_plain_contracts_of_a_month_tables_customers_are_asked_about(pages: Pages, bring: Bring) -> None:
    run = pages.upload(("月次MRR表.csv", WIDE))
    pages.choose(run, **{"f0-kind": "wide"})
    pages.save_columns(run)
    assert pages.confirm(pages.derive(run)).state == "done"
    head = "contract_id,account_id,product,starts_on,mrr\n"
    found = bring(contracts=f"{head}K1,1,A,2025-04-01,1000\nK9,9,A,2025-04-01,10\n", confirm=False)
    assert found.options["doubled"]["customers"] == 1 and found.options["doubled"]["stored"] == {
        "JPY": "1000"
    }


def test_an_answer_on_the_command_line(pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages.ledger(LEDGER.encode(), "契約台帳.csv")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mrr.csv").write_text(WIDE, "utf-8")
    words = ["mrr.csv", "--kind", "wide"]
    asked = CliRunner().invoke(import_command, words)
    assert asked.exit_code == 1 and ASKED in asked.output and "--answer doubling=add" in asked.output
    assert CliRunner().invoke(import_command, [*words, "--answer", "doubling=stop"]).exit_code == 0
    assert mrr(date(2025, 5, 31)) == Decimal(1500)
    assert CliRunner().invoke(import_command, [*words, "--answer", "doubling=add"]).exit_code == 0
    assert mrr(date(2025, 5, 31)) == Decimal(3070)


def test_what_was_published_after_the_check_is_seen_before_publishing(pages: Pages, bring: Bring) -> None:
    head = "movement_id,account_id,effective_on,mrr_delta,cause\n"
    run = bring(movements=f"{head}M1,1,2025-04-01,1000,new\n", confirm=False)
    assert run.options["doubled"] is None
    pages.ledger(LEDGER.encode(), "契約台帳.csv")
    run = actions.confirm_run(run, actor=None)
    assert run.state == "ready" and run.options["doubled"]["customers"] == 1
    assert mrr(date(2025, 5, 31)) == Decimal(1500)
