"""Documents stay true to the tree: links lead somewhere, both READMEs say the same commands, nothing speaks of its making."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, name, text, tracked

DOCUMENTS = [path for path in tracked() if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
MAKING = re.compile(r"(?i)\b(chatgpt|claude|copilot|LLM-generated|AI-generated|as an AI)\b")


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = [
        target
        for target in LINK.findall(text(document))
        if "://" not in target and not target.startswith("mailto:")
    ]
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_no_document_speaks_of_its_making(document: Path) -> None:
    assert MAKING.findall(text(document)) == []


def test_make_targets_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.M))
    named = {
        (name(path), target)
        for path in DOCUMENTS
        for target in re.findall(r"`(?:[^`\n]*\s)?make ([a-z-]+)", text(path))
    }
    assert {(where, target) for where, target in named if target not in targets} == set()


def test_both_readmes_give_the_same_commands() -> None:
    def commands(path: Path) -> list[str]:
        return re.findall(r"^(?:\$ )?((?:make|banso|pip) .+?)(?:\s+#.*)?$", text(path), re.M)

    english, japanese = commands(ROOT / "README.md"), commands(ROOT / "README.ja.md")
    assert english
    assert english == japanese
