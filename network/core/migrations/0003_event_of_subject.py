"""The timeline's index names the organisation too: without it SQLite reads an organisation's whole log instead."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_triggers")]
    operations = [
        migrations.RemoveIndex("event", "event_of_subject"),
        migrations.AddIndex("event", models.Index(name="event_of_subject", fields=["subject", "organization", "seq"])),
    ]
