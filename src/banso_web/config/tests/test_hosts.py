"""A request under a name that is not ours gets 400 in words; https brings HSTS and secure cookies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from banso_web.config.hosts import LOCAL, allowed_hosts


@pytest.mark.parametrize(
    ("changes", "extra"),
    [
        ({"host": "127.0.0.1"}, set()),
        ({"host": "127.0.0.1", "public_url": "https://Banso.example.jp:8443/x"}, {"banso.example.jp"}),
        ({"host": "10.1.2.3"}, {"10.1.2.3"}),
        ({"host": "fd00::1"}, {"[fd00::1]"}),
        (
            {"host": "127.0.0.1", "allowed_hosts": ("cs.example.jp", ".internal")},
            {"cs.example.jp", ".internal"},
        ),
    ],
)
def test_names_come_from_what_the_operator_gave(changes: dict[str, object], extra: set[str]) -> None:
    given = {"public_url": "", "allowed_hosts": (), **changes}
    found = allowed_hosts(replace(settings.ENV, **given))  # type: ignore[arg-type]
    assert set(found) == extra | set(LOCAL)
    assert "*" not in found


def test_listening_everywhere_the_machines_own_name_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Desk-7")
    found = allowed_hosts(replace(settings.ENV, host="0.0.0.0", public_url="", allowed_hosts=()))
    assert found == ["desk-7", *LOCAL]


@pytest.mark.django_db
def test_another_name_is_refused_in_words(settings: object) -> None:
    answer = Client().get("/login/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "BANSO_PUBLIC_URL" in answer.content.decode()
    assert "evil.example" not in answer.content.decode()
    assert Client().get("/login/", headers={"host": "localhost:8000"}).status_code == 200


def told(home: Path, **environment: str) -> dict[str, object]:
    """Settings as a fresh process has them."""
    names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS"]
    code = f"import json\nfrom banso_web.config import settings as s\nprint(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "BANSO_HOME": str(home), **environment},
        capture_output=True, text=True, check=True, timeout=60, cwd=home,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def test_https_brings_secure_cookies_and_hsts(tmp_path: Path) -> None:
    secure = told(tmp_path, BANSO_PUBLIC_URL="https://banso.example.jp")
    assert secure["SESSION_COOKIE_SECURE"] is True
    assert secure["CSRF_COOKIE_SECURE"] is True
    assert secure["SECURE_HSTS_SECONDS"] == 31_536_000
    assert "banso.example.jp" in secure["ALLOWED_HOSTS"]  # type: ignore[operator]
    plain = told(tmp_path, BANSO_PUBLIC_URL="http://banso.office")
    assert (plain["SESSION_COOKIE_SECURE"], plain["SECURE_HSTS_SECONDS"]) == (False, 0)


@pytest.mark.django_db
def test_hsts_is_said_over_https_alone(settings: object) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000  # type: ignore[attr-defined]
    assert Client().get("/health", secure=True)["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in Client().get("/health").headers
