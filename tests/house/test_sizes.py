"""Files and functions stay small enough to be read in one sitting."""

from __future__ import annotations

import pytest

from tests.house.tree import functions, name, python, text, tracked

FILE_MOST, FILE_95 = 600, 350
FUNCTION_MOST, FUNCTION_95 = 90, 45
SOURCES = {".py", ".ts", ".css", ".html"}


def percentile_95(sizes: list[int]) -> int:
    """The size that 95 of 100 do not pass (nearest rank)."""
    return sorted(sizes)[max(-(-len(sizes) * 95 // 100) - 1, 0)]


def file_sizes() -> dict[str, int]:
    return {
        name(path): text(path).count("\n")
        for path in tracked()
        if path.suffix in SOURCES
        and name(path).split("/")[0] in ("src", "tests", "tools", "frontend", "benchmarks")
    }


def function_sizes() -> dict[str, int]:
    return {f"{name(path)}:{function}": lines for path in python() for function, lines in functions(path)}


def test_the_percentile_is_the_nearest_rank() -> None:
    assert percentile_95(list(range(1, 101))) == 95
    assert percentile_95([7]) == 7


def test_no_file_passes_the_limit() -> None:
    assert {where: lines for where, lines in file_sizes().items() if lines > FILE_MOST} == {}


def test_nearly_all_files_are_short() -> None:
    sizes = file_sizes()
    assert sizes
    assert percentile_95(list(sizes.values())) <= FILE_95


def test_no_function_passes_the_limit() -> None:
    assert {where: lines for where, lines in function_sizes().items() if lines > FUNCTION_MOST} == {}


def test_nearly_all_functions_are_short() -> None:
    sizes = function_sizes()
    assert sizes
    assert percentile_95(list(sizes.values())) <= FUNCTION_95


@pytest.mark.parametrize("word", ["utils", "util", "helpers", "misc", "common"])
def test_no_module_is_named_for_nothing(word: str) -> None:
    assert [name(path) for path in python() if path.stem == word] == []
