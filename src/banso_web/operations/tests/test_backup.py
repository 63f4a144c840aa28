"""Backup while people write; restore proves what it restored, and refuses what is damaged."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("BANSO_DATABASE_URL")), reason="these homes use SQLite of their own"
)


def banso(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "BANSO_HOME": str(home), "BANSO_LANG": "ja", **more}
    environment.pop("BANSO_CLOCK", None)
    command = [sys.executable, "-m", "banso_web.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)


def movements(home: Path) -> int:
    database = sqlite3.connect(home / "banso.sqlite3")
    try:
        return int(database.execute("SELECT COUNT(*) FROM revenue_movement").fetchone()[0])
    finally:
        database.close()


@pytest.fixture(scope="module")
def filled(
    made_once: Callable[[str, Callable[[Path], None]], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A home with one customer and its movements."""

    def fill(folder: Path) -> None:
        files, home = folder / "files", folder / "home"
        files.mkdir(parents=True)
        (files / "accounts.csv").write_text("account_id,name\nA1,青葉商事\n", "utf-8")
        rows = "\n".join(f"M{n},A1,2026-0{n}-01,1000" for n in range(1, 7))
        (files / "movements.csv").write_text(
            f"movement_id,account_id,effective_on,mrr_delta\n{rows}\n", "utf-8"
        )
        done = banso(home, "import", str(files))
        assert done.returncode == 0, done.stderr

    home = tmp_path_factory.mktemp("home") / "copy"
    shutil.copytree(made_once("six movements", fill) / "home", home)
    return home


@pytest.fixture(scope="module")
def archive(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the home, made once; a test that harms it harms a copy."""
    kept = tmp_path_factory.mktemp("backup") / "copy.tar.gz"
    made = banso(filled, "backup", str(kept))
    assert made.returncode == 0, made.stderr
    assert "控えを取りました" in made.stdout
    return kept


def test_a_backup_restores_into_an_empty_home_with_every_row(archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    restored = banso(other, "restore", str(archive))
    assert restored.returncode == 0, restored.stderr
    assert "整合性は ok" in restored.stdout
    assert movements(other) == 6
    assert archive.stat().st_mode & 0o077 == 0, "nobody else on the machine reads the company's data"
    with tarfile.open(archive) as tar:
        kept = [one for one in tar if one.name.startswith("home/")]
    assert kept and all(one.mode == 0o600 for one in kept)


def test_the_backup_is_one_moment_while_somebody_writes(filled: Path, tmp_path: Path) -> None:
    database = sqlite3.connect(filled / "banso.sqlite3", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO core_closure (\"on\", name) VALUES ('2026-12-29', '年末')")
    archive = tmp_path / "copy.tar.gz"
    made = banso(filled, "backup", str(archive))
    database.execute("ROLLBACK")
    database.close()
    assert made.returncode == 0, made.stderr
    with tarfile.open(archive) as tar:
        manifest = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
    assert manifest["tables"]["core_closure"] == 0
    assert manifest["integrity"] == "ok"


def test_a_damaged_archive_is_refused_and_the_data_stays(filled: Path, archive: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "copy.tar.gz"
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    refused = banso(filled, "restore", str(damaged), "--replace")
    assert refused.returncode != 0
    assert "いまのデータはそのままです" in refused.stderr
    assert movements(filled) == 6


def test_a_home_with_data_is_not_overwritten_unasked(filled: Path, archive: Path) -> None:
    refused = banso(filled, "restore", str(archive))
    assert refused.returncode != 0
    assert "--replace" in refused.stderr
    assert banso(filled, "restore", str(archive), "--replace").returncode == 0
    assert movements(filled) == 6


def test_a_file_that_is_no_archive_is_refused_in_words(filled: Path, tmp_path: Path) -> None:
    nonsense = tmp_path / "x.tar.gz"
    nonsense.write_text("nonsense", "utf-8")
    refused = banso(filled, "restore", str(nonsense), "--replace", BANSO_LANG="en")
    assert refused.returncode != 0
    assert "cannot be restored" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_archive_of_a_newer_version_is_refused_and_the_data_stays(
    filled: Path, archive: Path, tmp_path: Path
) -> None:
    newer = tmp_path / "newer.tar.gz"
    with tarfile.open(archive) as old, tarfile.open(newer, "w:gz") as new:
        for member in old.getmembers():
            file = old.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "manifest.json":
                manifest = json.loads(content)
                manifest["migrations"].append("revenue.0999_from_the_future")
                content = json.dumps(manifest).encode()
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    refused = banso(filled, "restore", str(newer), "--replace")
    assert refused.returncode != 0
    assert "revenue.0999_from_the_future" in refused.stderr
    assert "いまのデータはそのままです" in refused.stderr
    assert movements(filled) == 6
