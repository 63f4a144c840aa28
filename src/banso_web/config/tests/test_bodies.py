"""Bodies that do not come leave threads for the others, and are given up."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from banso_web.config import bodies
from banso_web.config.bodies import Bodies


class Never(io.BytesIO):
    """A body whose sender stops after three bytes."""

    def __init__(self) -> None:
        super().__init__(b"a=b")
        self.over = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size) or (self.over.wait(20), b"")[1]


def reads_all(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [])
    return [environ["wsgi.input"].read()]


def asked(application: Bodies, body: io.BytesIO | None = None, length: str = "9") -> tuple[str, bytes]:
    told: list[str] = []
    environ = {"wsgi.input": body or io.BytesIO(), "CONTENT_LENGTH": length if body else ""}
    found = application(environ, lambda status, headers: told.append(status))
    return told[0], b"".join(found)


def test_a_body_is_read_whole_and_by_lines() -> None:
    data = b"one\n" + b"x" * 200_000
    assert asked(Bodies(reads_all, 1), io.BytesIO(data)) == ("200 OK", data)
    assert bodies._Patient(io.BytesIO(data)).readline() == b"one\n"
    assert bodies._Patient(io.BytesIO(data)).read(5) == b"one\nx"


def test_a_body_that_does_not_come_is_given_up_and_holds_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PIECE_SECONDS", 0.2)
    application, body, inside, problems = Bodies(reads_all, 1), Never(), threading.Event(), list[OSError]()

    def slow() -> None:
        try:
            application({"wsgi.input": body, "CONTENT_LENGTH": "9"}, lambda *told: inside.set())
        except OSError as problem:
            problems.append(problem)

    waiting = threading.Thread(target=slow)
    waiting.start()
    assert inside.wait(5)
    assert asked(application)[0] == "200 OK"  # without a body: not held up
    assert asked(application, io.BytesIO(b"a=b"))[0] == "503 Service Unavailable"
    waiting.join(5)
    assert [str(problem) for problem in problems] == ["the body of the request did not come"]
    assert asked(application, io.BytesIO(b"a=b")) == ("200 OK", b"a=b")  # there is room again
    body.over.set()


def test_a_body_that_is_read_holds_no_other_while_its_request_is_at_work() -> None:
    def works(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        own = environ["wsgi.input"].read(3)
        nested = asked(outer, io.BytesIO(b"b=c"), "3")[0] if own == b"a=b" else ""
        start(nested or "200 OK", [])
        return [own]

    outer = Bodies(works, 1)
    assert asked(outer, io.BytesIO(b"a=b"), "3") == ("200 OK", b"a=b")
