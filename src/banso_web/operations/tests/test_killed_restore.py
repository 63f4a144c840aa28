"""A restore that is killed leaves the old instance whole, or the new one, never a mixture."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from banso_web.operations.tests.test_backup import banso, movements
from banso_web.operations.tests.test_backup import filled as filled

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("BANSO_DATABASE_URL")), reason="these homes use SQLite of their own"
)
# Runs `banso restore` and kills itself when a function of the restore is called for the nth time.
KILLER = """
import os, sys
from importlib import import_module
os.environ["DJANGO_SETTINGS_MODULE"] = "banso_web.config.settings"
import django; django.setup()
module, name, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
module = import_module(module)
owner = module
*way, last = name.split(".")
for part in way:
    owner = getattr(owner, part)
real = getattr(owner, last)
def counted(*given, **named):
    global times
    times -= 1
    if times == 0:
        os.kill(os.getpid(), 9)
    return real(*given, **named)
setattr(owner, last, counted)
sys.argv = ["banso", "restore", *sys.argv[4:]]
from banso_web.cli import main
main()
"""


def killed(home: Path, archive: Path, module: str, name: str, times: int) -> None:
    command = [sys.executable, "-c", KILLER, module, name, str(times), str(archive), "--replace"]
    environment = {**os.environ, "BANSO_HOME": str(home), "BANSO_LANG": "ja"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture(scope="module")
def empty_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    assert banso(folder / "home", "backup", str(folder / "empty.tar.gz")).returncode == 0
    return folder / "empty.tar.gz"


@pytest.mark.parametrize(
    ("module", "name", "times", "left"),
    [
        ("banso_web.operations.backup.switching", "commit", 1, 6),  # proved, nothing replaced
        ("banso_web.operations.backup.switching", "switch", 1, 0),  # marked: the next command finishes it
        ("banso_web.operations.backup.switching", "Path.replace", 2, 0),  # database new, files not yet
        ("banso_web.operations.backup.switching", "shutil.rmtree", 2, 0),  # old files aside or not
    ],
)
def test_a_killed_restore_leaves_the_old_or_the_new(
    filled: Path, empty_archive: Path, tmp_path: Path, module: str, name: str, times: int, left: int
) -> None:
    home = tmp_path / "home"
    shutil.copytree(filled, home)
    killed(home, empty_archive, module, name, times)
    after = banso(home, "backup", str(tmp_path / "after.tar.gz"))  # any next command opens the home
    assert after.returncode == 0, after.stderr
    assert movements(home) == left
    stored = [path for path in (home / "files").rglob("*") if path.is_file()]
    assert bool(stored) == (left == 6), "files belong to the database they stand beside"
    assert not (home / "restoring" / "READY").exists()
