"""The closing page for the manager who signs: the order of months, every figure with its rows, the file, the print."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from banso_web.accounts.models import Account
from banso_web.core import settings_store
from banso_web.members.models import Member
from banso_web.revenue.actions import closing as actions
from banso_web.revenue.reads import closing as reads
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 1) for month in (8, 9, 10))
PAGE = "/numbers/closing/?month={:%Y-%m}"


@pytest.fixture
def accounts() -> dict[str, Account]:
    return make.story("us1")


@pytest.fixture
def tanaka(person: Callable[[str], Member]) -> Member:
    return person("tanaka")


@pytest.fixture
def page(client: Client, tanaka: Member) -> Client:
    client.force_login(tanaka)
    return client


def sign(month: date, member: Member, kind: str = "final") -> reads.Closed:
    return actions.close_month(month, kind=kind, actor=member, comment="締め")


def test_the_page_names_the_open_months_and_refuses_the_later_one(
    page: Client, accounts: dict[str, Account], tanaka: Member
) -> None:
    sign(AUGUST, tanaka)
    body = page.get(PAGE.format(OCTOBER)).content.decode()
    assert "2026年9月 がまだ締まっていません" in body
    assert "2026年9月 がまだ締まっていません" in page.get("/numbers/nrr/?month=2026-10").content.decode()
    refused = page.post("/numbers/closing/close/?month=2026-10", {"kind": "flash", "comment": "10月"})
    assert refused.status_code == 422 and "月は古い順に締めます" in refused.content.decode()
    assert reads.standing(OCTOBER) is None


def test_a_month_whose_successor_is_closed_shows_why_it_stays(
    page: Client, accounts: dict[str, Account], tanaka: Member
) -> None:
    september = sign(SEPTEMBER, tanaka)
    sign(OCTOBER, tanaka)
    body = page.get(PAGE.format(SEPTEMBER)).content.decode()
    assert "2026年9月 の締めは解除できません" in body and "解除する理由" not in body
    refused = page.post(f"/numbers/closing/{september.id}/reopen/?month=2026-09", {"reason": "直したい"})
    assert refused.status_code == 422 and reads.standing(SEPTEMBER) is not None
    assert "解除する理由" in page.get(PAGE.format(OCTOBER)).content.decode()


def test_every_signed_amount_opens_the_rows_it_was_signed_with(
    page: Client, accounts: dict[str, Account], tanaka: Member
) -> None:
    closed = sign(OCTOBER, tanaka)
    make.load_movements("us3/late_only/movements.csv", accounts)
    body = page.get(PAGE.format(OCTOBER)).content.decode()
    pinned = f"as_of=2026-11-24&amp;watermark={closed.watermark}"
    assert body.count(pinned) >= 10 and "定義版" in body and "契約先" in body and "最終利用月" in body
    rows = page.get(
        f"/numbers/rows/?month=2026-10&metric=nrr_monthly&part=churn&as_of=2026-11-24&watermark={closed.watermark}"
    ).content.decode()
    assert "南部製菓" in rows and "北浜商店" not in rows


def table(response: object) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))  # type: ignore[attr-defined]


def test_the_file_holds_what_the_page_shows(
    page: Client, accounts: dict[str, Account], tanaka: Member
) -> None:
    overdue = make.contract("K1", accounts["A010"], starts_on="2025-10-01", ends_on="2026-09-30")
    make.movement("k", accounts["A010"], "2025-10-01", 30_000, contract=overdue)
    before = table(page.get(PAGE.format(OCTOBER) + "&export=csv"))
    assert ["状態", "未締め"] in before
    assert ["更新手続中(仮に継続)", "K1"] in [line[:2] for line in before]
    actions.close_month(OCTOBER, kind="final", actor=tanaka, comment="10月の確報", signed=[overdue.pk])
    actions.set_bridge(
        reads.all_of(OCTOBER)[0].id, [reads.BridgeLine("tax", make.Decimal(-1000), "外税")], actor=tanaka
    )
    make.load_movements("us3/late_only/movements.csv", accounts)
    lines = table(page.get(PAGE.format(OCTOBER) + "&export=csv"))
    about = {line[0]: line[1] for line in lines[:12] if len(line) == 2}
    assert about["状態"] == "確報" and about["基準日"] == "2026-11-24" and about["作成日時"].endswith("JST")
    assert "NRR(売上継続率) 月次 v1" in about["定義版"]
    found = {(line[0], line[1]): line[3:7] for line in lines if len(line) == 9}
    assert found["ウォーターフォール", "解約"] == ["720000", "JPY", "810000", "90000"]
    # 11,640,000 ÷ 12,030,000: the contract past its end adds 30,000 to opening and closing.
    assert found["指標", "NRR(売上継続率) 月次"][0].startswith("0.967581047381546134")
    assert found["更新手続中(仮に継続)", "K1"][0] == "30000"
    assert found["会計のMRRへの橋渡し", "会計のMRR"][0] == "12189000"


def test_a_figure_that_became_uncomputable_stays_listed_with_its_reason(page: Client, tanaka: Member) -> None:
    only = make.account("A1", "甲社")
    make.movement("m1", only, "2026-09-01", 1000)
    actions.close_month(SEPTEMBER, kind="final", actor=tanaka, comment="9月")
    actions.close_month(OCTOBER, kind="final", actor=tanaka, comment="10月")
    make.movement("m2", only, "2026-09-15", -1000)
    body = page.get(PAGE.format(OCTOBER)).content.decode()
    beside = body.split("報告値と、いま計算した値")[1].split("</section>")[0]
    line = beside.split("NRR(売上継続率) 月次</th>")[1].split("</tr>")[0]
    assert "100.00" in line and "算出不可(月初MRRがありません)" in line
    lines = table(page.get(PAGE.format(OCTOBER) + "&export=csv"))
    (row,) = [one for one in lines if one[1:2] == ["NRR(売上継続率) 月次"]]
    assert row[3] == "1" and row[5:7] == ["", ""] and "現在の値: 算出不可(月初MRRがありません)" in row[8]


def test_the_print_says_whose_it_is_as_of_versions_tax_and_no_instructions(
    page: Client, accounts: dict[str, Account], tanaka: Member
) -> None:
    settings_store.put("organisation.name", "伴走商事", actor=None)
    body = page.get(PAGE.format(OCTOBER)).content.decode()
    head = body.split("print-only")[1].split("</div>")[0]
    assert "伴走商事 · 月次締め" in head and "基準日" in head and "作成日時" in head and "JST" in head
    assert "金額は税抜" in head
    foot = body.split("print-foot")[1].split("</div>")[0]
    assert "定義版" in foot and "v1" in foot and "定義版" not in head
    assert "まだ締めていない数字" in body and "署名する数字" not in body
    sign(SEPTEMBER, tanaka), sign(OCTOBER, tanaka, "flash")
    body = page.get(PAGE.format(OCTOBER)).content.decode()
    for title in ("署名する数字", "締める前に"):
        assert 'class="card no-print"' in body.split(f"{title}</h2>")[0].rsplit("<section", 1)[1]
