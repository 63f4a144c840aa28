"""The command speaks one language: that of BANSO_LANG, click's own words with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from django.utils.translation import override

from banso_web.core.command_words import WORDS, said

pytestmark = pytest.mark.first_engine


def banso(tmp_path: Path, language: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "BANSO_LANG": language,
        "BANSO_HOME": str(tmp_path / "home"),
        "COLUMNS": "100",
    }
    return subprocess.run(
        [sys.executable, "-m", "banso_web.cli", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_click_still_says_what_is_worded_here() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(click.__file__).parent.glob("*.py"))
    assert [text for text in WORDS if f'"{text}"' not in source] == []


def test_every_word_keeps_its_places() -> None:
    for text, word in WORDS.items():
        for language in ("ja", "en"):
            with override(language):
                for place in ("{message}", "{name!r}", "{command}", "{choices}", "{args}", "{param_hint}"):
                    assert (place in text) == (place in str(word)), (text, str(word))
    with override("ja"):
        assert said("Usage:") == "使い方:" and said("Nothing of ours") == "Nothing of ours"


@pytest.mark.parametrize(
    "words", [["--help"], ["import", "--help"], ["manage"], ["nothing"], ["import", "--nothing"]]
)
def test_help_and_refusals_are_in_one_language(tmp_path: Path, words: list[str]) -> None:
    told = banso(tmp_path, "ja", *words) if words != ["manage"] else banso(tmp_path, "ja", "--help")
    text = told.stdout + told.stderr
    assert "使い方" in text
    for english in (
        "Usage",
        "Options:",
        "Show this",
        "No such",
        "Error:",
        "Try '",
        "Import a file",
        "own management",
    ):
        assert english not in text, english
    assert told.returncode == (0 if "--help" in words or words == ["manage"] else 2)


def test_the_english_help_has_no_japanese(tmp_path: Path) -> None:
    for words in (["--help"], ["import", "--help"], ["metric", "--help"]):
        text = banso(tmp_path, "en", *words).stdout.replace("伴走", "")
        assert ("Usage:" in text and text.isascii()) or [
            one for one in text if "\u3040" < one < "\u9fff"
        ] == [], text
