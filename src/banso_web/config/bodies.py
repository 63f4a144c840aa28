"""Request bodies that come slowly, or never end, do not take every thread of the pages.

A thread that reads a body waits for its sender. Two things bound that: a piece of a body comes within `PIECE_SECONDS`, or
the read fails and the connection is dropped; and bodies are read by at most `at_once` threads, so that some are
always left for requests without one. Further bodies are told to come again (503).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

PIECE = 64 * 1024
PIECE_SECONDS = 10.0
GIVEN_UP = "the body of the request did not come"
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Bodies:
    """A WSGI application around another one (see the head of the module)."""

    def __init__(self, inner: Application, at_once: int) -> None:
        self._inner = inner
        self._room = threading.BoundedSemaphore(at_once)

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        if not (environ.get("CONTENT_LENGTH") or "0").strip("0") and not environ.get(
            "HTTP_TRANSFER_ENCODING"
        ):
            return self._inner(environ, start)
        if not self._room.acquire(blocking=False):
            words = b"Too many requests with a body at once. Nothing was stored; send it again.\n"
            start("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "5")])
            return [words]
        length = environ.get("CONTENT_LENGTH") or ""
        body = _Patient(
            environ["wsgi.input"], int(length) if length.isdecimal() else None, self._room.release
        )
        environ["wsgi.input"] = body
        try:
            return self._inner(environ, start)
        finally:
            body.leave()


class _Patient:
    """A body whose pieces come within `PIECE_SECONDS` each. OSError where one does not: Django answers 400."""

    def __init__(
        self, source: Any, length: int | None = None, leave: Callable[[], None] | None = None
    ) -> None:
        self._source, self._given_up = source, False
        self._left, self._leave = length, leave

    def leave(self) -> None:
        """Make room for another body: once this one is read, its request may take its time."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def read(self, size: int = -1) -> bytes:
        parts: list[bytes] = []
        left = size
        while left:
            piece = self._wait(self._source.read, PIECE if left < 0 else min(left, PIECE))
            if not piece:
                break
            parts.append(piece)
            left -= len(piece) if left > 0 else 0
        return b"".join(parts)

    def readline(self, size: int = -1) -> bytes:
        return self._wait(self._source.readline, size)

    def _wait(self, reading: Callable[[int], bytes], size: int) -> bytes:
        if self._given_up:  # whoever asks again waits no second time
            raise TimeoutError(GIVEN_UP)
        came: queue.SimpleQueue[bytes | BaseException] = queue.SimpleQueue()

        def read() -> None:
            try:
                came.put(reading(size))
            except BaseException as problem:  # told to the thread that waits
                came.put(problem)

        threading.Thread(target=read, daemon=True).start()
        try:
            found = came.get(timeout=PIECE_SECONDS)
        except queue.Empty:
            self._given_up = True
            raise TimeoutError(GIVEN_UP) from None
        if isinstance(found, BaseException):
            raise found
        if self._left is not None:
            self._left -= len(found)
        if not found or self._left == 0:
            self.leave()
        return found
