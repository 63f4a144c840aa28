"""The product as its users have it: a home in a folder of its own, a web process, and a worker where jobs are needed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLOCK = "2026-11-24T09:00+09:00"
FROZEN = ("BANSO_HOME", "BANSO_DATABASE_URL", "BANSO_EVENTS_URL", "BANSO_PUBLIC_URL", "BANSO_SMTP_URL")


def environment(home: Path, clock: str = CLOCK) -> dict[str, str]:
    """The process environment of a home of its own: SQLite in its folder, a fixed clock, Japanese."""
    kept = {key: value for key, value in os.environ.items() if key not in FROZEN}
    return {
        **kept,
        "BANSO_HOME": str(home),
        "BANSO_CLOCK": clock,
        "BANSO_SECRET_KEY": "only-for-tests-" + "x" * 40,
        "BANSO_LANG": "ja",
        "DJANGO_SETTINGS_MODULE": "banso_web.config.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }


def furnish(home: Path, what: str) -> None:
    """Run `tests.browser.furnish` for this home; a failure shows what it printed."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "kind").write_text("test", "ascii")
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.furnish", what],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Product:
    """A running instance; `stop` ends exactly the processes it started."""

    home: Path
    worker: bool = False
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> Product:
        python = [sys.executable, "-m"]
        web = [
            *python, "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--blocking-threads", "2", "--no-access-log", "--log-level", "warning", "banso_web.config.wsgi:application",
        ]  # fmt: skip
        commands = [web]
        if self.worker:
            commands.append(
                [
                    *python,
                    "banso_web.cli",
                    "manage",
                    "db_worker",
                    "--queue-name",
                    "*",
                    "--interval",
                    "0.2",
                    "-v",
                    "0",
                ]
            )
        for command in commands:
            self.run(command)
        end = time.monotonic() + 90
        while time.monotonic() < end:
            assert self.processes[0].poll() is None, self.said()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                    return self
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError("the web process did not answer: " + self.said())

    def run(self, command: list[str]) -> None:
        """A process more, which ends with the product."""
        with (self.home / "server.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    command,
                    env=environment(self.home),
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def said(self) -> str:
        return (self.home / "server.log").read_text("utf-8", "replace")[-4000:]

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self.processes.clear()


def copy_home(template: Path, home: Path) -> Path:
    """A furnished home for one module, from the one furnished once."""
    shutil.copytree(template, home)
    return home
