"""Benchmark (d): events acknowledged with fsync, beside what this machine can do at all with the same bytes.

Each run measures, one after another: the JSON of the bodies decoded (msgspec, one thread); the bodies written to a file one after
another, fdatasync after each; the bare server (granian with the collector's command line, an application that reads the request
and answers as the collector does, without looking at it); the collector itself, whose answer means that the bytes are synced.

    python -m benchmarks.collecting prepare        (on the home that BANSO_HOME names) a source; its key as JSON
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import homes, sending
from benchmarks.pages import free_port

CONNECTIONS = 16
BODIES = 64  # different ones, sent over and over
ANSWER = {"success": True, "accepted": 0, "rejected": []}


async def bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI: reads the request and answers."""
    if scope["type"] != "http":
        while scope["type"] == "lifespan":
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
        return
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    b"".join(parts)
    body = json.dumps(ANSWER).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _repeated(do: Callable[[bytes], object], given: Sequence[bytes], seconds: float) -> float:
    """Bodies a second."""
    begin, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - begin) < seconds:
        do(given[count % len(given)])
        count += 1
    return count / spent


def _written(given: Sequence[bytes], seconds: float, folder: Path) -> float:
    path = folder / "written"
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def write(body: bytes) -> None:
        os.write(descriptor, body)
        os.fdatasync(descriptor)

    try:
        return _repeated(write, given, seconds)
    finally:
        os.close(descriptor)
        path.unlink()


def _served(home: Path, requests: Sequence[bytes], seconds: float, target: str = "") -> dict[str, Any]:
    """What the collector answers, or the bare server where `target` names one; its highest resident memory too."""
    from banso_web.operations.supervise import children, wait_until_served

    port = free_port()
    command = list(children("127.0.0.1", port, collect_port=port)[-1].command)
    if target:
        command[-1] = target
    surroundings = {name: text for name, text in homes.environment(home).items() if name != "BANSO_CLOCK"}
    process = subprocess.Popen(command, env=surroundings, cwd=homes.ROOT, stderr=subprocess.DEVNULL)
    try:
        if not wait_until_served("127.0.0.1", port):
            raise SystemExit("the server did not start")
        found = sending.send(port, requests, seconds, CONNECTIONS)
        return {**found, "peak": _peak(process.pid)}
    finally:
        process.terminate()
        process.wait(30)


def _peak(pid: int) -> float:
    """The highest resident memory of granian's worker, in MB."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    kept = [Path(f"/proc/{one}/status").read_text("ascii").splitlines() for one in [str(pid), *workers]]
    return max(int(line.split()[1]) / 1024 for lines in kept for line in lines if line.startswith("VmHWM"))


def measure(batch: int, runs: int, seconds: float) -> dict[str, Any]:
    """Medians of the runs; rates in events a second."""
    given = list(sending.bodies(BODIES * batch, batch))
    decode = msgspec.json.Decoder().decode
    ANSWER["accepted"] = batch
    found: list[dict[str, Any]] = []
    for _run in range(runs):
        with tempfile.TemporaryDirectory(prefix="banso-bench-") as name:
            home = Path(name)
            homes.mark(home)
            key = homes.run_step("benchmarks.collecting", home, "prepare")["key"]
            requests = [sending.request(body, key) for body in given]
            one: dict[str, Any] = {
                "decode": _repeated(decode, given, seconds / 4),
                "write": _written(given, seconds / 4, home),
                "bare": _served(home, requests, seconds, "benchmarks.collecting:bare"),
                "collector": _served(home, requests, seconds),
            }
            found.append(one)

    def median(pick: Callable[[dict[str, Any]], float]) -> float:
        return float(statistics.median(pick(one) for one in found))

    limits = {
        "decode": batch * median(lambda one: one["decode"]),
        "write": batch * median(lambda one: one["write"]),
        "bare": batch * median(lambda one: one["bare"]["rate"]),
    }
    collector = {
        name: median(lambda one, name=name: one["collector"][name]) for name in ("p50", "p99", "core", "peak")
    }  # type: ignore[misc]
    return {
        "batch": batch,
        "connections": CONNECTIONS,
        "bytes": len(given[0]),
        "runs": runs,
        "limits": limits,
        "rate": batch * median(lambda one: one["collector"]["rate"]),
        "rates": sorted(batch * one["collector"]["rate"] for one in found),
        "bare_core": median(lambda one: one["bare"]["core"]),
        **collector,
        "load": os.getloadavg()[0],
    }


def main() -> None:
    """Only step: prepare."""
    homes.start()
    from banso_web.collect.models import Source
    from banso_web.core import clock

    source = Source.objects.create(name="計測", write_key="bench" * 8, created_at=clock.now())
    print(json.dumps({"key": source.write_key}))


if __name__ == "__main__":
    main()
