"""The shipped roles, and the table of the cache that every process shares (rate limits of the log-in)."""

from django.core.management import call_command
from django.db import migrations, models

from banso_web.members.permissions import ROLES


def seed(apps, schema_editor):
    role = apps.get_model("members", "Role")
    for order, (key, (ja, en, permissions)) in enumerate(ROLES.items(), start=1):
        role.objects.get_or_create(
            key=key,
            defaults={
                "name_ja": ja,
                "name_en": en,
                "permissions": permissions,
                "built_in": True,
                "order": order * 10,
            },
        )


def cache_table(apps, schema_editor):
    call_command("createcachetable", "banso_cache", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]

    operations = [
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunPython(cache_table, migrations.RunPython.noop),
        migrations.AlterField(
            "invitation",
            "purpose",
            models.CharField(
                choices=[("setup", "Setup"), ("invite", "Invite"), ("reset", "Reset"), ("enter", "Enter")],
                max_length=6,
            ),
        ),
    ]
