"""The nightly backup: taken into the operator's folder, the latest kept, what became of it told where people look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from banso_web.core import clock, nightly
from banso_web.core.nightly import Nightly
from banso_web.core.retention import known_backups
from banso_web.members.models import Member
from banso_web.operations import doctor
from banso_web.operations import nightly as jobs
from banso_web.operations.backup.archive import Proof

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder for three backups; the archive itself is a word (its own tests stand beside it)."""
    settings.BANSO_HOME = tmp_path / "home"
    settings.BANSO_HOME.mkdir()
    (settings.BANSO_HOME / "kind").write_text("test")
    settings.ENV = replace(settings.ENV, backup_folder=str(tmp_path / "nights"), backup_keep=3)

    def written(target: Path) -> Proof:
        target.write_text("archive")
        return Proof({}, 0, "", "ok")

    monkeypatch.setattr(jobs.work, "backup", written)
    return tmp_path / "nights"


def nights(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    begun = clock.now()
    for night in range(count):
        monkeypatch.setattr(clock, "now", lambda night=night: begun + timedelta(days=night))
        assert jobs.nightly_backup.call()


def test_the_latest_are_kept_and_other_files_are_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    (folder / "by-hand.tar.gz").write_text("kept")
    nights(monkeypatch, 5)
    kept = sorted(path.name for path in folder.glob("banso-nightly-*"))
    assert kept == [f"banso-nightly-202611{day}-090000.tar.gz" for day in (26, 27, 28)]
    assert (folder / "by-hand.tar.gz").exists()
    found = nightly.last()
    assert found is not None and (found.file, found.size, found.kept, found.failed) == (kept[-1], 7, 3, "")
    assert {one.name for one in known_backups()} >= set(kept)  # an erasure names them too


def test_one_that_fails_leaves_the_others_and_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, person: Callable[[str], Member]
) -> None:
    nights(monkeypatch, 1)
    assert doctor._last_backup().state == doctor.State.OK

    def full(_target: Path) -> Proof:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs.work, "backup", full)
    with pytest.raises(OSError, match="No space"):
        jobs.nightly_backup.call()
    assert len(list(folder.iterdir())) == 1
    found = doctor._last_backup()
    assert found.state == doctor.State.BROKEN and "BANSO_BACKUP_FOLDER" in found.mend
    client = Client()
    client.force_login(person("kanri"))
    page = client.get("/settings/", {"lang": "ja"}).content.decode()
    assert "控えを取れませんでした: No space left on device" in page
    assert "No space left" in client.get("/settings/", {"lang": "en"}).content.decode()
    client.force_login(person("sato"))
    assert "No space left" not in client.get("/settings/").content.decode()


def test_a_night_without_one_is_late(folder: Path) -> None:
    nightly.remember(Nightly((clock.now() - timedelta(hours=37)).isoformat(), "x.tar.gz", 1, 1))
    assert doctor._last_backup().state == doctor.State.WARNING


def test_without_a_folder_nothing_is_taken(settings: Any, tmp_path: Path) -> None:
    settings.BANSO_HOME = tmp_path
    (tmp_path / "kind").write_text("test")
    settings.ENV = replace(settings.ENV, backup_folder="")
    assert jobs.nightly_backup.call() == "" and nightly.last() is None
