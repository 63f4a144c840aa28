"""`import banso` is for anybody's notebook: no server, no heavy parts before they are named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import banso

SOURCE = Path(banso.__file__).parents[1]


def loaded_after(statement: str) -> set[str]:
    """Names of the modules a fresh interpreter holds after a statement."""
    script = f"import sys; sys.path.insert(0, {str(SOURCE)!r}); {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_library_loads_none_of_its_parts() -> None:
    assert {name for name in loaded_after("import banso") if name.split(".")[0] == "banso"} == {"banso"}


def test_a_part_is_loaded_when_it_is_named_and_brings_no_web() -> None:
    loaded = loaded_after("import banso; banso.names.company; banso.periods.Month; banso.money.Money")
    assert {"banso.names", "banso.periods", "banso.money", "jpholiday"} <= loaded
    assert not loaded & {"django", "numpy", "duckdb", "banso_web", "banso.revenue"}


def test_every_part_is_listed_and_nothing_else_is_made_up() -> None:
    assert {"names", "periods", "revenue", "__version__"} <= set(dir(banso))
    with pytest.raises(AttributeError, match="nothing"):
        banso.__getattr__("nothing")


def test_the_version_is_the_packages_own() -> None:
    project = SOURCE.parent / "pyproject.toml"
    assert f'version = "{banso.__version__}"' in project.read_text(encoding="utf-8")
