"""Counters of ties and demand, filled from what is there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from network.referrals.recount import rebuild


def fill(apps, editor):
    rebuild(apps)
    # What was written is checked now: PostgreSQL alters no table that has checks to come.
    editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
        ("partners", "0004_area"),
        ("people", "0003_triggers"),
        ("referrals", "0002_reasons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DemandDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("asked", models.IntegerField(default=0)),
                ("placed", models.IntegerField(default=0)),
                ("rejected", models.IntegerField(default=0)),
                ("expired", models.IntegerField(default=0)),
                (
                    "unmatched",
                    models.IntegerField(default=0, help_text="Searches without a result: of anonymous people, so an upper bound."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tie",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sent", models.IntegerField(default=0)),
                ("accepted", models.IntegerField(default=0, help_text="Said yes to, and not taken back.")),
                ("declined", models.IntegerField(default=0, help_text="Declined or forwarded.")),
                ("expired", models.IntegerField(default=0)),
                ("completed", models.IntegerField(default=0)),
                ("silent", models.IntegerField(default=0, help_text="Accepted, no outcome, and nothing said for 60 days.")),
                (
                    "days_0",
                    models.IntegerField(
                        default=0, help_text="Answered on the first day; the next columns: after 1, 2, 3-4, 5-7, 8-14, 15-30, more."
                    ),
                ),
                ("days_1", models.IntegerField(default=0)),
                ("days_2", models.IntegerField(default=0)),
                ("days_3", models.IntegerField(default=0)),
                ("days_4", models.IntegerField(default=0)),
                ("days_5", models.IntegerField(default=0)),
                ("days_6", models.IntegerField(default=0)),
                ("days_7", models.IntegerField(default=0)),
                ("recent", models.IntegerField(default=0, help_text="Accepted, of the offers made in the last 90 days.")),
            ],
        ),
        migrations.CreateModel(
            name="TieDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sent", models.IntegerField(default=0)),
                ("accepted", models.IntegerField(default=0, help_text="Said yes to, and not taken back.")),
                ("declined", models.IntegerField(default=0, help_text="Declined or forwarded.")),
                ("expired", models.IntegerField(default=0)),
                ("completed", models.IntegerField(default=0)),
                ("silent", models.IntegerField(default=0, help_text="Accepted, no outcome, and nothing said for 60 days.")),
                (
                    "days_0",
                    models.IntegerField(
                        default=0, help_text="Answered on the first day; the next columns: after 1, 2, 3-4, 5-7, 8-14, 15-30, more."
                    ),
                ),
                ("days_1", models.IntegerField(default=0)),
                ("days_2", models.IntegerField(default=0)),
                ("days_3", models.IntegerField(default=0)),
                ("days_4", models.IntegerField(default=0)),
                ("days_5", models.IntegerField(default=0)),
                ("days_6", models.IntegerField(default=0)),
                ("days_7", models.IntegerField(default=0)),
                ("day", models.DateField()),
            ],
        ),
        migrations.AddField(
            model_name="offer",
            name="is_silent",
            field=models.BooleanField(default=False, help_text="Counted as silent; set by the clock, ended by the next move."),
        ),
        migrations.AddField(
            model_name="recordedgap",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                help_text="Of a search without result: the language searched for, else `und`.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.taxonomyterm",
                to_field="number",
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="area",
            field=models.ForeignKey(
                db_index=False,
                help_text="Where it counts as demand: the area of its place when it was sent.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.area",
                to_field="number",
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="counts_as",
            field=models.CharField(blank=True, help_text="As what it counts in demand; empty: it does not.", max_length=10),
        ),
        migrations.AddField(
            model_name="referral",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                help_text="As whose demand: the term of the first language asked for, else `und`; empty until it is sent.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.taxonomyterm",
                to_field="number",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("counts_as", ""), _negated=True), fields=["person", "need", "sent_at"], name="referral_of_same_need"
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_silent", False), ("accepted_at__isnull", False), _connector="OR"),
                name="offer_silent_only_once_accepted",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("counts_as", ""),
                    models.Q(
                        ("counts_as__in", ["asked", "expired", "placed", "rejected"]), ("group__isnull", False), ("sent_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="referral_counts_as_known",
            ),
        ),
        migrations.AddField(
            model_name="demandday",
            name="area",
            field=models.ForeignKey(
                db_index=False,
                help_text="Empty: not known.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.area",
                to_field="number",
            ),
        ),
        migrations.AddField(
            model_name="demandday",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                help_text="Term of the scheme `language`; `und` where none was said.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="partners.taxonomyterm",
                to_field="number",
            ),
        ),
        migrations.AddField(
            model_name="demandday",
            name="need",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.taxonomyterm", to_field="number"
            ),
        ),
        migrations.AddField(
            model_name="tie",
            name="need",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.taxonomyterm", to_field="number"
            ),
        ),
        migrations.AddField(
            model_name="tie",
            name="receiver",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organization", to_field="number"
            ),
        ),
        migrations.AddField(
            model_name="tie",
            name="sender",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organization", to_field="number"
            ),
        ),
        migrations.AddField(
            model_name="tieday",
            name="need",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.taxonomyterm", to_field="number"
            ),
        ),
        migrations.AddField(
            model_name="tieday",
            name="receiver",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organization", to_field="number"
            ),
        ),
        migrations.AddField(
            model_name="tieday",
            name="sender",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organization", to_field="number"
            ),
        ),
        migrations.AddIndex(
            model_name="demandday",
            index=models.Index(fields=["day"], name="demand_day_by_day"),
        ),
        migrations.AddConstraint(
            model_name="demandday",
            constraint=models.UniqueConstraint(
                condition=models.Q(("area__isnull", False)), fields=("area", "need", "group", "day"), name="demand_day_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="demandday",
            constraint=models.UniqueConstraint(
                condition=models.Q(("area__isnull", True)), fields=("need", "group", "day"), name="demand_day_once_without_area"
            ),
        ),
        migrations.AddConstraint(
            model_name="demandday",
            constraint=models.CheckConstraint(
                condition=models.Q(("asked__gte", 0), ("expired__gte", 0), ("placed__gte", 0), ("rejected__gte", 0), ("unmatched__gte", 0)),
                name="demand_day_never_below_zero",
            ),
        ),
        migrations.AddIndex(
            model_name="tie",
            index=models.Index(fields=["receiver"], name="tie_of_receiver"),
        ),
        migrations.AddConstraint(
            model_name="tie",
            constraint=models.UniqueConstraint(fields=("sender", "receiver", "need"), name="tie_once"),
        ),
        migrations.AddConstraint(
            model_name="tie",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accepted__gte", 0),
                    ("completed__gte", 0),
                    ("days_0__gte", 0),
                    ("days_1__gte", 0),
                    ("days_2__gte", 0),
                    ("days_3__gte", 0),
                    ("days_4__gte", 0),
                    ("days_5__gte", 0),
                    ("days_6__gte", 0),
                    ("days_7__gte", 0),
                    ("declined__gte", 0),
                    ("expired__gte", 0),
                    ("recent__gte", 0),
                    ("sent__gte", 0),
                    ("silent__gte", 0),
                ),
                name="tie_never_below_zero",
            ),
        ),
        migrations.AddIndex(
            model_name="tieday",
            index=models.Index(fields=["day"], name="tie_day_by_day"),
        ),
        migrations.AddConstraint(
            model_name="tieday",
            constraint=models.UniqueConstraint(fields=("sender", "receiver", "need", "day"), name="tie_day_once"),
        ),
        migrations.AddConstraint(
            model_name="tieday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accepted__gte", 0),
                    ("completed__gte", 0),
                    ("days_0__gte", 0),
                    ("days_1__gte", 0),
                    ("days_2__gte", 0),
                    ("days_3__gte", 0),
                    ("days_4__gte", 0),
                    ("days_5__gte", 0),
                    ("days_6__gte", 0),
                    ("days_7__gte", 0),
                    ("declined__gte", 0),
                    ("expired__gte", 0),
                    ("sent__gte", 0),
                    ("silent__gte", 0),
                ),
                name="tie_day_never_below_zero",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
