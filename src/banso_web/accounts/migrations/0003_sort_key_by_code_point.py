"""PostgreSQL: sort keys compare byte by byte whatever the database's locale, as they do on SQLite."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def by_code_point(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute('ALTER TABLE accounts_account ALTER COLUMN sort_key TYPE varchar(400) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_initial")]
    operations = [migrations.RunPython(by_code_point, migrations.RunPython.noop)]
