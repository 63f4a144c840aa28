"""Several processes take in the same logs at once, through HTTP, and some of them are killed: each event is there once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django
from django.db import connection

from banso_web.collect.models import Source
from banso_web.warehouse.tests.engines import OVER_HTTP, needs_clickhouse
from banso_web.warehouse.tests.logs import log, track

pytestmark = [
    pytest.mark.django_db(transaction=True),
    needs_clickhouse,
    pytest.mark.skipif(
        bool(os.environ.get("BANSO_DATABASE_URL")), reason="these processes share an SQLite file of their own"
    ),
]
WRITER = """
import sys
import django
django.setup()
from banso_web.warehouse import compactor
compactor.LEASE_SECONDS = 2  # the lease of a killed one runs out
compactor.ROUND_BYTES = 2_000  # many rounds
while list(compactor.log_folder().iterdir()):
    done = compactor.compact()
    if done.logs:
        print(done.logs, flush=True)
"""
READ = """
import json
import django
django.setup()
from banso_web.warehouse.models import SourceDay
from banso_web.warehouse.store import event_store
rows = event_store().query("SELECT message_id, count(*) FROM events GROUP BY 1")
day = SourceDay.objects.get()
print(json.dumps([rows, day.accepted, day.duplicates]))
"""


def started(home: Path, code: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "BANSO_HOME": str(home),
        "BANSO_EVENTS_URL": django.BANSO_EVENTS_URL,
        "DJANGO_SETTINGS_MODULE": "banso_web.config.settings",
    }
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("engine", [OVER_HTTP], indirect=True)
def test_writers_that_are_killed_leave_each_event_once(
    engine: str, source: Source, events_home: Path
) -> None:
    lot, sent, again = random.Random(7), [], 0
    for number in range(60):
        names = [f"{number}-{place}" for place in range(lot.randrange(1, 5))]
        more = lot.sample(sent, min(2, len(sent)))
        log(source, [track(name) for name in names + more], name=f"{number:04d}")
        sent, again = sent + names, again + len(more)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(events_home / "banso.sqlite3")])
    writers = [started(events_home, WRITER) for _number in range(3)]
    for killed in writers[:2]:
        assert killed.stdout is not None
        killed.stdout.readline()  # it is at it
        killed.kill()
    assert writers[2].wait(60) == 0
    told, _nothing = started(events_home, READ).communicate()
    rows, accepted, duplicates = json.loads(told)
    assert sorted(rows) == sorted([name, 1] for name in sent)
    assert (accepted, duplicates) == (len(sent), again)
