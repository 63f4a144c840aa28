"""BANSO_DATABASE_URL -> Django's DATABASES, with the SQLite rules of the stack document."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadDatabaseUrl(ValueError):
    """The URL names an engine Banso does not run on; nothing was touched."""


def database(url: str, home: Path) -> dict[str, Any]:
    """Settings of one database. Empty: SQLite in `home`. `postgresql://…` or `sqlite:///path` otherwise."""
    if not url:
        return _sqlite(home / "banso.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme in ("postgres", "postgresql"):
        options = dict(parse_qsl(parts.query))
        host = options.pop("host", parts.hostname or "")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }
    raise BadDatabaseUrl(
        f"BANSO_DATABASE_URL: '{parts.scheme}' is not supported; use postgresql://user@host/name or leave it empty."
    )


def _sqlite(path: Path) -> dict[str, Any]:
    # mmap_size is never set: it corrupted the database under load on SQLite 3.40 (docs/decisions/0003).
    pragmas = (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-64000",
        "temp_store=MEMORY",
    )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": ";".join(f"PRAGMA {pragma}" for pragma in pragmas) + ";",
        },
    }
