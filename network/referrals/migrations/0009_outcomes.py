"""Hopes and what came of them, follow-ups, and the nudge of a waiting list; with the first codes."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import network.core.fields
import network.referrals.lifecycle
from network.referrals.outcome_codes import load_outcome_codes


def load(apps, editor):
    load_outcome_codes(apps.get_model("referrals", "OutcomeCode"))


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0005_crisis_line_hours"),
        ("referrals", "0008_alarms"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DesiredOutcome",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("days", models.PositiveSmallIntegerField()),
                ("due_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("still-helped", "Still Helped"),
                            ("partly", "Partly"),
                            ("no", "No"),
                            ("not-reached", "Not Reached"),
                            ("does-not-want", "Does Not Want"),
                        ],
                        max_length=15,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "ended_at",
                    models.DateTimeField(help_text="Over without an answer: too late, reopened, or no longer agreed to.", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OutcomeCode",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=60, unique=True)),
                ("label", models.CharField(max_length=200)),
                (
                    "domain",
                    models.CharField(blank=True, help_text="Domain of needs it belongs to; empty: it fits every need.", max_length=80),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("effective_from", models.DateField()),
                ("effective_to", models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReachedOutcome",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "answer",
                    models.CharField(
                        choices=[("yes", "Yes"), ("partly", "Partly"), ("no", "No"), ("not-known", "Not Known")], max_length=10
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="offer",
            name="nudged_on",
            field=models.DateField(help_text="The expected date whose passing its holder was told of.", null=True),
        ),
        migrations.AddField(
            model_name="outcome",
            name="may_ask_again",
            field=models.BooleanField(help_text="Whether the person wants to be asked how it is going; empty: nobody said.", null=True),
        ),
        migrations.AddField(
            model_name="referral",
            name="hopes",
            field=network.core.fields.SealedField(
                blank=True, help_text="What the person hopes for, in their own words; opens as the note does.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                condition=models.Q(
                    ("expected_on__isnull", False), ("holds", False), ("status", network.referrals.lifecycle.Status["ACCEPTED"])
                ),
                fields=["expected_on"],
                name="offer_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(
                condition=models.Q(("may_ask_again", True), ("superseded_at__isnull", True)), fields=["at"], name="outcome_to_ask_again"
            ),
        ),
        migrations.AddField(
            model_name="desiredoutcome",
            name="referral",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="desired_outcomes", to="referrals.referral"),
        ),
        migrations.AddField(
            model_name="followup",
            name="organization",
            field=models.ForeignKey(
                help_text="Who asks.", on_delete=django.db.models.deletion.PROTECT, related_name="+", to="partners.organization"
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="outcome",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="follow_ups", to="referrals.outcome"),
        ),
        migrations.AddField(
            model_name="followup",
            name="referral",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="follow_ups", to="referrals.referral"),
        ),
        migrations.AddConstraint(
            model_name="outcomecode",
            constraint=models.CheckConstraint(
                condition=models.Q(("effective_to__isnull", True), ("effective_to__gte", models.F("effective_from")), _connector="OR"),
                name="outcome_code_valid_in_order",
            ),
        ),
        migrations.AddField(
            model_name="desiredoutcome",
            name="code",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.outcomecode"),
        ),
        migrations.AddField(
            model_name="reachedoutcome",
            name="code",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="referrals.outcomecode"),
        ),
        migrations.AddField(
            model_name="reachedoutcome",
            name="outcome",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="reached", to="referrals.outcome"),
        ),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", True), ("ended_at__isnull", True)),
                fields=["organization", "due_at", "id"],
                name="follow_up_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.UniqueConstraint(fields=("outcome", "days"), name="follow_up_once"),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(condition=models.Q(("days__in", [30, 90])), name="follow_up_at_30_or_90_days"),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answer", ""), ("answer__in", ["still-helped", "partly", "no", "not-reached", "does-not-want"]), _connector="OR"
                ),
                name="follow_up_answer_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("answer", ""), _negated=True), ("answered_at__isnull", False)),
                    models.Q(("answer", ""), models.Q(("answered_at__isnull", False), _negated=True)),
                    _connector="OR",
                ),
                name="follow_up_answered_iff_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("answered_at__isnull", True), ("ended_at__isnull", True), _connector="OR"),
                name="follow_up_answered_or_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="desiredoutcome",
            constraint=models.UniqueConstraint(fields=("referral", "code"), name="desired_once"),
        ),
        migrations.AddConstraint(
            model_name="desiredoutcome",
            constraint=models.UniqueConstraint(fields=("referral", "position"), name="desired_place_once"),
        ),
        migrations.AddConstraint(
            model_name="desiredoutcome",
            constraint=models.CheckConstraint(condition=models.Q(("position__lt", 5)), name="desired_five_at_most"),
        ),
        migrations.AddConstraint(
            model_name="reachedoutcome",
            constraint=models.UniqueConstraint(fields=("outcome", "code"), name="reached_once"),
        ),
        migrations.AddConstraint(
            model_name="reachedoutcome",
            constraint=models.CheckConstraint(
                condition=models.Q(("answer__in", ["yes", "partly", "no", "not-known"])), name="reached_answer_known"
            ),
        ),
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
