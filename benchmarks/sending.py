"""Events as a client sends them, and a sender that costs little: requests stand ready as bytes, connections are kept.

    python -m benchmarks.sending PORT SECONDS CONNECTIONS < requests     one JSON line: what was answered, how soon

A process of its own, one thread; each connection has one request on its way. Standard input: requests, each with its length
(eight bytes) before it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.homes import ROOT

LENGTH = struct.Struct("<Q")
WARM = 0.5  # seconds that do not count
NAMES = ("申請を作成", "一括承認", "明細を見た", "report.export")
FEATURES = ("申請", "承認", "集計", "帳票", "連携")


def events(count: int, doubled: float = 0.0) -> Iterator[dict[str, Any]]:
    """Track events of one UTC day in the shape that segment's clients give them; a share of them was sent before."""
    pick = random.Random(20261124)
    sent: list[dict[str, Any]] = []
    for _number in range(count):
        if sent and pick.random() < doubled:
            yield pick.choice(sent)
            continue
        account, second = pick.randrange(2_000), pick.randrange(86_400)
        event = {
            "type": "track",
            "messageId": f"{pick.getrandbits(128):032x}",
            "userId": f"u-{account:05d}-{pick.randrange(20):02d}",
            "anonymousId": None,
            "event": pick.choice(NAMES),
            "timestamp": f"2026-11-24T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{pick.randrange(1000):03d}Z",
            "properties": {
                "feature": pick.choice(FEATURES),
                "department": f"部門{pick.randrange(8)}",
                "count": pick.randrange(100),
            },
            "context": {
                "groupId": f"A{account:05d}",
                "library": {"name": "analytics-python", "version": "2.4.0"},
            },
            "integrations": {},
        }
        if len(sent) < 50_000:
            sent.append(event)
        yield event


def bodies(count: int, batch: int, doubled: float = 0.0) -> Iterator[bytes]:
    """Bodies of /v1/batch with so many events each."""
    part: list[dict[str, Any]] = []
    for event in events(count, doubled):
        part.append(event)
        if len(part) == batch:
            yield _body(part)
            part = []
    if part:
        yield _body(part)


def _body(part: list[dict[str, Any]]) -> bytes:
    whole = {"batch": part, "sentAt": "2026-11-24T23:59:59.999Z"}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def request(body: bytes, key: str) -> bytes:
    """A whole HTTP request."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    head = (
        f"POST /v1/batch HTTP/1.1\r\nHost: banso\r\nAuthorization: Basic {basic}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send(port: int, requests: Sequence[bytes], seconds: float, connections: int) -> dict[str, Any]:
    """Send these over and over from a process of its own; see `_measure`."""
    command = [sys.executable, "-m", "benchmarks.sending", str(port), str(seconds), str(connections)]
    given = b"".join(LENGTH.pack(len(one)) + one for one in requests)
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class _Client:
    """One connection with one request on its way."""

    def __init__(self, port: int, requests: Sequence[bytes], start: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.socket.setblocking(False)
        self._requests, self._next = requests, start
        self._answer = b""
        self.begin()

    def begin(self) -> None:
        self._left = memoryview(self._requests[self._next % len(self._requests)])
        self._next += 1
        self._at = time.perf_counter()
        self.push()

    def push(self) -> bool:
        """Whether all is sent."""
        with contextlib.suppress(BlockingIOError):
            self._left = self._left[self.socket.send(self._left) :]
        return not self._left

    def pull(self) -> float | None:
        """Seconds that the request took, once its whole answer is there."""
        part = self.socket.recv(65_536)
        if not part:
            raise SystemExit("the server closed a connection")
        self._answer += part
        head, found, rest = self._answer.partition(b"\r\n\r\n")
        if not found or len(rest) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return None
        if not head.startswith(b"HTTP/1.1 200") or b'"rejected": []' not in rest:
            raise SystemExit(f"not accepted: {self._answer[:500]!r}")
        self._answer = b""
        return time.perf_counter() - self._at


def _measure(port: int, requests: Sequence[bytes], seconds: float, connections: int) -> dict[str, Any]:
    """Requests a second, p50 and p99 in milliseconds, and the share of one core that sending took."""
    waiting = selectors.DefaultSelector()
    clients = [_Client(port, requests, number * 7) for number in range(connections)]
    for client in clients:
        waiting.register(client.socket, selectors.EVENT_READ, client)
        _watch(waiting, client, client.push())
    took: list[float] = []
    warm = time.perf_counter() + WARM
    begin, used, end = 0.0, 0.0, warm + seconds
    while (now := time.perf_counter()) < end:
        if not begin and now >= warm:
            begin, used, took = now, time.process_time(), []
        for key, ready in waiting.select(1.0):
            client = key.data
            if ready & selectors.EVENT_WRITE:
                _watch(waiting, client, client.push())
            elif (one := client.pull()) is not None:
                took.append(one)
                client.begin()
                _watch(waiting, client, client.push())
    spent = time.perf_counter() - begin
    cuts = statistics.quantiles(took, n=100)
    return {
        "rate": len(took) / spent,
        "p50": cuts[49] * 1e3,
        "p99": cuts[98] * 1e3,
        "core": (time.process_time() - used) / spent,
    }


def _watch(waiting: selectors.BaseSelector, client: _Client, sent: bool) -> None:
    wanted = selectors.EVENT_READ if sent else selectors.EVENT_WRITE
    if waiting.get_key(client.socket).events != wanted:
        waiting.modify(client.socket, wanted, client)


def main() -> None:
    port, seconds, connections = sys.argv[1:]
    given, requests, at = sys.stdin.buffer.read(), [], 0
    while at < len(given):
        (length,) = LENGTH.unpack_from(given, at)
        at += LENGTH.size
        requests.append(given[at : at + length])
        at += length
    print(json.dumps(_measure(int(port), requests, float(seconds), int(connections))))


if __name__ == "__main__":
    main()
