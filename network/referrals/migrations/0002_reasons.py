"""The first coded reasons."""

from django.db import migrations

from network.referrals.reasons import load_reasons


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]
    operations = [
        migrations.RunPython(lambda apps, editor: load_reasons(apps.get_model("referrals", "ReasonCode")), migrations.RunPython.noop)
    ]
