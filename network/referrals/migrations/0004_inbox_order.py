"""Indexes that have the order of the inbox: crises apart, everything else by the time it is due and its id."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_counters")]
    operations = [
        migrations.RemoveIndex("offer", "offer_inbox"),
        migrations.AddIndex(
            "offer",
            models.Index(name="offer_inbox", fields=["organization", "respond_by", "id"], condition=Q(status="requested")),
        ),
        migrations.AddIndex("referral", models.Index(name="referral_crises", fields=["status"], condition=Q(urgency="crisis"))),
    ]
