from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collect", "0003_webhook"),
    ]

    operations = [
        migrations.AddField("source", "ended_on", models.DateField(null=True)),
    ]
