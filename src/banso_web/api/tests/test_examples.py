"""The examples of docs/how-to/api.md run as they stand there, one after the other."""

from __future__ import annotations

import argparse
import io
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
from django.test import Client

from banso_web.revenue.tests import factories as make

from .conftest import Api

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "api.md"
URL = "https://banso.example.jp"
EXAMPLES = re.findall(r"^```(console|python)\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
CURL = argparse.ArgumentParser()
CURL.add_argument("-X", dest="method")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-d", dest="body", default="")
CURL.add_argument("url")


def send(method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
    assert url.startswith(URL)
    kind = headers.pop("Content-Type", headers.pop("Content-type", "application/octet-stream"))
    answer = Client(enforce_csrf_checks=True).generic(
        method, url.removeprefix(URL), body, content_type=kind, headers=headers
    )
    assert answer.status_code < 300, (url, answer.content.decode())
    return answer


def curl(line: str, key: str) -> Any:
    words = shlex.split(line.replace("\\\n", " ").replace("$BANSO_KEY", key).replace("$BANSO_URL", URL))
    assert words[0] == "curl"
    given = CURL.parse_args(words[1:])
    headers = dict(one.split(": ", 1) for one in given.headers)
    return send(given.method or ("POST" if given.body else "GET"), given.url, headers, given.body.encode())


def test_the_examples_do_what_they_say(
    as_key: Callable[..., Api], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = make.account("A1", "丸一運輸")
    make.movement("M1", row, "2026-04-01", 700_000)
    api = as_key("tanaka")
    monkeypatch.setenv("BANSO_URL", URL)
    monkeypatch.setenv("BANSO_KEY", api.text)

    def urlopen(request: Request) -> io.BytesIO:
        body = request.data or b""
        assert isinstance(body, bytes)
        return io.BytesIO(
            send(request.get_method(), request.full_url, dict(request.header_items()), body).content
        )

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    answers = []
    for kind, text in EXAMPLES:
        if kind == "python":
            exec(compile(text, "api.md", "exec"), {})
        else:
            answers.append(curl(text, api.text))
    assert len(EXAMPLES) == 10
    assert answers[0].json()["value"] == "1"  # NRR
    assert [answer.status_code for answer in answers] == [200, 200, 201, 200, 200, 200, 201]
    assert api.get("/touches/T100").status_code == 404
    assert api.get("/accounts/A1").json()["account"]["segment"] == "SMB"
    printed = capsys.readouterr().out
    assert "0 touches" in printed and "'new': 2" in printed
    assert "agrees with the old sheet: True - movements: 1\nready\ndone\n" in printed
    assert (
        api.get("/contracts").json()["items"][0]["ends_on"] == "2027-03-31"
    )  # 4/1 is the next one's first day
    assert len(api.get("/usage_daily").json()["items"]) == 2
