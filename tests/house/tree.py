"""What the rules of the house look at: the files, the Python sources, the catalogues."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"


@cache
def tracked() -> tuple[Path, ...]:
    """Files that git tracks or would track, or every file outside ignored folders where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        ignored = {".git", ".venv", "node_modules", "built", "dist", "build", "__pycache__"}
        return tuple(
            path
            for path in ROOT.rglob("*")
            if path.is_file() and not ignored & set(path.relative_to(ROOT).parts)
        )
    return tuple(sorted({ROOT / name for name in listed if name and (ROOT / name).is_file()}))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text(path: Path) -> str:
    """The file's text; a binary file is empty."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def python(*, tests: bool = True, migrations: bool = False) -> list[Path]:
    """Python files under src/ and tests/, tools/, benchmarks/ as asked for."""
    found = []
    for path in tracked():
        parts = path.relative_to(ROOT).parts
        if path.suffix != ".py" or parts[0] not in ("src", "tests", "tools", "benchmarks"):
            continue
        if not migrations and "migrations" in parts:
            continue
        if not tests and ("tests" in parts or path.name == "conftest.py"):
            continue
        found.append(path)
    return found


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=name(path))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(name, lines without decorators) of every function, nested ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
