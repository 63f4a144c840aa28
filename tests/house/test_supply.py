"""What is installed: pinned with hashes, from no named host, under licences that an Apache-2.0 product may use."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from tests.house.tree import ROOT

NPM_LOCKS = [ROOT / folder / "package-lock.json" for folder in ("frontend", "tests/clients")]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([a-zA-Z0-9._-]+)(?:\[[\w,]+\])?==([^ ;\\]+)", re.M)
FINE = re.compile(
    r"\b(MIT|BSD|Apache|MPL|Mozilla|PSF|Python-2\.0|Python Software Foundation|ISC|0BSD|Unlicense|HPND|CC0|Zlib)\b",
    re.I,
)
# Copyleft that binds only itself: used as a separate package, unchanged, and only where PostgreSQL is chosen.
LIBRARY_COPYLEFT = {"psycopg", "psycopg-binary", "psycopg-pool"}
NPM_FINE = {
    "MIT",
    "ISC",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "MPL-2.0",
    "CC0-1.0",
    "BlueOak-1.0.0",
}


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    return {found.lower().replace("_", "-"): version for found, version in PIN.findall(text)}


def licence(package: str) -> str:
    about = metadata.metadata(package)
    named = [about.get("License-Expression") or "", *(about.get_all("Classifier") or [])]
    said = " ".join(value for value in named if value and ("License" in value or "::" not in value))
    return said or (about.get("License") or "")[:200]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_name_no_host(lock: Path) -> None:
    lines = [line for line in lock.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if "://" in line or "index" in line] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_its_hash(lock: Path) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", "\n" + lock.read_text("utf-8"))
    assert [
        entry.split()[0] for entry in entries if PIN.match(entry.strip()) and "--hash=sha256:" not in entry
    ] == []


def test_locks_agree() -> None:
    run, test, build = pins("run.txt"), pins("test.txt"), pins("build.txt")
    assert run
    assert {name: version for name, version in run.items() if test.get(name) != version} == {}
    assert {name: version for name, version in build.items() if test.get(name, version) != version} == {}


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["postgres"] + extras["clickhouse"]
    named = {re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0].lower() for line in wanted}
    assert named - pins("run.txt").keys() == set()


def test_licences_of_what_runs() -> None:
    wrong = {}
    for package in pins("run.txt"):
        said = licence(package)
        if FINE.search(said):
            continue
        if package in LIBRARY_COPYLEFT and "LGPL" in said.replace("Lesser General Public License", "LGPL"):
            continue
        wrong[package] = said
    assert wrong == {}


@pytest.mark.parametrize("path", NPM_LOCKS, ids=lambda path: path.parent.name)
def test_an_npm_lock_names_no_download_address(path: Path) -> None:
    lock = json.loads(path.read_text("utf-8"))
    packages = {path: about for path, about in lock["packages"].items() if path}
    assert packages
    assert [path for path, about in packages.items() if "resolved" in about] == []
    assert [
        path for path, about in packages.items() if "integrity" not in about and not about.get("inBundle")
    ] == []


def test_licences_of_what_is_built_in() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text("utf-8"))
    said = {path: about.get("license", "") for path, about in lock["packages"].items() if path}
    assert {path: one for path, one in said.items() if not set(re.findall(r"[\w.-]+", one)) & NPM_FINE} == {}


def test_pip_says_errors_alone() -> None:
    """`make run` ends with an address; warnings of pip before it would bury it. -qq leaves errors."""
    text = (ROOT / "Makefile").read_text("utf-8")
    installs = [line for line in text.splitlines() if " -m pip install" in line]
    assert len(installs) >= 2 and all("$(PIP_QUIET)" in line for line in installs)
    assert "PIP_QUIET := -qq " in text
