from typing import Any

from django.db import migrations, models


def one_day(apps: Any, _editor: Any) -> None:
    apps.get_model("warehouse", "EventSegment").objects.update(to_day=models.F("day"))


class Migration(migrations.Migration):
    dependencies = [
        ("warehouse", "0005_event_batch"),
    ]

    operations = [
        migrations.AddField("eventsegment", "to_day", models.DateField(null=True)),
        migrations.RunPython(one_day, migrations.RunPython.noop),
        migrations.AlterField("eventsegment", "to_day", models.DateField()),
        migrations.RemoveIndex("eventsegment", "segment_day"),
        migrations.AddIndex("eventsegment", models.Index(fields=["day", "to_day"], name="segment_day")),
    ]
