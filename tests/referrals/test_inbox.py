"""The order of the inbox: crises on top, then by the time an answer is due, page by page, read by the indexes that have it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from network.core.pagination import Chapters, first_after
from network.demo import region
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import Offer, Referral
from network.referrals.views import INBOX_ORDER, inbox_of

pytestmark = pytest.mark.django_db


def send(town, code, urgency):
    person = region.person(town.quayside_worker, code, name=code)
    draft = actions.create_draft(Draft(person=person.pk, need="housing-support", urgency=urgency), by=town.quayside_worker)
    said = Said(services=(town.harbour_service.pk,))
    return actions.send(
        draft, by=town.quayside_worker, said=said, decision=Decision(terms=actions.usual_terms({town.harbour.pk}, how="in-person"))
    )


@pytest.fixture
def waiting(town):
    """Two crises and five others in the order in which they are to be shown; two of the others are due at the same moment."""
    rows = [send(town, f"W{number}", "crisis" if number in {3, 5} else "soon") for number in range(7)]
    begun = Offer.objects.first().asked_at
    hours = {0: 9, 1: 2, 2: 2, 3: 30, 4: 1, 5: 20, 6: 5}
    for number, row in enumerate(rows):
        Offer.objects.filter(referral=row).update(respond_by=begun + timedelta(hours=hours[number]))
    offers = sorted(Offer.objects.select_related("referral"), key=lambda o: (o.referral.urgency != "crisis", o.respond_by, o.pk))
    return [str(offer.referral_id) for offer in offers]


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_pages_of_any_size_show_each_once_and_crises_first(town, call, waiting, size):
    harbour, seen, cursor = call(town.harbour_user), [], None
    while True:
        page = harbour.get(f"referrals?box=inbox&limit={size}{f'&cursor={cursor}' if cursor else ''}").json()
        seen += [row["id"] for row in page["results"]]
        if not (cursor := page["next"]):
            break
    assert seen == waiting


def test_a_filter_narrows_both_chapters(town, call, waiting):
    harbour = call(town.harbour_user)

    assert [row["id"] for row in harbour.get("referrals?box=inbox&urgency=crisis").json()["results"]] == waiting[:2]
    assert [row["id"] for row in harbour.get("referrals?box=inbox&urgency=soon").json()["results"]] == waiting[2:]


def test_a_closed_crisis_is_no_crisis_of_the_inbox(town, call, waiting):
    closed = Referral.objects.get(pk=waiting[0])
    actions.move_referral(closed, "cancel", by=town.quayside_worker, said=Said(reason="no-longer-needed"))

    assert [row["id"] for row in call(town.harbour_user).get("referrals?box=inbox").json()["results"]] == waiting[1:]


def test_neither_chapter_is_sorted(town, waiting):
    if connection.vendor != "sqlite":
        pytest.skip("reads SQLite's plan; on few rows PostgreSQL rightly sorts")
    for part in inbox_of(town.harbour_worker).querysets:
        plan = part.order_by(*INBOX_ORDER[1:])[:51].explain()
        assert "offer_inbox" in plan
        assert "TEMP B-TREE" not in plan


def test_chapters_end_where_the_page_is_full(town, waiting):
    """The second queryset is not asked while the first has enough."""
    first, _ = inbox_of(town.harbour_worker).querysets

    class Unread:
        def order_by(self, *_):
            raise AssertionError("read too far")

    assert len(first_after(Chapters((first, Unread())), INBOX_ORDER, None, 2)) == 2
