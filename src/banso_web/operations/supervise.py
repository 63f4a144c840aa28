"""`banso up`: one supervisor over web, worker, scheduler, collector and compactor. A child that dies is started again, with growing pauses."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

import click

#: Threads of a web process: a few slow senders do not keep the others waiting (config.bodies bounds them).
THREADS = 8
PAUSES = (0.5, 1, 2, 5, 10, 30)


@dataclass
class Child:
    """One process of the instance, and when it may be started again."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    retry_at: float = field(default=0.0)

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, start_new_session=True)
        self.started = time.monotonic()

    def mind(self) -> None:
        """Start the process when it is down and its pause is over; a minute of life forgets earlier failures."""
        if self.process is not None and self.process.poll() is None:
            return
        moment = time.monotonic()
        if self.process is not None:
            self.failures = 0 if moment - self.started > 60 else self.failures + 1
            self.retry_at = moment + PAUSES[min(self.failures, len(PAUSES) - 1)]
            self._sweep()
            click.echo(f"{self.name}: exit {self.process.returncode}; restarting", err=True)
            self.process = None
        if moment >= self.retry_at:
            self.start()

    def _sweep(self) -> None:
        """End what a dead child left behind: its own workers would keep the port and the old code."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, patience: float) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self._sweep()


def port_is_free(host: str, port: int) -> bool:
    """Whether the address can be bound now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def children(host: str, port: int, *, workers: int = 2, collect_port: int | None = None) -> list[Child]:
    """Web (WSGI), worker, scheduler, compactor, and with a port of its own the collector (ASGI): this same Python."""
    python = [sys.executable, "-m"]
    web = _granian(
        "wsgi",
        host,
        port,
        workers,
        "banso_web.config.wsgi:application",
        "--blocking-threads",
        str(THREADS),
        "--http1-header-read-timeout",
        "10000",
    )
    worker = [
        *python,
        "banso_web.cli",
        "manage",
        "db_worker",
        "--queue-name",
        "*",
        "--interval",
        "1",
        "-v",
        "0",
    ]
    family = [
        Child("web", web),
        Child("worker", worker),
        Child("scheduler", [*python, "banso_web.cli", "schedule"]),
        Child("compactor", [*python, "banso_web.cli", "compact", "--loop"]),
    ]
    if collect_port is not None:
        collector = _granian("asgi", host, collect_port, 1, "banso_web.collect.asgi:application")
        family.append(Child("collector", collector))
    return family


def _granian(interface: str, host: str, port: int, workers: int, target: str, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", interface, "--host", host, "--port", str(port)),
        *("--workers", str(workers), *more, "--no-access-log", "--log-level", "error", target),
    ]


def wait_until_served(host: str, port: int, *, seconds: float = 120) -> bool:
    """Whether something accepts connections at the address within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def supervise(family: list[Child], *, ready: str, host: str, port: int) -> None:
    """Run until SIGINT or SIGTERM; print `ready` once the web process answers."""
    stopping = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    for child in family:
        child.start()
    if wait_until_served(host, port):
        click.echo(ready)
    while not stopping:
        for child in family:
            child.mind()
        time.sleep(0.3)
    for child in reversed(family):
        child.stop(10)
