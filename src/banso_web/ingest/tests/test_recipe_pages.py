"""A company's own files through the pages: mapping, questions, month totals beside the sheet, and the run that follows."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path

import openpyxl
import pytest

from banso_web.accounts.models import Account, Contract
from banso_web.core.facts import counted, current_watermark
from banso_web.ingest.models import ImportRun, Mapping
from banso_web.ingest.readers.tests.dirty import LEDGER_TOTALS, MONTH_TOTALS, write_ledger, write_month_table
from banso_web.ingest.tests.pages import Pages, form_values
from banso_web.revenue.models import Movement

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
TOTALS = "\n".join(f"{day:%Y/%m}\t{total}" for day, total in LEDGER_TOTALS.items())


def differences(text: str) -> list[Decimal]:
    return [Decimal(found) for found in re.findall(r'data-difference="([^"]+)"', text)]


def in_force(day: date) -> Decimal:
    """MRR on a day's end, from the stored movements that count; an end of that very day still counts as in force."""
    rows = counted(Movement, current_watermark()).filter(effective_on__lte=day)
    ended = rows.filter(effective_on=day, delta_units__lt=0)
    return Decimal(sum(row.delta_units for row in rows) - sum(row.delta_units for row in ended)) / 10_000


def test_a_dirty_ledger_arrives_with_the_totals_of_the_sheet(pages: Pages, tmp_path: Path) -> None:
    data = write_ledger(tmp_path / "x.xlsx").read_bytes()
    run = pages.upload(("契約台帳.xlsx", data))
    text = pages.text("import_files", run.pk)
    assert "契約台帳・更新管理表" in text and "非表示のシートがあります: 旧(2024)" in text
    assert pages.choose(run) == f"/imports/{run.pk}/files/0/columns/"
    url = pages.save_columns(run)
    assert url == f"/imports/{run.pk}/preview/"
    text = pages.preview(run, totals=TOTALS)
    assert differences(text) == [Decimal(0)] * len(LEDGER_TOTALS)
    assert "元の表との差は 0 です" in text
    assert "3月31日まで使える契約は、どう書かれていますか。" in text
    assert "自動更新のため、満了日を過ぎても続くものとします" in text
    run = pages.derive(run, totals=TOTALS)
    assert run.state == "ready" and not Movement.objects.exists(), run.failure
    run = pages.confirm(run)
    assert run.state == "done"
    assert [in_force(day) for day in LEDGER_TOTALS] == list(LEDGER_TOTALS.values())
    assert Account.objects.get(code="0012").name == "㈱朝日商会"
    assert {one.code for one in Account.objects.all()} == {"0012", "0013", "0101", "0102", "0103"}
    assert Contract.objects.exists()


def test_the_question_about_ends_counts_those_that_change_month(pages: Pages) -> None:
    rows = "顧客コード,製品,契約開始日,満了日,月額\n1,A,2025-04-01,2026-04-01,1000\n2,A,2025-05-01,2026-04-30,500\n"
    run = pages.upload(("契約台帳.csv", rows))
    pages.choose(run)
    pages.save_columns(run)
    text = pages.preview(run)
    # Read as the last day: 4/1 and 4/30. Read as the day after: 3/31 and 4/29. One of the two changes month.
    assert "こちらにすると、終わりの月が変わる契約が 1 件" in text
    run = pages.confirm(pages.derive(run, end_reading="day_after"))
    ends = sorted(
        counted(Movement, current_watermark())
        .filter(delta_units__lt=0)
        .values_list("effective_on", flat=True)
    )
    assert ends == [date(2026, 3, 31), date(2026, 4, 29)]


def test_a_dirty_month_table_arrives_with_the_totals_of_the_sheet(pages: Pages, tmp_path: Path) -> None:
    data = write_month_table(tmp_path / "x.xlsx").read_bytes()
    run = pages.upload(("月次MRR表.xlsx", data))
    assert "月の列が並んでいるので" in pages.text("import_files", run.pk)
    pages.choose(run)
    pages.save_columns(run)
    text = pages.preview(run)
    assert differences(text) == [Decimal(0)] * len(MONTH_TOTALS)
    assert "10月31日に終わる契約を10月に数えます" in text
    run = pages.confirm(pages.derive(run))
    assert run.state == "done"
    assert [in_force(_last(day)) for day in MONTH_TOTALS] == list(MONTH_TOTALS.values())
    assert Account.objects.get(code="0012").name == "㈱朝日商会"


def _last(day: date) -> date:
    from banso.periods import Month

    return Month.of(day).last


def test_the_same_ledger_again_asks_nothing_and_changes_nothing(pages: Pages, tmp_path: Path) -> None:
    data = write_ledger(tmp_path / "x.xlsx").read_bytes()
    first = pages.ledger(data)
    standing = set(counted(Movement, current_watermark()).values_list("code", flat=True))
    mark, kept = current_watermark(), Mapping.objects.count()
    run = pages.upload(("契約台帳_202512.xlsx", data))
    assert pages.choose(run) == f"/imports/{run.pk}/preview/"  # the saved mapping is used by itself
    run = pages.confirm(pages.derive(run))
    assert (run.state, run.entry, current_watermark()) == ("done", None, mark)
    assert set(counted(Movement, mark).values_list("code", flat=True)) == standing
    assert Mapping.objects.count() == kept and first.mapping == run.mapping


def test_a_moved_header_is_told_and_a_lost_column_is_asked(pages: Pages, tmp_path: Path) -> None:
    pages.ledger(write_ledger(tmp_path / "a.xlsx").read_bytes())
    run = pages.upload(("契約台帳.xlsx", write_ledger(tmp_path / "b.xlsx", lines_above=5).read_bytes()))
    assert pages.choose(run).endswith("/preview/")
    book = openpyxl.load_workbook(write_ledger(tmp_path / "c.xlsx", lines_above=5))
    book["契約一覧"]["J6"] = "解約(旧)"
    book.save(tmp_path / "c.xlsx")
    run = pages.upload(("契約台帳.xlsx", (tmp_path / "c.xlsx").read_bytes()))
    assert pages.choose(run).endswith("/columns/")
    text = pages.text("import_mapping", run.pk, 0)
    assert "列「解約日」がなくなりました" in text and "列「解約(旧)」が増えました" in text
    assert "見出しの行が 3 行目から 6 行目に動きました" in text


def test_a_corrected_ledger_takes_back_what_it_no_longer_says_and_undo_brings_it_back(pages: Pages) -> None:
    head = "顧客コード,製品,契約開始日,満了日,月額\n"
    old = head + "1,A,2025-04-01,2026-03-31,1000\n2,A,2025-04-01,2026-03-31,500\n"
    new = (
        head
        + "1,A,2025-05-01,2026-03-31,1000\n2,A,2025-04-01,2026-03-31,500\n2,A,2026-04-01,2027-03-31,700\n"
    )
    pages.ledger(old.encode(), "契約台帳.csv")
    assert [in_force(day) for day in (date(2025, 4, 30), date(2026, 4, 30))] == [Decimal(1500), Decimal(0)]
    run = pages.upload(("契約台帳.csv", new))
    assert pages.choose(run).endswith("/preview/")
    run = pages.derive(run)
    assert not run.rejected.exists(), list(run.rejected.values())
    # Gone: 1's start of 4/1 and its end (another contract id now), and 2's end of 3/31 (it was renewed).
    assert run.counts["later:withdrawn"]["changed"] == 3
    assert "今回のファイルにない動き(取り下げ)" in pages.text("import_run", run.pk)
    run = pages.confirm(run)
    assert run.state == "done"
    days = (date(2025, 4, 30), date(2025, 5, 31), date(2026, 4, 30), date(2027, 4, 1))
    # An end that lies ahead is announced by nobody: the contract goes on until it has come.
    assert [in_force(day) for day in days] == [Decimal(500), Decimal(1500), Decimal(700), Decimal(700)]
    pages.client.post(f"/imports/{run.pk}/undo/", {"reason": "戻す", "accept": "on"})
    assert [in_force(day) for day in days[:3]] == [Decimal(1500), Decimal(1500), Decimal(0)]


def test_rows_a_recipe_cannot_use_are_listed_and_need_the_tick(pages: Pages) -> None:
    rows = "顧客コード,製品,契約開始日,満了日,月額\n1,A,2025-04-01,2026-03-31,1000\n2,A,2025-04-01,2025-03-31,500\n3,A,2026-02-30,,5\n"
    run = pages.upload(("契約台帳.csv", rows))
    pages.choose(run)
    pages.save_columns(run)
    text = pages.preview(run)
    assert "終わりの日が始まりの日より前です" in text and "存在しない日付です: 2026-02-30" in text
    run = pages.derive(run)
    assert [(one.row_number, one.code) for one in run.rejected.order_by("row_number")] == [
        (3, "recipe_end_before_start"),
        (4, "date_impossible_day"),
    ]
    assert run.rejected.get(row_number=3).raw["満了日"] == "2025-03-31"
    run = pages.confirm(run)
    assert run.state == "ready" and not Movement.objects.exists()
    assert pages.confirm(run, accept="1").state == "done"
    assert in_force(date(2025, 4, 30)) == Decimal(1000)


def test_snapshots_of_several_months(pages: Pages) -> None:
    run = pages.upload(
        ("契約一覧_202604.csv", "顧客コード,顧客名,製品,月額\n1,丸一運輸,A,100\n2,西川印刷,A,50\n"),
        ("契約一覧_202605.csv", "顧客コード,顧客名,製品,月額\n1,丸一運輸,A,120\n"),
    )
    kinds = {"f0-kind": "snapshots", "f1-kind": "snapshots"}
    assert pages.choose(run, **kinds).endswith("/files/0/columns/")
    assert pages.save_columns(run).endswith(
        "/preview/"
    )  # the second list is of the same shape, and its name tells its day
    run = pages.confirm(pages.derive(run))
    assert [in_force(day) for day in (date(2026, 4, 30), date(2026, 5, 31))] == [Decimal(150), Decimal(120)]
    assert Account.objects.get(code="2").name == "西川印刷"


def test_won_deals_with_the_companys_own_words(pages: Pages) -> None:
    rows = "商談ID,取引先名,種別,受注日,金額\nD1,丸一運輸,新規,2026-04-01,100\nD2,丸一運輸,追加発注,2026-05-01,20\nD3,丸一運輸,解約,2026-06-30,\n"
    run = pages.upload(("商談.csv", rows))
    pages.choose(run, **{"f0-kind": "deals"})
    assert "追加発注" in pages.text("import_mapping", run.pk, 0)
    pages.save_columns(run, value_kind_0="increase")
    run = pages.confirm(pages.derive(run))
    days = (date(2026, 4, 30), date(2026, 5, 31), date(2026, 7, 1))
    assert [in_force(day) for day in days] == [Decimal(100), Decimal(120), Decimal(0)]


def test_invoice_lines_with_tax_and_thousands(pages: Pages) -> None:
    rows = "取引先名,品目,金額(税込・千円),対象期間開始,対象期間終了\n丸一運輸,A,13.2,2026-04-01,2027-03-31\n"
    run = pages.upload(("請求明細.csv", rows))
    pages.choose(run, **{"f0-kind": "invoice_lines"})
    pages.save_columns(run)
    pages.confirm(pages.derive(run))
    assert in_force(date(2026, 4, 30)) == Decimal(1000)  # 13,200 with 10 % tax = 12,000 for 12 months


def test_a_foreign_customer_list_comes_through_a_mapping(pages: Pages) -> None:
    rows = "得意先コード,社名,区分け,備考,メモ\n001,髙橋①商店,大,済,x\n002,西川印刷,小,,y\n".encode("cp932")
    run = pages.upload(("得意先一覧.csv", rows))
    assert pages.choose(run, **{"f0-kind": "accounts"}).endswith("/columns/")
    text = pages.text("import_mapping", run.pk, 0)
    assert "よく使われる言い方" in text and "髙橋①商店" in text
    place = text.index("区分け")
    assert place
    url = pages.save_columns(run, to_2="segment", to_4="-")
    assert url == f"/imports/{run.pk}/"
    run = pages.confirm(pages.work(run))
    assert run.state == "done"
    one = Account.objects.get(code="001")
    assert (one.name, one.segment) == ("髙橋①商店", "大")
    again = pages.upload(("得意先一覧.csv", rows))
    assert pages.choose(again, **{"f0-kind": "accounts"}) == f"/imports/{again.pk}/"


def test_value_words_and_constants_of_a_mapping(pages: Pages) -> None:
    rows = "契約No,取引先,開始,金額(年),更新方法\nK1,A1,2026-04-01,12000,自動です\n"
    run = pages.upload(("契約.csv", rows))
    pages.choose(run, **{"f0-kind": "contracts"})
    url = f"/imports/{run.pk}/files/0/columns/"
    shown = {
        **pages.shown(url),
        "to_0": "contract_id",
        "to_1": "account_id",
        "to_2": "starts_on",
        "to_3": "mrr",
        "per_3": "12",
        "to_4": "auto_renew",
    }
    text = unescape(pages.client.post(url, shown, headers={"HX-Request": "true"}).content.decode())
    assert "自動です" in text and "<html" not in text
    answer = pages.client.post(url, {**shown, **form_values(text), "deed": "go"})
    assert answer.status_code == 422 and "次の列が決まっていません: 製品" in unescape(answer.content.decode())
    pages.client.post(
        url,
        {
            **shown,
            "deed": "go",
            "const_product": "本体",
            "word_auto_renew_0": "自動です",
            "value_auto_renew_0": "1",
            "per_3": "12",
        },
    )
    run = pages.confirm(pages.work(run))
    contract = Contract.objects.get(code="K1")
    assert (contract.product, contract.auto_renew) == ("本体", True)
    assert in_force(date(2026, 4, 30)) == Decimal(1000)


BAD = {
    "mixed": (b"account_id,name\nA1,\xe4\xb8\xb8\xe4\xb8\x80\nA2,\x8a\x94\x8e\xae\n", "文字コード"),
    "wide": ((",".join(f"c{n}" for n in range(3_000)) + "\n1\n").encode(), "列が多すぎます"),
    "bomb": (b'account_id,name\nA1,"' + b"x" * 11_000_000, "が閉じていません"),
    "binary": (bytes(range(256)) * 20, "表のファイルではない"),
    "empty": (b"", "空です"),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_files_that_cannot_be_read_are_told_and_change_nothing(pages: Pages, what: str) -> None:
    data, words = BAD[what]
    run = pages.upload((f"accounts_{what}.csv", data))
    text = pages.text("import_files", run.pk)
    assert words in text, re.findall(r'role="alert">(.*?)</div>', text)
    assert pages.choose(run, **{"f0-kind": "accounts"}) == f"/imports/{run.pk}/files/"
    run = pages.work(run)
    assert run.state == "uploaded"  # it cannot go on
    assert not Account.objects.exists() and current_watermark() == 0
    english = re.findall(r'role="alert">(.*?)</div>', pages.text("import_files", run.pk, lang="en"), re.S)
    assert any(not JAPANESE.search(one) for one in english), english


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"accounts": "account_id,name,parent_id\nA1,x,A1\n"}, "own_parent"),
        ({"accounts": "account_id,name\nA1,x\nA1,y\n"}, "duplicate_id"),
        (
            {
                "contracts": "contract_id,account_id,product,starts_on,ends_on,mrr\nC,A,P,2026-04-01,2026-03-01,1\n"
            },
            "end_before_start",
        ),
        (
            {"movements": "movement_id,account_id,effective_on,mrr_delta\nM,A,2026-02-30,1\n"},
            "date_impossible_day",
        ),
        (
            {"movements": "movement_id,account_id,effective_on,mrr_delta\nM,A,2026-04-30,-1\n"},
            "nothing_to_end",
        ),
        (
            {"movements": "movement_id,account_id,effective_on,mrr_delta\nM,A,2026-04-30,=A1\n"},
            "not_an_amount",
        ),
    ],
)
def test_bad_rows_are_told_in_both_languages_and_change_nothing(
    pages: Pages, files: dict[str, str], code: str
) -> None:
    from django.utils import translation

    from banso_web.ingest.words import reason_text

    run = pages.go(pages.upload(*((f"{name}.csv", text) for name, text in files.items())))
    row = run.rejected.get()
    assert row.code == code
    japanese, english = pages.text("import_run", run.pk), pages.text("import_run", run.pk, lang="en")
    assert reason_text(code, row.detail) in japanese
    with translation.override("en"):
        assert reason_text(code, row.detail) in english
    assert pages.confirm(run).state == "ready"
    assert not Account.objects.exists() and not Movement.objects.exists() and current_watermark() == 0


def test_a_draft_of_somebody_without_the_right_stays_closed(pages: Pages, tmp_path: Path) -> None:
    run = pages.upload(("契約台帳.xlsx", write_ledger(tmp_path / "x.xlsx").read_bytes()))
    pages.choose(run)
    pages.log_in("sato")
    for path in ("files/0/columns/", "preview/"):
        assert pages.client.get(f"/imports/{run.pk}/{path}").status_code == 403
        assert pages.client.post(f"/imports/{run.pk}/{path}", {"deed": "go"}).status_code == 403
    assert ImportRun.objects.get().state == "uploaded" and not Mapping.objects.exists()
    pages.log_in("tanaka")
    assert pages.client.get(f"/imports/{run.pk}/files/7/columns/").status_code == 404


def test_the_command_derives_the_same_from_a_month_table(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from banso_web.ingest.commands import import_command

    path = write_month_table(tmp_path / "月次MRR表.xlsx")
    import_command([str(path), "--kind", "wide", "--dry-run"], standalone_mode=False)
    said = capsys.readouterr().out
    assert "2026-01\t230000\t0\t0\t0\t30000\t0\t200000\t230000\t230000\t0" in said
    assert not Movement.objects.exists()
    import_command([str(path), "--kind", "wide", "--answer", "opening=day_before"], standalone_mode=False)
    assert [in_force(_last(day)) for day in MONTH_TOTALS] == list(MONTH_TOTALS.values())
    assert in_force(date(2025, 9, 30)) == Decimal(220_000)
    with pytest.raises(SystemExit):
        import_command([str(path), "--kind", "wide", "--answer", "opening=never"], standalone_mode=False)
    assert "opening=first_day|day_before" in capsys.readouterr().err


def test_the_command_does_not_resume_a_draft(pages: Pages) -> None:
    from banso_web.core.errors import Refused
    from banso_web.ingest import actions

    run = pages.upload(("契約台帳.csv", "顧客コード,製品,契約開始日,月額\n1,A,2025-04-01,1\n"))
    with pytest.raises(Refused):
        actions.resume_run(run, actor=None)


def test_the_month_table_of_the_next_year_joins_the_stored_one(pages: Pages) -> None:
    head = "顧客コード,顧客名,"
    rows = "1,丸一運輸,100,100,100\n2,西川印刷,50,50,50\n3,高松建材,70,70,70\n"
    run = pages.upload(("月次MRR表_2025年度.csv", head + "2026/01,2026/02,2026/03\n" + rows))
    pages.choose(run)
    pages.save_columns(run)
    assert pages.confirm(pages.derive(run)).state == "done"
    rows = "1,丸一運輸,100,100,100\n2,西川印刷,60,60,60\n4,北見商事,30,30,30\n"
    run = pages.upload(("月次MRR表_2026年度.csv", head + "2026/04,2026/05,2026/06\n" + rows))
    assert pages.choose(run).endswith("/preview/")
    text = pages.preview(run)
    assert "同じ 1 件・新しい 1 件・増えた 1 件・減った 0 件・なくなった 1 件" in text
    assert "前に取り込んだ残高との違い" in text and "最初の月の残高" not in text
    assert "50 → 60" in text and differences(text)[-2:] == [Decimal(0)] * 2
    english = pages.text("import_preview", run.pk, lang="en")
    assert "1 the same, 1 new, 1 higher, 0 lower, 1 gone" in english
    # Held, only what happens inside the table would be taken: nothing, so the sheet's totals are missed by the difference.
    assert differences(pages.preview(run, joined="hold"))[-1:] != [Decimal(0)]
    run = pages.confirm(pages.derive(run, joined="change"))
    days = (date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31))
    assert [in_force(day) for day in days] == [Decimal(220), Decimal(190), Decimal(190)]
    # The same table once more says nothing new.
    run = pages.upload(("月次MRR表_2026年度.csv", head + "2026/04,2026/05,2026/06\n" + rows))
    pages.choose(run)
    run = pages.confirm(pages.derive(run))
    assert (run.state, run.entry) == ("done", None), run.counts


def test_the_list_of_the_next_month_joins_the_stored_ones(pages: Pages) -> None:
    head = "顧客コード,顧客名,製品,月額\n"
    run = pages.upload(("契約一覧_202604.csv", head + "1,丸一運輸,A,100\n2,西川印刷,A,50\n"))
    pages.choose(run, **{"f0-kind": "snapshots"})
    pages.save_columns(run)
    assert pages.confirm(pages.derive(run)).state == "done"
    run = pages.upload(("契約一覧_202605.csv", head + "1,丸一運輸,A,100\n3,高松建材,A,5\n"))
    pages.choose(run, **{"f0-kind": "snapshots"})
    run = pages.confirm(pages.derive(run))
    assert run.state == "done", run.options
    days = (date(2026, 4, 29), date(2026, 5, 31))
    assert [in_force(day) for day in days] == [Decimal(150), Decimal(105)]


VANISHING = "顧客コード,契約ID,製品,契約開始日,満了日,月額\n1,K1,A,2025-04-01,2026-03-31,1000\n2,K2,A,2025-04-01,2026-03-31,500\n"


def corrected(pages: Pages, text: str, **answers: str) -> ImportRun:
    run = pages.upload(("契約台帳.csv", text))
    if not pages.choose(run, **{"f0-kind": "ledger"}).endswith("/preview/"):
        pages.save_columns(run)
    return pages.confirm(pages.derive(run, **answers))


def live_contracts() -> list[str]:
    return sorted(Contract.objects.filter(live=True).values_list("code", flat=True))


def test_a_contract_that_vanishes_from_the_ledger_is_asked_about_and_withdrawn(pages: Pages) -> None:
    from banso_web.core.facts import states_at

    corrected(pages, VANISHING)
    less = VANISHING.replace("2,K2,A,2025-04-01,2026-03-31,500\n", "")
    run = pages.upload(("契約台帳.csv", less))
    pages.choose(run, **{"f0-kind": "ledger"})
    text = pages.preview(run)
    assert "前回あって今回ない契約 1 件" in text and "K2" in text
    assert "not now: 1" in pages.text("import_preview", run.pk, lang="en")
    run = pages.derive(run)
    assert "今回のファイルにない契約(取り下げ)" in pages.text("import_run", run.pk)
    run = pages.confirm(run)
    mark = current_watermark()
    assert (run.state, live_contracts(), in_force(date(2025, 4, 30))) == ("done", ["K1"], Decimal(1000))
    told = states_at("contract", as_of=date(2025, 5, 1), watermark=mark)
    assert len(told) == 1 and len(states_at("contract", as_of=date(2025, 5, 1), watermark=mark - 1)) == 2
    # The ledger has it again: it is there again, once, as it was.
    run = corrected(pages, VANISHING.replace(",500", ",700"))
    assert (live_contracts(), in_force(date(2025, 4, 30))) == (["K1", "K2"], Decimal(1700))
    assert Contract.objects.get(code="K2").product == "A"
    pages.client.post(f"/imports/{run.pk}/undo/", {"reason": "戻す", "accept": "on"})
    assert (live_contracts(), in_force(date(2025, 4, 30))) == (["K1"], Decimal(1000))


def test_a_vanished_contract_may_stay_and_undo_brings_a_withdrawn_one_back(pages: Pages) -> None:
    corrected(pages, VANISHING)
    less = VANISHING.replace("2,K2,A,2025-04-01,2026-03-31,500\n", "")
    kept = corrected(pages, less, gone="keep")
    assert (kept.state, kept.entry, live_contracts()) == ("done", None, ["K1", "K2"])
    assert in_force(date(2025, 4, 30)) == Decimal(1500)
    run = corrected(pages, less, gone="withdraw")
    assert live_contracts() == ["K1"]
    pages.client.post(f"/imports/{run.pk}/undo/", {"reason": "戻す", "accept": "on"})
    assert (live_contracts(), in_force(date(2025, 4, 30))) == (["K1", "K2"], Decimal(1500))


def test_a_contract_that_somebody_else_states_too_is_not_withdrawn(pages: Pages) -> None:
    corrected(pages, VANISHING)
    plain = "contract_id,account_id,product,starts_on,plan\nK2,2,A,2025-04-01,標準\n"
    pages.confirm(pages.go(pages.upload(("contracts.csv", plain))))
    run = pages.upload(("契約台帳.csv", VANISHING.replace("2,K2,A,2025-04-01,2026-03-31,500\n", "")))
    pages.choose(run, **{"f0-kind": "ledger"})
    assert "前回あって今回ない契約" not in pages.preview(run)


def test_saved_mappings_are_read_by_those_who_may_import(pages: Pages) -> None:
    from banso_web.core.errors import Forbidden, NotVisible
    from banso_web.ingest.mappings import access_mapping, latest_mappings

    corrected(pages, VANISHING)
    found = latest_mappings(pages.member)
    assert [(one.name, one.kind, one.version) for one in found] == [("契約台帳", "ledger", 2)]
    # The second version holds the answers given at the preview.
    assert "契約ID" in found[0].columns and access_mapping(pages.member, found[0].id) == found[0]
    with pytest.raises(NotVisible):
        access_mapping(pages.member, found[0].id + 1)
    with pytest.raises(Forbidden):
        latest_mappings(pages.person("sato"))


def test_a_ledger_with_monthly_and_yearly_amounts_in_two_columns(pages: Pages) -> None:
    rows = "顧客コード,顧客名,製品,契約開始日,月額,年額\n0012,㈱髙橋商会,基本,2026/4/1,12万,\n0101,さくら病院,基本,2026/4/1,,120万\n"
    run = pages.upload(("契約台帳.csv", rows.encode("cp932")))
    if not pages.choose(run, **{"f0-kind": "ledger"}).endswith("/preview/"):
        pages.save_columns(run)
    run = pages.confirm(pages.derive(run))
    assert (run.state, list(run.rejected.values_list("column", "code"))) == ("done", []), run.options[
        "uploads"
    ][0]["shaping"]
    assert in_force(date(2026, 4, 30)) == Decimal(220_000)  # 120,000 + 1,200,000 / 12
    assert Account.objects.get(code="0012").name == "㈱髙橋商会"
