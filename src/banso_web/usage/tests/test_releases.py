"""リリース: marked on the trends of the customers who have the product."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import Desk
from banso_web.usage.models import Release
from banso_web.usage.reads.customer import usage_block
from banso_web.usage.tests.conftest import CASES
from banso_web.usage.tests.test_health import asked_today

pytestmark = pytest.mark.django_db
URL = "/settings/releases/"


def test_a_release_is_added_once_and_removed(desk: Callable[[str], Desk], events_home: Any) -> None:
    kanri = desk("kanri")
    assert "リリースはまだありません" in kanri.text(URL)
    given = {"on": "2026-11-02", "product": "", "text": "一括申請を新しくした"}
    assert kanri.post(URL, **given).status_code == 302
    for wrong in (given, {**given, "text": " "}, {**given, "on": "x"}, {**given, "product": "no such"}):
        assert kanri.post(URL, **wrong).status_code == 422
    made = Release.objects.get()
    assert "一括申請を新しくした" in kanri.text(URL)
    for who in ("tanaka", "sato"):
        assert desk(who).post(URL, **{**given, "text": "x"}).status_code == 403
        assert desk(who).post(f"{URL}{made.pk}/remove/").status_code == 403
    assert kanri.post(f"{URL}{made.pk}/remove/").status_code == 302
    assert kanri.post(f"{URL}{made.pk}/remove/").status_code == 404
    actions = AuditRow.objects.filter(subject="release").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["release.add", "release.remove"]


def test_the_trend_marks_releases_of_the_customers_products(
    story: Callable[..., dict[str, Account]], person: Any
) -> None:
    account = story(CASES)["A010"]  # has a contract for A
    for product, on, text in (
        ("A", date(2026, 11, 3), "A の新画面"),
        ("", date(2026, 10, 14), "全製品の更新"),
        ("B", date(2026, 11, 4), "B の新画面"),
        ("A", date(2026, 11, 25), "これから"),
        ("A", date(2024, 1, 1), "ずっと前"),
    ):
        Release.objects.create(product=product, on=on, text=text)
    block = usage_block(person("tanaka"), account.pk, asked_today())
    assert block is not None
    marks = [(one["x"], one["label"]) for one in block["trend"]["annotations"] if "リリース" in one["label"]]
    assert marks == [("10/12", "リリース: 全製品の更新"), ("11/2", "リリース: A の新画面")]
