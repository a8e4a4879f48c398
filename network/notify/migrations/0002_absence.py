"""Days away are an absence from an organisation now, with a colleague who covers; what was said before becomes one of each membership."""

from django.db import migrations
from django.utils import timezone


def move(apps, schema_editor):
    preferences = apps.get_model("notify", "Preference").objects.filter(away_from__isnull=False, away_until__gte=timezone.now().date())
    memberships = apps.get_model("accounts", "Membership").objects.filter(until__isnull=True)
    absences = apps.get_model("accounts", "Absence").objects
    for row in preferences:
        for organization in set(memberships.filter(user=row.user_id).values_list("organization", flat=True)):
            said = {"begins_on": row.away_from, "ends_on": row.away_until, "made_at": timezone.now()}
            absences.get_or_create(user_id=row.user_id, organization_id=organization, defaults=said)


class Migration(migrations.Migration):
    dependencies = [("notify", "0001_initial"), ("accounts", "0003_absence")]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="preference", name="preference_away_both_or_none"),
        migrations.RemoveConstraint(model_name="preference", name="preference_away_in_order"),
        migrations.RemoveField(model_name="preference", name="away_from"),
        migrations.RemoveField(model_name="preference", name="away_until"),
    ]
