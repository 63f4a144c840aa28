"""`banso metric` and `banso metrics`: the printed object and both languages."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from django.utils import translation

from banso_web.revenue.commands import metric, metrics
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
PROMISED = {
    "metric", "version", "as_of", "known_at", "unit", "value", "numerator", "denominator", "excluded", "parts", "n",
    "interval", "notes",
}  # fmt: skip


def test_the_object_of_json() -> None:
    make.story("us1")
    run = CliRunner().invoke(metric, ["nrr_monthly", "--month", "2026-10", "--json"])
    assert run.exit_code == 0, run.output
    body = json.loads(run.output)
    assert set(body) >= PROMISED
    assert (body["value"], body["unit"], body["as_of"], body["n"]) == ("0.9675", "ratio", "2026-11-24", 40)
    assert body["numerator"]["value"] == "11610000" and len(body["denominator"]["rows"]) == 40
    assert list(body["parts"])[:2] == ["opening", "new"] and body["parts"]["difference"] == "0"
    assert body["excluded"][0]["account_id"] == "A045"


def test_as_of_known_at_and_set() -> None:
    accounts = make.story("us1")
    make.load_movements("us3/late_only/movements.csv", accounts)
    early = ["customer_churn_monthly", "--month", "2026-10", "--known-at", "2026-11-24T10:00", "--json"]
    assert json.loads(CliRunner().invoke(metric, early).output)["value"] == "0.05"
    assert (
        json.loads(CliRunner().invoke(metric, ["mrr", "--as-of", "2026-09-30", "--json"]).output)["value"]
        == "12000000"
    )
    pairs = [
        "unit_price=100000",
        "gross_margin=70%",
        "frequency=12",
        "years=4",
        "acquisition_cost=1200000",
        "retention_cost=240000",
    ]
    inputs = [word for pair in pairs for word in ("--set", pair)]
    assert "1,200,000 JPY" in CliRunner().invoke(metric, ["ltv_article", *inputs]).output


@pytest.mark.parametrize(
    "words",
    [
        ["nope"],
        ["nrr_monthly"],
        ["mrr", "--as-of", "2026-02-30"],
        ["mrr", "--set", "x"],
        ["nrr_monthly", "--month", "13"],
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(words: list[str]) -> None:
    run = CliRunner().invoke(metric, words)
    assert run.exit_code != 0 and "Traceback" not in run.output and run.output.strip()


def test_the_catalogue_has_both_names_and_every_key_of_revenue() -> None:
    rows = {row["key"]: row for row in json.loads(CliRunner().invoke(metrics, ["--json"]).output)}
    promised = (
        "mrr arr customers nrr_monthly nrr_12m grr_monthly grr_12m customer_churn_monthly customer_churn_annualised "
        "customer_churn_12m_avg mrr_churn_12m_avg mrr_churn_monthly gross_revenue_churn net_revenue_churn "
        "planned_churn_mrr renewal_rate renewal_rate_amount retention_monthly ltv_article ltv_churn arpa quick_ratio"
    )
    for key in promised.split():
        row = rows[key]
        assert row["name_ja"] != row["name_en"] and row["name_en"].isascii(), key
        assert row["formula_ja"] and row["formula_en"] and row["version"]


def test_the_other_language() -> None:
    make.story("us1")
    with translation.override("en"):
        text = CliRunner().invoke(metric, ["customer_churn_monthly", "--month", "2026-10"]).output
    assert (
        "Customer churn, monthly  5.00 %" in text
        and "Few cases" in text
        and "95% interval: 1.4–16.5 %" in text
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mrr", "--signals", __file__], "計算できません"),
        (["onboarding_rate", "--json"], "まだ計算できません"),
        (["nothing"], "使える指標"),
        (["mrr", "--month", "2026-13"], "対象月"),
        (["nrr_monthly"], "対象月"),
        (["mrr", "--as-of", "2026-02-30"], "日付"),
        (["mrr", "--set", "a"], "key=数値"),
        (["mrr", "--set", "colour=1"], "入力"),
    ],
)
def test_a_bad_argument_is_one_clear_line_and_exit_code_two(arguments: list[str], words: str) -> None:
    from banso_web.revenue.commands import metric as command

    answer = CliRunner().invoke(command, arguments)
    assert answer.exit_code == 2 and isinstance(answer.exception, SystemExit)
    assert words in answer.output.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("ja", ["96.75 %", "基準日 2026/11/24(火)", "分子: 11,610,000 JPY  (40行)", "分母: 12,000,000 JPY  (40行)", "除外: 1行"]),
        ("en", ["96.75 %", "2026-11-24 Tue", "11,610,000 JPY  (40 rows)", "12,000,000 JPY  (40 rows)", "Left out: 1 row"]),
    ],
)  # fmt: skip
def test_what_a_person_reads_has_separators_units_and_weekdays(language: str, wanted: list[str]) -> None:
    make.story("us1")
    with translation.override(language):
        text = CliRunner().invoke(metric, ["nrr_monthly", "--month", "2026-10"]).output
        count = CliRunner().invoke(metric, ["customers", "--as-of", "2026-10-31"]).output
    for one in wanted:
        assert one in text, text
    assert ("社" if language == "ja" else " accounts") in count.splitlines()[0]
