"""Tests prove something: each one can fail, none waits for a number of seconds, none is left out without a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.tree import name, python, tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
# Calls that fail by themselves: pytest's own, Django's, and waiting for something on a page.
FAILING = {
    "raises",
    "fail",
    "warns",
    "wait_for_selector",
    "wait_for_url",
    "wait_for_function",
    "expect_download",
}
# Pauses that are what is tried: nothing may happen meanwhile, or the next try of a loop with an end of its own.
PAUSES = {
    "tests/browser/pictures.py": 1,
    "tests/browser/product.py": 1,
    "tests/browser/stories.py": 1,
    "tests/browser/test_page_script.py": 2,
    "src/banso_web/members/tests/test_oidc.py": 1,
    "src/banso_web/operations/tests/test_supervise.py": 2,
    "src/banso_web/ingest/tests/test_killed.py": 1,
}


@cache
def sources() -> tuple[Path, ...]:
    return tuple(path for path in python() if "tests" in path.parts[-3:] or name(path).startswith("tests/"))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def called(node: ast.AST) -> str:
    """The last name of a call: `pytest.raises(…)` is `raises`."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def fails_by_itself(function: Function, known: set[str]) -> bool:
    return any(isinstance(node, ast.Assert) or called(node) in known for node in ast.walk(function))


@cache
def asserting() -> frozenset[str]:
    """Names of functions of the tests that assert, themselves or through another of them."""
    known, every = set(FAILING), [one for path in sources() for one in functions(path)]
    while True:
        more = {one.name for one in every if one.name not in known and fails_by_itself(one, known)}
        if not more:
            return frozenset(known)
        known |= more


def test_every_test_can_fail() -> None:
    idle = [
        f"{name(path)}:{one.name}"
        for path in sources()
        for one in functions(path)
        if one.name.startswith("test_") and not fails_by_itself(one, set(asserting()))
    ]
    assert idle == []


def test_the_measure_finds_a_test_that_cannot_fail() -> None:
    idle = ast.parse("def test_x():\n    print(1)\n").body[0]
    fine = ast.parse("def test_y():\n    with pytest.raises(ValueError):\n        f()\n").body[0]
    assert isinstance(idle, Function) and not fails_by_itself(idle, set(FAILING))
    assert isinstance(fine, Function) and fails_by_itself(fine, set(FAILING))


def test_nothing_waits_for_a_number_of_seconds() -> None:
    """What is waited for is a state; a pause fails on a slow machine and costs time on a fast one."""
    found = {}
    for path in sources():
        pauses = sum(called(node) in ("sleep", "wait_for_timeout") for node in ast.walk(tree(path)))
        if pauses > PAUSES.get(name(path), 0):
            found[name(path)] = pauses
    assert found == {}


def test_no_test_asserts_on_time() -> None:
    clocks = {"perf_counter", "monotonic", "process_time"}
    found = [
        f"{name(path)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert) and any(called(inner) in clocks for inner in ast.walk(node))
    ]
    assert found == []


def test_whatever_is_skipped_says_why() -> None:
    """`skipif` and `skip` carry a reason; pytest prints them all (`-ra`)."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(tree(path))
        if called(node) in ("skipif", "skip")
        and not any(word.arg == "reason" for word in node.keywords)  # type: ignore[attr-defined]
        and not (called(node) == "skip" and node.args)  # type: ignore[attr-defined]
    ]
    assert found == []
