"""Alarms under contention: two press at once, the clock and a press, an answer and the clock. One wins, and nothing rings on."""

from __future__ import annotations

import pytest

from tests.faults.conftest import LONG

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.xdist_group("races"), pytest.mark.timeout(600)]
RACE = """
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from datetime import timedelta
from network.accounts.models import User
from network.core import events
from network.core.actor import CLOCK
from network.core.clock import now
from network.core.models import Event
from network.demo import region
from network.partners.models import Service
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import Alarm, Alert, Offer
from tests import rivals

actor = lambda email: region.actor(User.objects.get(email=email))
quayside, worker, admin = actor("worker@quayside.test"), actor("worker@harbour.test"), actor("admin@harbour.test")
service = Service.objects.get(organization=worker.organization).pk

def alarm(due=False):
    # A crisis that Harbour let wait; with `due` its first responder had their time.
    person = region.person(quayside, uuid.uuid4().hex[:12], name="Canary")
    draft = actions.create_draft(Draft(person=person.pk, need="housing-support", urgency="crisis"), by=quayside)
    terms = actions.usual_terms({worker.organization}, how="in-person")
    row = actions.send(draft, by=quayside, said=Said(services=(service,), strategy="direct"), decision=Decision(terms=terms))
    Offer.objects.filter(referral=row).update(respond_by=now() - timedelta(minutes=1))
    actions.move(Offer.objects.select_related("referral").get(referral=row), "escalate", by=CLOCK)
    found = Alarm.objects.get(referral=row, organization=worker.organization)
    if due:
        Alarm.objects.filter(pk=found.pk).update(step_at=now() - timedelta(seconds=1))
    return found

def acknowledge(found, by):
    return lambda: actions.acknowledge(found, by=by)

def accept(found):
    offer = Offer.objects.select_related("referral").get(pk=found.offer_id)
    return lambda: actions.move(offer, "accept", by=worker)

def climb(found):
    return lambda: actions.climb(found)

def again(found):
    return Alarm.objects.get(pk=found.pk)

def check(what, holds, *seen):
    if not holds:
        wrong.append((what, *map(str, seen)))

wrong = []
with ThreadPoolExecutor(4) as pool:
    at_once = partial(rivals.at_once, pool)
    for number in range(ROUNDS):
        found = alarm()
        won = at_once(acknowledge(found, worker), acknowledge(found, admin))
        here = again(found)
        told = Event.objects.filter(kind="alarm.acknowledged", subject=f"alarm/{found.pk}").count()
        check("two presses", sum(won) == 1 and told == 1 and here.responsible_id == (worker, admin)[won.index(True)].id, won, told)
        found = alarm(due=True)
        won = at_once(climb(found), climb(found), climb(found), acknowledge(found, admin))
        here = again(found)
        alerts = Alert.objects.filter(alarm=found).count()
        check("clock and press", won[3] and sum(won[:3]) <= 1 and not here.is_ringing and alerts == 1 + sum(won[:3]), won, alerts)
        found = alarm(due=True)
        won = at_once(accept(found), climb(found), acknowledge(found, admin))
        here = again(found)
        check("answer, clock and press", won[0] and here.ended_at and not here.is_ringing, won)
        check("the sender's too", not Alarm.objects.open().filter(referral=found.referral_id).exists())
        found = alarm()
        actions.acknowledge(found, by=worker)
        actions.hand_over(found, by=worker, to=admin.id)
        won = at_once(lambda: actions.take_over(found, by=admin), lambda: actions.keep_alarm(found, by=worker))
        here = again(found)
        check("taken over or kept", sum(won) == 1 and here.responsible_id == (admin, worker)[won.index(True)].id, won)
        won = at_once(*[lambda: actions.start_drill(by=admin)] * 4)
        drill = Alarm.objects.open().get(is_drill=True)
        check("one drill", sum(won) == 1, won)
        won = at_once(*[lambda: actions.end_drill(drill, by=admin)] * 2)
        check("ended once", sum(won) == 1, won)
print("CHECK", len(wrong), len(events.verify()), wrong[:3])
"""


def test_rival_presses_clocks_and_answers_leave_one_who_is_responsible_or_nothing_that_rings(site):
    out = site.manage("shell", "-v", "0", "-c", RACE.replace("ROUNDS", "60" if LONG else "5"))

    assert out[out.index("CHECK") :].split()[:3] == ["CHECK", "0", "0"], out[-800:]
