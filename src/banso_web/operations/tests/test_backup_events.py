"""Events go into a backup and come back: what was acknowledged before it is there once afterwards, in the store or in its log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("BANSO_DATABASE_URL")), reason="these homes use SQLite of their own"
)

SEND = """
import json
from banso_web.collect.models import Source
from banso_web.collect.taking import take, writers
from banso_web.core import clock
from banso_web.warehouse.compactor import compact
source, _made = Source.objects.get_or_create(name="勤怠", defaults={"write_key": "key", "created_at": clock.now()})
def send(name):
    body = {"event": "申請", "userId": "u", "messageId": name, "timestamp": "2026-11-20T01:00:00Z", "writeKey": "key"}
    take("track", json.dumps(body).encode(), {}, clock.now()).safe.result(10)
"""
READ = """
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.embedded import EmbeddedStore
compact()
print(EmbeddedStore().query("SELECT message_id FROM events ORDER BY 1"))
"""


PREPARE = "from banso_web.operations.prepare import prepare; prepare()\n"


def run(home: Path, *arguments: str, code: str = "") -> str:
    home.mkdir(exist_ok=True)
    (home / "kind").write_text("test")
    command = [sys.executable, "-m", "banso_web.cli", *arguments]
    if code:
        command = [sys.executable, "-c", "import django; django.setup()\n" + PREPARE + code]
    environment = {
        **os.environ,
        "BANSO_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "banso_web.config.settings",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_events_in_the_store_and_in_the_log_come_back_once(tmp_path: Path) -> None:
    first, second, copy = tmp_path / "first", tmp_path / "second", tmp_path / "copy.tar.gz"
    save = f"from pathlib import Path; from banso_web.operations.backup import backup; backup(Path({str(copy)!r}))"
    run(
        first,
        code=SEND + "send('stored'); writers.close(); compact(); send('waiting'); writers.close()\n" + save,
    )
    run(second, code=SEND + "send('of the other home'); writers.close()")
    run(second, "restore", str(copy), "--replace")
    assert run(second, code=READ).strip() == "[('stored',), ('waiting',)]"
