"""Homes to measure in: made by the simulator, imported by the engine like anybody's files, kept until the run ends."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLOCK = "2026-11-24T09:00+09:00"
EMAIL = "bench@sample.example"


def environment(home: Path) -> dict[str, str]:
    """The process environment of a test home with a fixed clock; the database is the embedded one."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BANSO_")}
    return {
        **kept,
        "BANSO_HOME": str(home),
        "BANSO_CLOCK": CLOCK,
        "BANSO_SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
        "BANSO_LANG": "ja",
        "DJANGO_SETTINGS_MODULE": "banso_web.config.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }


def run_step(module: str, home: Path, *arguments: str) -> Any:
    """Run `python -m module arguments` in a process of its own on the home; its last line is JSON."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command, env=environment(home), cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def mark(home: Path) -> None:
    """A test home: only there may the clock be fixed."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "kind").write_text("test", "ascii")


def start() -> None:
    """Django and the database, in the process that works on the home."""
    import django

    django.setup()
    from banso_web.operations.prepare import prepare

    prepare()


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({key: "" if value is None else value for key, value in row.items()} for row in rows)


def bring(folder: Path, label: str) -> dict[str, float]:
    """Import a folder through the engine; seconds of reading and of writing (with publishing)."""
    from banso_web.ingest import actions
    from banso_web.ingest.inputs import inputs_of

    begin = time.perf_counter()
    files, _aside = inputs_of(folder)
    run = actions.check_run(actions.start_run(files, actor=None, label=label, known="effective"))
    checked = time.perf_counter()
    run = actions.confirm_run(run, actor=None, accept_rejects=False)
    if run.state != "done":
        raise SystemExit(f"the import ended as {run.state}: {run.failure}")
    end = time.perf_counter()
    return {"check": checked - begin, "write": end - checked}


def make(accounts: int, folder: Path) -> dict[str, Any]:
    """The company of so many customers in this process's home, with stored values filled and a member to sign in."""
    start()
    from banso.simulate import Plan, company, work
    from banso_web.core import clock
    from banso_web.members.models import Member, Role
    from banso_web.revenue.actions.values import fill_nightly

    plan = Plan(accounts=accounts, as_of=clock.today(), members=min(max(accounts // 250, 6), 60))
    made = company(plan)
    tables = {**made.tables, **work(made, plan)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        if rows:
            write_table(folder / f"{name}.csv", rows)
    seconds = bring(folder, f"{accounts} accounts")
    begin = time.perf_counter()
    fill_nightly()
    seconds["fill"] = time.perf_counter() - begin
    member = Member.objects.create(code="BENCH", name="計測", email=EMAIL, job="manager")
    member.roles.set(Role.objects.filter(key__in=("manager", "admin")))
    return {"accounts": accounts, "rows": {name: len(rows) for name, rows in tables.items()}, **seconds}


def session_cookie() -> tuple[str, str]:
    """(name, value) of a signed-in session, as a browser would hold it."""
    from django.conf import settings
    from django.test import Client

    from banso_web.members.models import Member

    client = Client()
    client.force_login(Member.objects.get(email=EMAIL), backend=settings.AUTHENTICATION_BACKENDS[0])
    return settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value


def step(home: Path, day: dt.date, module: str, *words: str) -> dict[str, Any]:
    """Run a step of a benchmark in a process of its own on the home, on the morning of a day; the JSON of its last line."""
    told = environment(home) | {"BANSO_CLOCK": f"{day.isoformat()}T09:00+09:00"}
    command = [sys.executable, "-m", module, *words]
    done = subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])  # type: ignore[no-any-return]
