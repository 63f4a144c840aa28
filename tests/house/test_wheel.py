"""The wheel carries its built assets: it runs in an empty environment, without node and without this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SRC

pytestmark = pytest.mark.soak
TIMEOUT = 600


def run(*command: str | Path, **more: object) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        **more,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return str(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=ROOT)
    return next(target.glob("banso-*.whl"))


@pytest.fixture(scope="module")
def banso(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command, in an environment of its own."""
    place = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", place / "venv")
    pip = [place / "venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "-r", ROOT / "requirements/run.txt")
    run(*pip, "--no-deps", wheel)
    return place / "venv/bin/banso"


def environment(home: Path) -> dict[str, str]:
    """No node, no checkout, no settings of this machine."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BANSO_", "DJANGO_", "PYTHON"))
    }
    return {**kept, "PATH": "/usr/sbin:/sbin", "BANSO_HOME": str(home)}


def test_the_wheel_holds_what_pages_need_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for built in ("app.css", "app.js", "charts.js", "theme.js"):
        assert f"banso_web/static/built/{built}" in names
    catalogues = {
        path.relative_to(SRC).with_suffix(".mo").as_posix()
        for path in SRC.glob("**/locale/*/LC_MESSAGES/*.po")
    }
    assert catalogues - set(names) == set()
    templates = {path.relative_to(SRC).as_posix() for path in SRC.glob("**/templates/**/*.html")}
    assert templates - set(names) == set()
    assert [name for name in names if "/tests/" in name or "conftest" in name or "node_modules" in name] == []
    licences = {Path(name).name for name in names if "/licenses/" in name}
    assert {"LICENSE", "NOTICE"} <= licences


@pytest.mark.parametrize(("language", "word"), [("ja", "サンプル会社"), ("en", "sample")])
def test_help_in_both_languages(banso: Path, tmp_path: Path, language: str, word: str) -> None:
    told = run(banso, "--help", env={**environment(tmp_path), "BANSO_LANG": language}, cwd=tmp_path)
    assert "demo" in told
    assert word in told


def test_the_sample_company_in_an_empty_environment(banso: Path, tmp_path: Path) -> None:
    assert shutil.which("node", path=environment(tmp_path)["PATH"]) is None
    run(banso, "demo", "--no-serve", env=environment(tmp_path / "home"), cwd=tmp_path)
    assert (tmp_path / "home" / "banso.sqlite3").stat().st_size > 100_000
