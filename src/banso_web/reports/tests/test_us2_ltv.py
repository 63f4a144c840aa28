"""US-2: LTV in both forms, the five levers and the price guard, to the printed digit."""

from __future__ import annotations

import csv
import io

import pytest

from banso_web.core.models import AuditRow
from banso_web.reports.models import Scenario
from banso_web.reports.tests.conftest import Reader
from banso_web.reports.tests.test_us1_pages import text_of

pytestmark = pytest.mark.django_db
ARTICLE = "/numbers/ltv/?form=article&unit_price=100000&gross_margin=70&frequency=12&years=4&acquisition_cost=1,200,000&retention_cost=240000"
CHURN = "/numbers/ltv/?form=churn&unit_price=100000&gross_margin=70&monthly_retention_cost=20000&acquisition_cost=1200000&monthly_churn="


def test_article_form_and_its_levers(reader: Reader) -> None:
    page = text_of(reader("tanaka"), ARTICLE)
    assert "100,000 × 0.7 × 12 × 4 − (1,200,000 + 240,000 × 4) = 1,200,000" in page
    for printed in (
        "¥1,200,000",
        "¥1,536,000",
        "+¥336,000",
        "+28.0 %",
        "¥1,440,000",
        "+¥240,000",
        "+20.0 %",
        "¥1,416,000",
        "+¥216,000",
        "+18.0 %",
    ):
        assert printed in page
    assert "単価 = 粗利率 = 頻度 > 期間 > コスト" in page.replace("&gt;", ">")
    assert "期間が延びると維持コストも増えます" in page and "固定(月次課金)" in page


def test_churn_form_and_the_message(reader: Reader) -> None:
    page = text_of(reader("tanaka"), CHURN + "5")
    for printed in ("−¥200,000", "¥50,000", "¥466,667", "¥1,300,000", "¥3,800,000", "20.0", "33.3", "4.17 %"):
        assert printed in page
    assert "解約率5 %では、このセグメントの獲得コストを回収できません(損益分岐 4.17 %)" in page


def test_a_price_rise_that_costs_more_than_it_brings(reader: Reader) -> None:
    page = text_of(reader("tanaka"), CHURN + "3&price_change=10&new_churn=3.5")
    assert "¥466,667 → ¥428,571" in page
    assert "悪化" in page and "3.42 %" in page


def test_without_churn_there_is_no_ltv(reader: Reader) -> None:
    page = text_of(reader("tanaka"), CHURN + "0")
    assert "算出不可(解約実績なし)" in page
    assert "∞" not in page


def test_inputs_nobody_gave_are_named(october: object, reader: Reader) -> None:
    page = text_of(reader("tanaka"), "/numbers/ltv/")
    assert "算出不可(入力がありません: 粗利率" in page
    assert "基準日のARPA" in page and "入力がありません" in page


def test_few_churned_customers_are_for_reference(october: object, reader: Reader) -> None:
    page = text_of(
        reader("tanaka"),
        "/numbers/ltv/?form=churn&gross_margin=70&monthly_retention_cost=20000&acquisition_cost=1200000",
    )
    assert "参考(解約が10件未満)" in page


@pytest.mark.parametrize(
    "bad",
    [
        "gross_margin=abc",
        "gross_margin=700",
        "years=-1",
        "lever_cost=nan",
        "unit_price=1e99",
        "years=" + "9" * 60,
    ],
)
def test_bad_input_is_told_and_not_used(reader: Reader, bad: str) -> None:
    assert "使えません" in text_of(reader("tanaka"), f"/numbers/ltv/?{bad}")


def test_htmx_gets_the_results_alone(reader: Reader) -> None:
    body = reader("tanaka").get(ARTICLE, headers={"HX-Request": "true"}).content.decode()
    assert "¥1,536,000" in body and "<html" not in body


def test_a_scenario_is_kept_with_inputs_author_and_day(reader: Reader) -> None:
    client = reader("tanaka")
    answer = client.post(ARTICLE.replace("/ltv/?", "/ltv/save/?"), {"name": "下期計画"}, follow=True)
    assert answer.status_code == 200
    saved = Scenario.objects.get()
    assert (saved.name, saved.form, saved.result["value"], saved.made_by.name) == (
        "下期計画",
        "article",
        "1200000",
        "田中",
    )
    assert {item["key"]: item["value"] for item in saved.inputs["items"]}["gross_margin"] == "0.7"
    assert "下期計画" in answer.content.decode()
    assert AuditRow.objects.filter(action="scenario.save").count() == 1
    assert reader("sato").post(ARTICLE.replace("/ltv/?", "/ltv/save/?"), {"name": "x"}).status_code == 403


def test_the_file_equals_the_screen(reader: Reader) -> None:
    answer = reader("tanaka").get(ARTICLE + "&export=csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    values = {row[1]: (row[2], row[3]) for row in rows if len(row) == 5}
    assert values["LTV(記事式)"][0] == "1200000"
    assert (
        values["単価"] == ("1536000", "336000")
        and values["期間"] == ("1440000", "240000")
        and values["コスト"] == ("1416000", "216000")
    )
    assert [row[0] for row in rows[:1]] == ["基準日"]
