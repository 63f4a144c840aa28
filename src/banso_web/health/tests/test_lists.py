"""Bands in 顧客一覧 and in the grid of 顧客ポートフォリオ, today and on another day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.cache import caches

from banso_web.accounts.models import Account
from banso_web.desk.reads.customers import ListQuery
from banso_web.desk.reads.portfolio import grid
from banso_web.health.actions.keeping import keep
from banso_web.health.tests.conftest import DAY, Desk, now

pytestmark = pytest.mark.django_db


def test_bands_in_lists(company: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    """H1 良好, H2 危険; H3 and H4 不明. Filtered, sorted, exported; the same list on the day before."""
    tanaka = desk("tanaka")
    assert "未計算" in tanaka.text("/customers/")
    for back in (1, 0):
        keep(DAY - timedelta(days=back))
    for day in ({}, {"asof": (DAY - timedelta(days=1)).isoformat()}):
        at_risk = tanaka.text("/customers/", band="risk", **day)
        assert "すみれ食品" in at_risk
        assert "みどり商会" not in at_risk
        listed = tanaka.text("/customers/", sort="-band", **day)
        assert listed.index("みどり商会") < listed.index("さくら印刷") < listed.index("すみれ食品")
        lines = tanaka.text("/customers/", export="csv", sort="-band", **day).splitlines()
        assert [line.split(",")[-1].strip() for line in lines[1:4]] == ["良好", "不明", "不明"]
    assert "検証環境" in tanaka.text("/customers/", band="not_computed")


def test_the_grid(company: dict[str, Account], desk: Callable[[str], Desk]) -> None:
    """Cells divide by band and add up: March has all four bands but 注意 (H1, H2, H3), October of the next year H4's."""
    keep(DAY)
    caches["local"].clear()
    tanaka = desk("tanaka")
    found = grid(tanaka.member, ListQuery(), now())
    by_band = {key: (cell.customers, cell.mrr_units) for key, cell in found.total.bands}
    assert by_band == {"risk": (1, 2_000_000_000), "unknown": (2, 2_000_000_000), "good": (1, 4_000_000_000)}
    (march,) = [cell for cell in found.cells if cell.month.month == 3]
    assert [key for key, _cell in march.bands] == ["risk", "unknown", "good"]
    page = tanaka.text("/portfolio/")
    assert "band=risk" in page
    assert "危険" in page
