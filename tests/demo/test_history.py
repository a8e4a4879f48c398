"""The bulk past is what the actions would have written: a hundred of its stories are lived through again and compared."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
import time_machine

from network.core import events
from network.demo import load as demo
from network.demo.history import Writer, member
from network.people.actions import Terms
from network.people.models import Grant, Person
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import CaseMember, Message, Offer, Outcome, RecordedGap, Referral

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
AT = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
REFERRAL = (
    "status",
    "business_status",
    "urgency",
    "sent_at",
    "moved_at",
    "unplaced_at",
    "expected_on",
    "review_on",
    "closed_at",
    "nudges",
    "version",
    "strategy",
    "is_open_to_take",
    "respond_by",
    "reason_id",
    "need_id",
    "place_id",
    "languages",
)
OFFER = (
    "status",
    "business_status",
    "holds",
    "organization_id",
    "service_id",
    "position",
    "asked_at",
    "respond_by",
    "seen_at",
    "accepted_at",
    "started_at",
    "expected_on",
    "ended_at",
    "reason_id",
    "version",
)


def test_a_hundred_stories_lived_again_leave_the_same_rows(settings):
    with time_machine.travel(AT, tick=False):
        region = demo.Region(Random(1))
        demo._places(region)
        demo._organizations(region, AT)
        demo._people(region, AT, "x")
        demo._services(region, AT)
        writer = Writer.make(Random(2), [row.pk for row in region.organizations.values()])
        stories = demo.stories(region, writer, 100, AT)
        written = [writer.story(story) for story in stories]
        people = [kept.row.pk for kept in writer.people]
        writer.flush()

    differing = [
        (number, mine, theirs)
        for number, (story, row) in enumerate(zip(stories, written, strict=True))
        if (mine := told(row.pk)) != (theirs := told(live(story, people[story.person]).pk))
    ]
    assert differing == []
    assert events.verify() == []


def live(story, person):
    """The story by the actions, each at its own time."""
    author = member(story.author, story.sender)
    Referral.objects.filter(person=person).exclude(status__in=["completed", "failed", "rejected", "cancelled"]).update(person=aside(story))
    with time_machine.travel(story.begun, tick=False):
        draft = Draft(person=person, need=story.need, urgency=story.urgency, place=story.place, languages=list(story.languages))
        row = actions.create_draft(draft, by=author)
    for step in story.steps:
        with time_machine.travel(step.at, tick=False):
            make(story, step, row, author)
    return row


def aside(story):
    """Somebody else, so that the written story is no open duplicate of the one that is lived."""
    return Person.objects.get_or_create(
        organization_id=story.sender, code_name="ASIDE", defaults={"created_at": story.begun, "code_only": True}
    )[0]


def make(story, step, row, author):
    services = tuple(asks.service for asks in step.asks)
    strategy = step.strategy if step.verb in {"send", "offer"} else None
    said = Said(reason=step.reason, text=step.text, outcome=step.outcome, on=step.on, services=services, strategy=strategy)
    if step.verb == "send":
        recipients = frozenset(candidate.organization for candidate in story.candidates)
        fields = frozenset({"identity", "contact", "languages", "note"})
        terms = Terms(recipients=recipients, fields=fields, until=step.at + dt.timedelta(days=365), how="in-person")
        actions.send(row, by=author, said=said, decision=Decision(terms=terms))
    elif step.offer is None:
        taker = member(step.asks[0].worker, step.asks[0].organization) if step.verb == "take" else author
        actions.move_referral(Referral.objects.get(pk=row.pk), step.verb, by=demo_clock() if step.side == "clock" else taker, said=said)
    else:
        offer = Offer.objects.select_related("referral").get(referral=row, position=step.offer)
        candidate = story.candidates[step.offer]
        by = demo_clock() if step.side == "clock" else member(candidate.worker, candidate.organization)
        actions.move(offer, step.verb, by=by, said=said)


def demo_clock():
    from network.core.actor import CLOCK

    return CLOCK


def told(pk):
    """Everything about a referral but ids, keys and its short name."""
    referral = Referral.objects.filter(pk=pk)
    return {
        "referral": list(referral.values_list(*REFERRAL)),
        "offers": list(Offer.objects.filter(referral=pk).order_by("position").values_list(*OFFER)),
        "grants": sorted(Grant.objects.filter(referral=pk).values_list("organization_id", "opened_at", "until", "ended_at")),
        "case": sorted(CaseMember.objects.filter(referral=pk).values_list("organization_id", "user_id", "since")),
        "messages": sorted(Message.objects.filter(referral=pk).values_list("at", "verb", "organization_id", "audience")),
        "outcomes": list(Outcome.objects.filter(referral=pk).values_list("organization_id", "help", "at")),
        "gaps": list(RecordedGap.objects.filter(referral=pk).values_list("need_id", "place_id", "reason_id", "at")),
    }


def test_the_same_seed_tells_the_same_stories():
    def plots(seed):
        region = demo.Region(Random(seed))
        return [region.random.random() for _ in range(5)]

    assert plots(3) == plots(3)
