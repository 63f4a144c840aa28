"""The settings an operator may give from outside: one frozen object, read once from the environment (or `.env`)."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """Every BANSO_* variable, with its default applied.

    `home` is where everything is kept. `clock` is an ISO instant that fixes "now"; it is honoured only in a home
    that is marked as demo or test (see `banso_web.core.clock`).
    """

    home: Path
    host: str
    port: int
    collect_port: int
    database_url: str
    events_url: str
    secret_key: str
    language: str
    clock: str
    public_url: str
    allowed_hosts: tuple[str, ...]
    smtp_url: str
    read_hosts: tuple[str, ...]
    read_folder: str
    backup_folder: str
    backup_keep: int
    debug: bool


def _dotenv(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    pairs = (
        line.split("=", 1)
        for line in path.read_text("utf-8").splitlines()
        if "=" in line and not line.startswith("#")
    )
    return {key.strip(): value.strip().strip("\"'") for key, value in pairs}


def _kept_secret(home: Path) -> str:
    path = home / "secret_key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:  # another process of the same start was first
            return path.read_text("ascii").strip()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text("ascii").strip()


def outside() -> dict[str, str]:
    """Everything given from outside: `.env` in the working directory, overruled by the environment."""
    return {**_dotenv(Path(".env")), **os.environ}


def read_environment() -> Environment:
    """Read the environment, falling back to `.env` in the working directory; makes and keeps the secret key."""
    values = outside()
    home = Path(values.get("BANSO_HOME") or Path.home() / ".banso").expanduser().resolve()
    return Environment(
        home=home,
        host=values.get("BANSO_HOST", "127.0.0.1"),
        port=int(values.get("BANSO_PORT", "8000")),
        collect_port=int(values.get("BANSO_COLLECT_PORT", "8001")),
        database_url=values.get("BANSO_DATABASE_URL", ""),
        events_url=values.get("BANSO_EVENTS_URL", ""),
        secret_key=values.get("BANSO_SECRET_KEY") or _kept_secret(home),
        language=values.get("BANSO_LANG", "ja"),
        clock=values.get("BANSO_CLOCK", ""),
        public_url=values.get("BANSO_PUBLIC_URL", "").rstrip("/"),
        allowed_hosts=tuple(filter(None, values.get("BANSO_ALLOWED_HOSTS", "").replace(",", " ").split())),
        smtp_url=values.get("BANSO_SMTP_URL", ""),
        read_hosts=tuple(filter(None, values.get("BANSO_READ_HOSTS", "").replace(",", " ").split())),
        read_folder=values.get("BANSO_READ_FOLDER", ""),
        backup_folder=values.get("BANSO_BACKUP_FOLDER", ""),
        backup_keep=max(1, int(values.get("BANSO_BACKUP_KEEP", "7"))),
        debug=values.get("BANSO_DEBUG", "") == "1",
    )
