"""Two senders, or two referrals of one person, that count at the same moment wait for each other and lose nothing."""

from __future__ import annotations

import pytest

from tests.faults.conftest import founded

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.xdist_group("races"), pytest.mark.timeout(600)]
ROUNDS = 15
RACE = """
import threading
from django.db import connection
from network.accounts.models import Membership
from network.core.clock import now
from network.demo import region
from network.partners.models import Organization, Service
from network.referrals import actions, ties
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import DemandDay, Offer, Tie, TieDay
from network.referrals.recount import rebuild

names = ("Quayside", "Harbour", "Eastfield")
workers = {n: region.actor(Membership.objects.filter(organization__name=n, role="caseworker").first().user) for n in names}
services = {s.organization_id: s for s in Service.objects.filter(organization__name__in=names[1:])}
sender, failed, gate = workers["Quayside"], [], threading.Barrier(4)
people = [region.person(sender, f"P{number}") for number in range(2)]
terms = lambda: actions.usual_terms(set(services), how="in-person")

def one(number):
    order = list(services.values())[:: 1 if number % 2 else -1]
    try:
        gate.wait()
        for turn in range(ROUNDS):
            draft = actions.create_draft(Draft(person=people[turn % 2].pk, need="housing-support", urgency="soon"), by=sender)
            said = Said(services=(order[0].pk,), reason="new-situation")
            for again in range(20):
                try:
                    row = actions.send(draft, by=sender, said=said, decision=Decision(terms=terms()))
                    break
                except actions.said.SayMore:
                    pass
            actions.move_referral(row, "offer", by=sender, said=Said(services=(order[1].pk,)))
            if turn % 3:
                actions.move_referral(row, "cancel", by=sender, said=Said(reason="no-longer-needed"))
            if turn % 5 == 0:
                ties.hear_silence(now())
    except Exception as error:
        failed.append(repr(error))
    finally:
        connection.close()

threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
def told():
    found = []
    for model, first in ((Tie, "sent"), (TieDay, "sent"), (DemandDay, "asked")):
        rows = [{k: v for k, v in row.items() if k != "id"} for row in model.objects.values() if row[first]]
        found.append(sorted(sorted((k, str(v)) for k, v in row.items()) for row in rows))
    return found

was = told()
rebuild()
sent, asked = sum(Tie.objects.values_list("sent", flat=True)), sum(DemandDay.objects.values_list("asked", flat=True))
print("CHECK", len(failed), was == told(), sent, asked)
print(failed[:2])
"""


@pytest.mark.parametrize("vendor", ["postgresql"])
def test_writers_that_cross_neither_deadlock_nor_lose_a_count(vendor, tmp_path):
    with founded(tmp_path, vendor) as site:
        out = site.manage("shell", "-v", "0", "-c", RACE.replace("ROUNDS", str(ROUNDS)))
    _, failed, same, sent, asked = out[out.index("CHECK") :].split()[:5]

    assert (failed, same) == ("0", "True"), out
    assert (int(sent), int(asked)) == (4 * 2 * ROUNDS, 2)
