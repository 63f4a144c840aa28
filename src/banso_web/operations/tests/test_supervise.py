"""`banso up` for real: an address, an answer, a second start refused, a dead child back, a clean stop."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("BANSO_DATABASE_URL")), reason="this home uses SQLite of its own"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, seconds: float = 150) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                return bool(answer.read() == b"ok")
        except OSError:
            time.sleep(0.2)
    return False


def web_processes(parent: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    return [int(pid) for pid, ppid, args in rows if int(ppid) == parent and "config.wsgi" in args]


def another(parent: int, dead: int, seconds: float = 60) -> bool:
    """The supervisor has a web process again, and it is not the dead one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if set(web_processes(parent)) - {dead}:
            return True
        time.sleep(0.1)
    return False


def test_up_serves_survives_a_dead_child_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "BANSO_HOME": str(tmp_path / "home"),
        "BANSO_PORT": str(port),
        "BANSO_COLLECT_PORT": "0",
    }
    environment.pop("BANSO_CLOCK", None)
    command = [sys.executable, "-m", "banso_web.cli", "up", "--workers", "1"]
    first = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert answers(port)
        second = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=150, check=False
        )
        assert second.returncode != 0
        assert "すでに Banso が動いています" in second.stderr
        (web,) = web_processes(first.pid)
        os.kill(web, signal.SIGKILL)
        assert another(first.pid, web)
        assert answers(port)
    finally:
        first.send_signal(signal.SIGTERM)
        out, _err = first.communicate(timeout=90)
    assert f"http://localhost:{port}" in out
    assert "/setup/?token=" in out
    assert first.returncode == 0
    assert not answers(port, seconds=1)
