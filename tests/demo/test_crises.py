"""The demo region shows a crisis that somebody took on, one that waits, a rota with a gap and a drill."""

from __future__ import annotations

import pytest

from network.core import events
from network.core.clock import now
from network.demo import load as demo
from network.partners.models import Organization
from network.referrals.models import Alarm, Referral
from network.referrals.responders import readiness_of

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]


def test_the_region_has_an_alarm_taken_on_a_crisis_that_waits_and_a_drill():
    demo.load(password="x", referrals=10)
    harbour = Organization.objects.get(name="Harbour House")
    crises = Referral.objects.filter(urgency="crisis").order_by("sent_at")
    alarm = Alarm.objects.get(organization=harbour, is_drill=False)
    ready = readiness_of(harbour.pk, now())

    assert [row.business_status for row in crises] == ["escalated", "offered"]
    assert (alarm.is_ringing, str(alarm.responsible)) == (False, "Alex Harbour")
    assert Alarm.objects.filter(organization=harbour, is_drill=True, ended_at__isnull=False).count() == 1
    assert [str(user) for user in ready.on_call] == ["Sam Harbour"]
    assert len(ready.gaps) == 2
    assert events.verify() == []
