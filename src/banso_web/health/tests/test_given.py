"""`banso metric health --signals FILE`: story X15 by command, in both languages and three kinds of file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils.translation import override

from banso_web.revenue.commands import metric

pytestmark = pytest.mark.django_db
YAML_JA = "利用: 70\n満足: 60\n関係: 未収集\nサポート: 80\n契約/支払: 100\n"
JSON_EN = (
    '{"usage": 70, "Satisfaction": 60, "relationship": "Not collected", "support": "80", "contract": 100}'
)
CSV_JA = "シグナル,点,状態,最後の点\n利用,70,,\n満足,60,,\n関係,,途絶,20\nサポート,80,,\n契約/支払,１００,,\n"


def ask(path: Path, text: str, *more: str, encoding: str = "utf-8") -> str:
    path.write_bytes(text.encode(encoding))
    with override("ja"):
        answer = CliRunner().invoke(
            metric, ["health", "--as-of", "2026-11-24", "--signals", str(path), *more]
        )
    assert answer.exit_code == 0, answer.output
    return answer.output


@pytest.mark.parametrize(("name", "text"), [("a.yaml", YAML_JA), ("a.json", JSON_EN)], ids=["yaml", "json"])
def test_x15(tmp_path: Path, name: str, text: str) -> None:
    told = json.loads(ask(tmp_path / name, text, "--json"))
    assert told["value"] == "72.9411764706" and told["unit"] == "points"
    assert (told["numerator"]["value"], told["denominator"]["value"]) == ("6200", "85")
    assert (told["parts"]["completeness"], told["parts"]["band"]) == ("0.85", "good")
    assert [(row["key"], row["reason"]) for row in told["excluded"]] == [("relationship", "未収集")]
    words = ask(tmp_path / name, text)
    for wanted in ("72.9", "信頼度: 85%", "関係: 未収集", "区分: 良好"):
        assert wanted in words.replace(" %", "%")


def test_x15_after_the_loss(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    told = json.loads(ask(path, CSV_JA, "--json", encoding="cp932"))
    parts = told["parts"]
    assert (told["value"], parts["low"], parts["high"], parts["band"]) == (
        "72.9411764706",
        "62",
        "77",
        "watch",
    )
    assert "62.0〜77.0" in ask(path, CSV_JA) and "注意" in ask(path, CSV_JA)


def test_a_mark_stands_in_where_nobody_answered(tmp_path: Path) -> None:
    told = json.loads(ask(tmp_path / "a.yml", "満足: 無回答\n担当所感: ○\n", "--json"))
    assert (told["value"], told["parts"]["completeness"], told["parts"]["band"]) == ("75", "0.2", "unknown")


def test_everything_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("利用: 170\n満足: 良い\n天気: 50\nサポート: {点: 5, 状態: 途絶}\n", "utf-8")
    with override("ja"):
        answer = CliRunner().invoke(metric, ["health", "--signals", str(path)])
    assert answer.exit_code == 2
    for wanted in ("利用", "満足", "天気", "サポート", "何も計算していません"):
        assert wanted in answer.output
    path.write_text("[1, 2", "utf-8")
    with override("en"):
        assert "could not be read" in CliRunner().invoke(metric, ["health", "--signals", str(path)]).output
