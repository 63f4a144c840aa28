"""Every package has its place in .importlinter, and nothing is committed that was built or taken from elsewhere."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SRC, name, python, text, tracked, tree

BUILT = re.compile(
    r"(^|/)(node_modules|dist|built|__pycache__|\.venv|vendor|third_party)/|\.(mo|pyc|whl|min\.js|min\.css|woff2?)$"
)
MACHINE = re.compile(r"(?<![\w.])/(?:work/(?:main|shared|brief)|home/\w|root/|Users/\w)")
CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("timezone", "now"),
}


def contracts() -> configparser.ConfigParser:
    read = configparser.ConfigParser()
    read.read(ROOT / ".importlinter", "utf-8")
    return read


def words(value: str) -> set[str]:
    return set(re.findall(r"[\w.]+", value))


@pytest.mark.parametrize(
    ("package", "contract"),
    [("banso", "importlinter:contract:library-layers"), ("banso_web", "importlinter:contract:apps")],
)
def test_every_package_has_its_place(package: str, contract: str) -> None:
    """The same is said by `exhaustive`; here it names the file to change."""
    section = contracts()[contract]
    placed = words(section["layers"]) | words(section.get("exhaustive_ignores", ""))
    there = {
        path.relative_to(SRC / package).parts[0].removesuffix(".py")
        for path in python()
        if path.is_relative_to(SRC / package) and path.name != "__init__.py"
    }
    assert there - placed == set(), "a new package needs its layer in .importlinter"


def test_every_app_with_models_protects_them() -> None:
    with_models = {
        path.relative_to(SRC / "banso_web").parts[0]
        for path in python(tests=False)
        if re.search(r"/banso_web/\w+/models(\.py|/)", f"/{name(path)}")
    }
    protected = {
        section.rsplit("models-", 1)[1] for section in contracts().sections() if ":models-" in section
    }
    # core's models are the base classes of all facts: the one shared vocabulary
    assert with_models - {"core"} == protected


def test_every_app_stands_in_the_contracts_list_of_readers() -> None:
    apps = {path.parent.name for path in (SRC / "banso_web").glob("*/apps.py")}
    listed = words(contracts()["importlinter:contract:nobody-needs-the-project"]["source_modules"])
    assert {f"banso_web.{app}" for app in apps} - listed == set()


def test_nothing_built_or_borrowed_is_committed() -> None:
    assert [name(path) for path in tracked() if BUILT.search(name(path))] == []


def test_no_file_names_a_machine() -> None:
    found = [
        f"{name(path)}: {match.group()}"
        for path in tracked()
        for match in [MACHINE.search(text(path))]
        if match
    ]
    assert found == []


def calls(path: Path) -> Iterator[tuple[int, tuple[str, str]]]:
    """(line, (owner, name)) of every call written as name() or owner.name()."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            yield node.lineno, ("", node.func.id)
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            yield node.lineno, (node.func.value.id, node.func.attr)


def test_the_library_has_no_clock_and_opens_nothing() -> None:
    library = [path for path in python(tests=False) if path.is_relative_to(SRC / "banso")]
    forbidden = CLOCK | {("", "open"), ("", "print"), ("", "input")}
    found = [
        f"{name(path)}:{line}" for path in library for line, called in calls(path) if called in forbidden
    ]
    assert library
    assert found == []


def test_the_clock_has_one_port() -> None:
    """ "Now" and "today" come from core.clock, so that BANSO_CLOCK and every as-of question hold everywhere."""
    asking = [
        path
        for path in python(tests=False)
        if path.is_relative_to(SRC / "banso_web") and name(path) != "src/banso_web/core/clock.py"
    ]
    forbidden = CLOCK - {("time", "time")}  # durations may be measured
    assert [
        f"{name(path)}:{line}" for path in asking for line, called in calls(path) if called in forbidden
    ] == []
