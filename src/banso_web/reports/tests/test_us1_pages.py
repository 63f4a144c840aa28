"""US-1 in the pages, to the printed digit, in both languages."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from banso_web.reports.tests.conftest import Reader

pytestmark = pytest.mark.django_db


def text_of(client: Client, url: str, status: int = 200) -> str:
    """The page's words as a reader sees them: no tags, single blanks."""
    response = client.get(url)
    assert response.status_code == status, response.content.decode()[:2000]
    body = re.sub(r"<script.*?</script>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)).replace("&#x27;", "'")


def test_the_board_prints_the_story(october: object, reader: Reader) -> None:
    page = text_of(reader("tanaka"), "/numbers/?month=2026-10")
    for printed in (
        "96.75 %",
        "92.50 %",
        "5.00 %",
        "6.00 %",
        "7.50 %",
        "3.25 %",
        "45.96 %",
        "95.0 %",
        "¥12,160,000",
    ):
        assert printed in page
    assert "1.4–16.5 %" in page
    assert "件数が少なく、月ごとの差は偶然の範囲に入りえます。3か月平均も確認" in page
    for wrong in ("101.33", "4.76", "60.00 %"):
        assert wrong not in page


def test_the_board_speaks_english(october: object, reader: Reader) -> None:
    page = text_of(reader("tanaka"), "/numbers/?month=2026-10&lang=en")
    for printed in ("96.75 %", "92.50 %", "5.00 %", "45.96 %", "¥12,160,000"):
        assert printed in page


def test_the_waterfall_reconciles(october: object, reader: Reader) -> None:
    page = text_of(reader("tanaka"), "/numbers/nrr/?month=2026-10")
    for printed in (
        "¥12,000,000",
        "¥450,000",
        "¥100,000",
        "¥360,000",
        "¥150,000",
        "¥510,000",
        "−¥180,000",
        "−¥720,000",
        "¥12,160,000",
        "96.75 %",
    ):
        assert printed in page
    assert "差額(月初 + 増減 − 月末)¥0" in page.replace(" ¥0", "¥0")


def test_the_churn_bar_opens_two_rows(october: object, reader: Reader) -> None:
    page = text_of(reader("tanaka"), "/numbers/rows/?metric=nrr_monthly&part=churn&month=2026-10")
    assert "南部製菓" in page and "光陽電子" in page
    assert "合計 2件" in page and "¥720,000" in page
    assert "理由未確認" in page and "接点の記録なし" in page
    excluded = text_of(reader("tanaka"), "/numbers/rows/?metric=nrr_monthly&part=excluded&month=2026-10")
    assert "若葉企画" in excluded and "除外(当月内の契約・解約)" in excluded
