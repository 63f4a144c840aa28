"""The record of a release for the upgrade test: its database as text, its migrations, and what its numbers answer.

Run from a checkout of the released commit, with that checkout's `src` on PYTHONPATH and an empty BANSO_HOME:

    PYTHONPATH=<release>/src BANSO_HOME=<empty> python tools/release_record.py 0.1.0 FOLDER_OF_CANONICAL_FILES TARGET

It imports the files by the release's own code, puts one made-up row into every table that is still empty, and writes
TARGET/<version>.sql (SQLite's dump) and TARGET/<version>.json.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

METRICS = ("nrr_monthly", "grr_monthly", "customer_churn_monthly", "mrr", "arpa")
MONTHS = ("2026-09", "2026-10")
AS_OF = "2026-11-24"
MOMENT = datetime(2026, 11, 24, 0, 0, 0, 123456, tzinfo=UTC)


def banso(*arguments: str) -> str:
    """Output of a command of the release; raises where it fails."""
    command = [sys.executable, "-m", "banso_web.cli", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def numbers() -> dict[str, Any]:
    """{metric month: the value as the release prints it}."""
    found = {}
    for metric in METRICS:
        for month in MONTHS:
            told = json.loads(banso("metric", metric, "--month", month, "--as-of", AS_OF, "--json"))
            found[f"{metric} {month}"] = told["value"]
    return found


def fill_empty_tables() -> None:
    """One row in every table that has none, with a value in every column that may have one."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "banso_web.config.settings"
    django.setup()
    from django.apps import apps
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")
    left = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    for model in left:
        if not model._default_manager.exists():
            row = model(
                **{
                    field.attname: _value(field)
                    for field in model._meta.local_concrete_fields
                    if _given(field)
                }
            )
            row.save_base(raw=True, force_insert=True)
    connection.check_constraints()


def _given(field: Any) -> bool:
    return not (field.primary_key and field.get_internal_type().endswith("AutoField"))


def _value(field: Any) -> Any:
    if field.is_relation:
        found = field.remote_field.model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        return found if found is not None else (None if field.null else 1)
    kind = field.get_internal_type()
    if field.choices:
        return field.flatchoices[0][0]
    match kind:
        case "CharField" | "TextField" | "SlugField" | "EmailField" | "URLField" | "FileField":
            return f"記録 {field.name}"[: field.max_length or 40]
        case "BooleanField":
            return True
        case "DateField":
            return date(2026, 11, 24)
        case "DateTimeField":
            return MOMENT
        case "JSONField":
            return {"記録": [1, 2.5, None, True]}
        case "UUIDField":
            return "12345678-1234-5678-1234-567812345678"
        case "GenericIPAddressField":
            return "192.0.2.1"
        case "DecimalField":
            return "12.50"
        case "BinaryField":
            return b"\x00\xff"
    return 7


def main(version: str, files: str, target: str) -> None:
    home = Path(os.environ["BANSO_HOME"])
    banso("import", files)
    before = numbers()
    fill_empty_tables()
    after = numbers()
    assert before == after, "the made-up rows must not change a number"
    database = sqlite3.connect(home / "banso.sqlite3")
    text = "\n".join(database.iterdump()) + "\n"
    names = [
        row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
    ]
    tables = {
        n: database.execute(f'SELECT COUNT(*) FROM "{n}"').fetchone()[0] for n in names if n[:7] != "sqlite_"
    }
    migrations = sorted(
        f"{app}.{name}" for app, name in database.execute("SELECT app, name FROM django_migrations")
    )
    record = {
        "version": version,
        "as_of": AS_OF,
        "migrations": migrations,
        "tables": tables,
        "numbers": after,
    }
    (Path(target) / f"{version}.sql").write_text(text, "utf-8")
    (Path(target) / f"{version}.json").write_text(
        json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
