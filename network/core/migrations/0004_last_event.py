"""The last event is read from the end of the index of numbers, where PostgreSQL walked through all events of the organisation.

The index of the organisation alone goes: each longer one begins with it. By SQL, for SQLite would make the table anew and lose its triggers.
"""

import django.db.models.deletion
from django.db import migrations, models

from network.core import triggers

INDEX = "core_event_organization_id_a2ce68e9"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_event_of_subject"), ("partners", "0001_initial")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX IF EXISTS {INDEX}", f"CREATE INDEX {INDEX} ON core_event (organization_id)"),
            ],
            state_operations=[
                migrations.AlterField(
                    "event",
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organization"
                    ),
                )
            ],
        ),
        migrations.RunPython(lambda apps, editor: triggers.define(editor.connection), migrations.RunPython.noop),
    ]
