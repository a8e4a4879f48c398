"""A claim is taken, lapses, passes to a cover or is given back while somebody answers: one truth is left, and the log holds."""

from __future__ import annotations

import pytest

from tests.faults.conftest import LONG

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.xdist_group("races"), pytest.mark.timeout(600)]
RACE = """
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from datetime import timedelta
from network.accounts.actions import end_membership
from network.accounts.models import Membership, User
from network.core import events
from network.core.actor import CLOCK, Role
from network.core.clock import now
from network.demo import region
from network.partners.models import Organization, Service
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import CaseMember, Offer
from tests import rivals

quayside = region.actor(User.objects.get(email="worker@quayside.test"))
admin = region.actor(User.objects.get(email="admin@harbour.test"))
sam = region.actor(User.objects.get(email="worker@harbour.test"))
harbour = Organization.objects.get(pk=sam.organization)
service = Service.objects.get(organization=harbour).pk

def ask():
    person = region.person(quayside, uuid.uuid4().hex[:12], name="Canary")
    draft = actions.create_draft(Draft(person=person.pk, need="housing-support", urgency="soon"), by=quayside)
    decision = Decision(terms=actions.usual_terms({harbour.pk}, how="in-person"))
    row = actions.send(draft, by=quayside, said=Said(services=(service,)), decision=decision)
    return Offer.objects.select_related("referral").get(referral=row)

def claimed(by):
    found = actions.move(ask(), "claim", by=by)
    Offer.objects.filter(pk=found.pk).update(claim_until=now() - timedelta(seconds=1))
    return Offer.objects.select_related("referral").get(pk=found.pk)

def on_case(offer):
    rows = CaseMember.objects.filter(referral=offer.referral_id, organization=harbour, until=None)
    return set(rows.values_list("user", flat=True))

wrong = []
with ThreadPoolExecutor(4) as pool:
    at_once = partial(rivals.at_once, pool)
    for number in range(ROUNDS):
        offer = ask()
        claim = lambda by: lambda: actions.move(offer, "claim", by=by, version=offer.version)
        won = at_once(claim(sam), claim(admin))
        offer.refresh_from_db()
        if sum(won) != 1 or on_case(offer) != {offer.claimed_by_id}:
            wrong.append(("two claims", won, on_case(offer)))
        offer = claimed(sam)
        lapse = lambda: actions.move(offer, "lapse", by=CLOCK)
        won = at_once(lambda: actions.move(offer, "accept", by=sam), lapse)
        offer.refresh_from_db()
        if won[0] is not True or offer.status != "accepted" or on_case(offer) != {sam.id} or offer.claim_until:
            wrong.append(("accept and lapse", won, offer.status, on_case(offer)))
        offer = claimed(sam)
        won = at_once(lambda: actions.move(offer, "accept", by=admin), lambda: actions.move(offer, "accept", by=sam))
        offer.refresh_from_db()
        if sum(won) != 1 or len(on_case(offer)) != 1:
            wrong.append(("two acceptances of one team", won, on_case(offer)))
        leaver = region.actor(region.member(harbour, uuid.uuid4().hex[:8] + "@harbour.test", Role.CASEWORKER))
        offer = claimed(leaver)
        row = Membership.objects.get(user=leaver.id)
        won = at_once(lambda: actions.move(offer, "accept", by=leaver), lambda: end_membership(row, by=admin, version=row.version))
        offer.refresh_from_db()
        # Whoever was first: nothing waits with somebody who has left.
        if not won[1] or (offer.status == "requested" and (offer.claimed_by_id or on_case(offer))):
            wrong.append(("accept and leave", won, offer.status, on_case(offer)))
        many = [claimed(sam) for _ in range(3)]
        pks = [each.pk for each in many]
        won = at_once(
            lambda: actions.assign_many(pks, by=admin, assignee=admin.id), lambda: actions.assign_many(pks[::-1], by=sam, assignee=None)
        )
        for each in many:
            each.refresh_from_db()
            if on_case(each) - {each.claimed_by_id}:
                wrong.append(("two hand over", won, on_case(each), each.claimed_by_id))
print("CHECK", len(wrong), len(events.verify()), wrong[:3])
"""


def test_claims_lapses_leavers_and_hand_overs_at_once_leave_one_truth(site):
    out = site.manage("shell", "-v", "0", "-c", RACE.replace("ROUNDS", "40" if LONG else "10"))

    assert out[out.index("CHECK") :].split()[:3] == ["CHECK", "0", "0"], out[-800:]
