"""The event feed: complete for what is visible, silent about what is not."""

from __future__ import annotations

import pytest

from network.core import feed
from network.core.errors import CursorInvalid, CursorReset
from network.core.models import Head
from network.referrals import actions

pytestmark = pytest.mark.django_db


def test_old_state_and_the_events_after_a_cursor_tell_everything(town, sent, offer, call):
    harbour = call(town.harbour_user)
    cursor = harbour.get("events?after=now").json()["next"]
    actions.move(offer, "accept", by=town.harbour_worker)

    told = harbour.get(f"events?after={cursor}").json()
    assert {event["subject"] for event in told["events"]} == {f"referral/{sent.pk}", f"offer/{offer.pk}"}
    assert set(told["events"][0]) == {"id", "kind", "subject", "at", "by"}
    assert harbour.get(f"events?after={told['next']}").json()["events"] == []


def test_pages_of_the_feed_join_without_a_hole(town, sent, accepted, call):
    quayside, cursor, seen = call(town.quayside_user), None, []
    while True:
        page = quayside.get(f"events?limit=2{f'&after={cursor}' if cursor else ''}").json()
        seen += [event["id"] for event in page["events"]]
        cursor = page["next"]
        if not page["more"]:
            break
    assert seen == [event["id"] for event in quayside.get("events?limit=200").json()["events"]]


def test_cursors_are_of_one_length_and_never_the_same(town, sent, accepted):
    actor = town.quayside_worker
    made = {feed.cursor_now(actor) for _ in range(5)} | {feed.since(actor, None, 1).next}

    assert len(made) == 6
    assert len({len(cursor) for cursor in made}) == 1


def test_a_cursor_is_its_owners_alone(town):
    cursor = feed.cursor_now(town.quayside_worker)

    with pytest.raises(CursorInvalid):
        feed.since(town.harbour_worker, cursor, 10)


def test_another_epoch_leads_nowhere(town):
    cursor = feed.cursor_now(town.quayside_worker)
    Head.objects.filter(pk=town.quayside.pk).update(epoch="0" * 32)

    with pytest.raises(CursorReset):
        feed.since(town.quayside_worker, cursor, 10)


def test_a_reader_of_the_whole_sequence_can_recompute_its_chain(town, sent, system, call):
    from uuid import UUID

    from django.utils.dateparse import parse_datetime

    from network.core.events import canonical, chain

    token = system(scopes=("referrals.read", "events.all"))
    rows = call(token=token).get("events?limit=200").json()["events"]
    for before, row in zip([None, *rows], rows, strict=False):
        text = canonical(
            UUID(row["organization"]), row["number"], UUID(row["id"]), row["kind"], row["subject"], row["actor"], parse_datetime(row["at"])
        )
        assert chain(bytes.fromhex(row["previous"]), text).hex() == row["digest"]
        assert before is None or before["digest"] == row["previous"]
