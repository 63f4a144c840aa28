"""Ledgers that say themselves for how long an amount is, month tables with blanks, and other things a preview tells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from banso_web.core.facts import counted, current_watermark
from banso_web.ingest.tests.pages import Pages
from banso_web.revenue.models import Movement

HEAD = "顧客コード,製品,契約開始日,満了日,金額,料金区分\n"
ROWS = (
    "1,A,2025-04-01,2027-03-31,1000,月額\n2,A,2025-04-01,2026-03-31,24000,年払い\n3,A,2025-04-01,,300,毎月\n"
)


def mrr(on: date) -> Decimal:
    rows = counted(Movement, current_watermark()).filter(effective_on__lte=on)
    return Decimal(sum(rows.values_list("delta_units", flat=True))) / 10_000


def test_each_row_says_whether_its_amount_is_monthly_or_yearly(pages: Pages) -> None:
    run = pages.upload(("契約台帳.csv", HEAD + ROWS + "4,A,2025-04-01,,500,都度\n5,A,2025-04-01,,500,\n"))
    pages.choose(run)
    shown = pages.shown(f"/imports/{run.pk}/files/0/columns/")
    assert shown["to_5"] == "amount_per"
    pages.save_columns(run)
    text = pages.preview(run)
    # 1,000 + 24,000 ÷ 12 + 300; 「都度」 and the empty one are refused with their rows.
    assert 'data-after="3300.0000"' in text and "data-mixed" not in text
    assert "決められた値ではありません: 都度" in text and "金額が月額か年額か分かりません" in text
    run = pages.confirm(pages.derive(run), accept="1")
    assert mrr(date(2025, 4, 30)) == Decimal(3300)
    refused = list(run.rejected.order_by("row_number").values_list("row_number", "column", "code"))
    assert refused == [(5, "料金区分", "not_in_list"), (6, "料金区分", "recipe_no_unit")]


def test_a_monthly_amount_that_is_paid_yearly_is_not_divided(pages: Pages) -> None:
    rows = (HEAD + ROWS).replace("金額", "月額", 1).replace("料金区分", "支払方法")
    run = pages.upload(("契約台帳.csv", rows))
    pages.choose(run)
    assert pages.shown(f"/imports/{run.pk}/files/0/columns/")["to_5"] != "amount_per"
    pages.save_columns(run)
    assert "data-mixed" not in pages.preview(run)


def test_mixed_units_that_nothing_is_made_of_are_told_loudly(pages: Pages) -> None:
    run = pages.upload(("契約台帳.csv", HEAD + ROWS.replace(",,300", ",2026-03-31,300")))
    pages.choose(run)
    pages.save_columns(run, to_5="")
    text = pages.preview(run)
    assert (
        "data-mixed" in text
        and "列「料金区分」に、期間の違う金額が混ざっています(月額 2 行、年額 1 行)" in text
    )
    assert "Column “料金区分” mixes" in pages.text("import_preview", run.pk, lang="en")


def test_a_blank_month_is_told_as_an_end_of_the_month_before(pages: Pages) -> None:
    run = pages.upload(
        ("月次.csv", "顧客コード,2025年8月,2025年9月,2025年10月\n1,1000,1000,\n2,500,500,500\n3,70,70,0\n")
    )
    pages.choose(run, **{"f0-kind": "wide"})
    pages.save_columns(run)
    text = pages.preview(run)
    assert (
        "2025年10月に空欄(または0)になった 2 件(¥1,070)は、2025/09/30の解約として2025年9月に数えます。"
        in text
    )
    assert "設定 › 解約計上月" in text
    assert "2025-10" in pages.text("import_preview", run.pk, lang="en")


def test_only_contracts_past_their_end_are_listed_as_going_on(pages: Pages) -> None:
    rows = "顧客コード,製品,契約開始日,満了日,月額\n1,A,2025-04-01,2026-03-31,10\n2,A,2025-04-01,2099-01-01,10\n3,A,2025-04-01,2098-03-31,10\n"
    run = pages.upload(("契約台帳.csv", rows))
    pages.choose(run)
    pages.save_columns(run)
    text = pages.preview(run, undecided="continue")
    assert "満了日を過ぎて決まっていない契約を、続いているものとします — 1 件" in text


def test_renewal_days_on_the_first_are_read_as_the_day_after(pages: Pages) -> None:
    head = "顧客コード,製品,契約開始日,更新日,月額\n"
    run = pages.upload(
        ("契約台帳.csv", f"{head}1,A,2025-04-01,2026-04-01,10\n2,A,2025-05-01,2026-05-01,10\n")
    )
    pages.choose(run)
    pages.save_columns(run)
    shown = pages.shown(f"/imports/{run.pk}/preview/")
    assert shown["end_reading"] == "day_after"
    assert "どの行も月の1日なので" in pages.text("import_preview", run.pk)
    other = pages.upload(("台帳2.csv", f"{head}1,A,2025-04-01,2026-04-01,10\n2,A,2025-05-01,2026-04-30,10\n"))
    pages.choose(other, **{"f0-kind": "ledger"})
    assert pages.shown(f"/imports/{other.pk}/preview/")["end_reading"] == "last_day"


def test_empty_columns_are_left_out(pages: Pages) -> None:
    run = pages.upload(("契約台帳.csv", "顧客コード,製品,契約開始日,,月額,備考\n1,A,2025-04-01,,10,\n"))
    pages.choose(run)
    shown = pages.shown(f"/imports/{run.pk}/files/0/columns/")
    assert (shown["to_3"], shown["to_5"]) == ("-", "-")


def test_a_second_window_hears_that_it_is_published_and_the_run_leads_on(pages: Pages) -> None:
    run = pages.go(pages.upload(("accounts.csv", "account_id,name\nA1,㈱朝日\nA2,株式会社朝日\n")))
    run = pages.confirm(run)
    again = pages.client.post(f"/imports/{run.pk}/confirm/", follow=True)
    assert again.redirect_chain[-1][0] == f"/imports/{run.pk}/"
    text = again.content.decode()
    assert "別の画面で公開済みです" in text
    assert (
        "同じ会社かもしれない顧客が 1 組あります" in text
        and "/customers/matching/" in text
        and "顧客一覧" in text
    )


def test_the_question_of_knowledge_has_an_example(pages: Pages) -> None:
    run = pages.upload(("accounts.csv", "account_id,name\nA1,㈱朝日\n"))
    text = pages.text("import_files", run.pk)
    assert "例: 9月30日の解約を今日取り込むと" in text and "お勧め" in text
