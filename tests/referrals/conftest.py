"""A referral at each place of its life, made by the actions themselves."""

from __future__ import annotations

import pytest

from network.demo import region
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import Offer


@pytest.fixture
def draft(town):
    return actions.create_draft(
        Draft(person=town.person.pk, need="housing-support", urgency="soon", place=town.place.pk, note="Canary-Note"),
        by=town.quayside_worker,
    )


def send_to(town, draft, service):
    terms = actions.usual_terms({service.organization_id}, how="in-person")
    said = Said(services=(service.pk,))
    return actions.send(draft, by=town.quayside_worker, said=said, decision=Decision(terms=terms))


@pytest.fixture
def sent(town, draft):
    return send_to(town, draft, town.harbour_service)


@pytest.fixture
def offer(sent):
    return Offer.objects.select_related("referral").get(referral=sent)


@pytest.fixture
def accepted(town, offer):
    return actions.move(offer, "accept", by=town.harbour_worker)


@pytest.fixture
def other_person(town):
    return region.person(town.quayside_worker, "BK", name="Somebody Else")
