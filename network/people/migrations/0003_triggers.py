"""Code names only, where the law says so: refused by the database."""

from django.db import migrations

from network.people import triggers


class Migration(migrations.Migration):
    dependencies = [("people", "0002_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: triggers.install(editor.connection),
            lambda apps, editor: triggers.remove(editor.connection),
        )
    ]
