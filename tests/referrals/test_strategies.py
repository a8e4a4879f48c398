"""Asking strategies through actions and API: who is asked when, who hears of it, and what the sender reads."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from network.core import events
from network.core.clock import now
from network.core.errors import NotYours, SayMore, WrongState
from network.core.models import Event
from network.demo import region
from network.partners.models import Agreement, Service
from network.people.models import Consent, Grant
from network.referrals import actions, tasks
from network.referrals.actions import Decision, Draft, Said
from network.referrals.calls import takeable, takers
from network.referrals.lifecycle import At, Business, Status
from network.referrals.models import Offer, Referral
from network.referrals.strategies import AGES, Candidate, ages_fit, following

pytestmark = pytest.mark.django_db


def stands(row):
    row.refresh_from_db()
    return f"{row.status}·{row.business_status}".rstrip("·")


def ask(town, strategy, *services, urgency="soon", named=None, **more):
    """A new referral, sent by the strategy; the consent names those asked, or `named`."""
    person = region.person(town.quayside_worker, f"S{uuid.uuid4().hex[:8]}", name="Amina Canary-Name")
    said = {"person": person.pk, "need": "housing-support", "urgency": urgency, "note": "Canary-Note", **more}
    draft = actions.create_draft(Draft(**said), by=town.quayside_worker)
    recipients = {row.pk for row in named} if named is not None else {service.organization_id for service in services}
    terms = actions.usual_terms(recipients or {town.harbour.pk, town.eastfield.pk}, how="in-person")
    wanted = Said(services=tuple(service.pk for service in services), strategy=strategy)
    return actions.send(draft, by=town.quayside_worker, said=wanted, decision=Decision(terms=terms))


def to(row, organization):
    return Offer.objects.select_related("referral").filter(referral=row, organization=organization).latest("created_at")


def take(town, row, by="eastfield"):
    service = getattr(town, f"{by}_service")
    return actions.move_referral(row, "take", by=getattr(town, f"{by}_worker"), said=Said(services=(service.pk,)))


# -- cascade and broadcast -----------------------------------------------------------------------------------------------------


def test_a_cascade_asks_the_next_after_a_decline_and_nobody_sees_the_queue(town, call):
    row = ask(town, "cascade", town.harbour_service, town.eastfield_service)
    second = to(row, town.eastfield)
    assert (stands(to(row, town.harbour)), stands(second), second.asked_at) == ("requested", "draft", None)
    assert call(town.eastfield_user).get(f"referrals/{row.pk}").status_code == 404

    actions.move(to(row, town.harbour), "reject", by=town.harbour_worker, said=Said(reason="full"))

    assert (stands(row), stands(second)) == ("requested·offered", "requested")
    told = Event.objects.filter(kind="offer.asked", subject=f"offer/{second.pk}")
    assert [(e.organization, e.actor) for e in told] == [(town.eastfield, "network/")]  # not who declined before


def test_a_cascade_asks_the_next_after_silence_with_a_clock_of_its_own(town):
    row = ask(town, "cascade", town.harbour_service, town.eastfield_service)
    with time_machine.travel(to(row, town.harbour).respond_by + timedelta(minutes=1), tick=False):
        tasks.sweep_once()

        second = to(row, town.eastfield)
        assert (stands(to(row, town.harbour)), stands(second)) == ("rejected·no-response", "requested")
        assert second.respond_by > now()


def test_in_a_broadcast_a_question_to_one_does_not_stop_the_clock_of_another(town):
    row = ask(town, "broadcast", town.harbour_service, town.eastfield_service)
    actions.move(to(row, town.harbour), "ask", by=town.harbour_worker, said=Said(text="Ground floor?"))
    with time_machine.travel(to(row, town.eastfield).respond_by + timedelta(minutes=1), tick=False):
        tasks.sweep_once()

    assert stands(to(row, town.eastfield)) == "rejected·no-response"


def test_on_a_waiting_list_the_search_goes_on_in_its_order(town):
    third = region.organization("Third Hall")
    region.member(third, "worker@third.test", region.Role.CASEWORKER)
    other = region.service(third, "Housing advice at Third Hall")
    row = ask(town, "direct", town.harbour_service)
    accepted = actions.move(to(row, town.harbour), "accept", by=town.harbour_worker)
    actions.move(accepted, "waitlist", by=town.harbour_worker, said=Said(on=now().date() + timedelta(days=20)))
    wanted = Said(services=(town.eastfield_service.pk, other.pk), strategy="cascade")
    actions.move_referral(row, "offer", by=town.quayside_worker, said=wanted)
    assert (stands(to(row, town.eastfield)), stands(to(row, third))) == ("requested", "draft")

    actions.move(to(row, town.eastfield), "reject", by=town.eastfield_worker, said=Said(reason="full"))

    assert (stands(row), stands(to(row, third))) == ("on-hold·waitlisted", "requested")


@pytest.mark.parametrize(
    ("strategy", "count", "pointer"),
    [("direct", 2, "/strategy"), ("open", 1, "/services"), ("cascade", 0, "/services"), ("nonsense", 1, "/strategy")],
)
def test_a_strategy_that_does_not_fit_who_is_named_is_refused(town, strategy, count, pointer):
    with pytest.raises(SayMore) as refusal:
        ask(town, strategy, *[town.harbour_service, town.eastfield_service][:count])

    assert refusal.value.errors[0].pointer == pointer
    assert not Offer.objects.exists()


# -- open ------------------------------------------------------------------------------------------------------------------------


def test_an_open_call_is_seen_as_a_summary_by_those_who_may_take_it_and_by_nobody_else(town, call):
    row = ask(town, "open", named=[town.eastfield])
    seen = call(town.eastfield_user).get(f"referrals/{row.pk}")

    assert (seen.json()["view"], seen.json()["person"], seen.json()["offers"], seen.json()["asked"]) == ("summary", None, [], [])
    assert b"Canary" not in seen.content
    assert [action["verb"] for action in seen.json()["actions"]] == ["take"]
    assert [service["id"] for service in seen.json()["takeable_by"]] == [str(town.eastfield_service.pk)]
    assert call(town.harbour_user).get(f"referrals/{row.pk}").status_code == 404  # the person did not agree to them
    assert call(town.coordinator_user).get(f"referrals/{row.pk}").status_code == 404
    assert [r["id"] for r in call(town.eastfield_user).get("referrals?box=open").json()["results"]] == [str(row.pk)]
    assert call(town.eastfield_user).get("referrals?box=inbox").json()["results"] == []
    assert call(town.eastfield_user).get(f"referrals/{row.pk}/timeline").json() == []


def test_whoever_takes_it_first_holds_it_and_reads_the_person(town, call):
    row = ask(town, "open")
    caller = call(town.eastfield_user)
    taken = caller.move("referrals", row.pk, "take", {"services": [town.eastfield_service.pk]})

    assert (taken.status_code, taken.json()["status"], taken.json()["is_open_to_take"]) == (200, "accepted", False), taken.json()
    assert caller.get(f"referrals/{row.pk}").json()["person"]["name"] == "Amina Canary-Name"
    assert to(row, town.eastfield).holds
    assert [grant.organization for grant in Grant.objects.standing().filter(referral=row)] == [town.eastfield]
    assert call(town.harbour_user).get(f"referrals/{row.pk}").status_code == 404
    assert events.verify() == []


def test_those_who_may_take_it_hear_that_their_list_changed_and_not_by_whom(town):
    row = ask(town, "open")
    take(town, row)

    told = Event.objects.filter(kind="organization.calls").order_by("at", "seq")
    assert {(e.organization, e.subject, e.actor) for e in told} == {
        (row, f"organization/{row.pk}", "network/") for row in (town.harbour, town.eastfield)
    }
    assert told.count() == 4
    assert not Event.objects.filter(organization=town.harbour, subject=f"referral/{row.pk}").exists()


def test_the_second_taker_hears_only_that_it_was_placed_elsewhere(town):
    row = ask(town, "open")
    take(town, row)

    with pytest.raises(WrongState) as refusal:
        take(town, row, by="harbour")  # `row` is as it was read before

    assert set(refusal.value.facts) == {"verb", "state", "at"}
    assert Offer.objects.filter(referral=row).count() == 1


def test_taking_names_a_service_of_ones_own_that_fits(town):
    row = ask(town, "open", age_band="12-17")
    Service.objects.filter(pk=town.harbour_service.pk).update(minimum_age=18)
    other = region.service(town.eastfield, "Counselling", needs=("peer-support",))

    with pytest.raises(NotYours):
        take(town, row, by="harbour")
    for wanted in ((other.pk,), (town.harbour_service.pk,), ()):
        with pytest.raises(SayMore):
            actions.move_referral(row, "take", by=town.eastfield_worker, said=Said(services=wanted))
    assert stands(row) == "requested·offered"


def test_an_open_call_that_nobody_took_is_unplaced_with_a_next_step(town, call):
    row = ask(town, "open")
    step = call(town.quayside_user).get(f"referrals/{row.pk}").json()["next_step"]
    assert (step["verb"], step["who"]) == ("take", [])
    with time_machine.travel(row.respond_by + timedelta(minutes=1), tick=False):
        tasks.sweep_once()

        assert (stands(row), row.is_open_to_take) == ("requested·unplaced", False)
        step = call(town.quayside_user).get(f"referrals/{row.pk}").json()["next_step"]
        assert step["verb"] == "offer"
        assert step["at"] > now().isoformat()
    assert not Referral.objects.visible_to(town.eastfield_worker).exists()


def test_a_call_that_nobody_could_answer_is_refused(town):
    Service.objects.exclude(organization=town.quayside).update(status="inactive")

    with pytest.raises(SayMore) as refusal:
        ask(town, "open")
    assert refusal.value.errors[0].code == "nobody_eligible"


@pytest.mark.parametrize("agreed", [None, "all", "service", "ended"])
@pytest.mark.parametrize(
    ("youngest", "oldest", "band"), [(None, None, ""), (18, None, "12-17"), (None, 17, "12-17"), (0, 11, "12-17"), (17, 30, "12-17")]
)
@pytest.mark.parametrize("consent", ["names", "other", "none", "withdrawn"])
def test_who_sees_a_call_is_who_may_take_it_and_who_hears_of_it(town, agreed, youngest, oldest, band, consent):
    row = ask(town, "open", age_band=band)
    service = town.eastfield_service
    Service.objects.filter(pk=service.pk).update(by_agreement_only=agreed is not None, minimum_age=youngest, maximum_age=oldest)
    if agreed:
        until = now().date() - timedelta(days=1) if agreed == "ended" else None
        Agreement.objects.create(
            from_organization=town.quayside, to_organization=town.eastfield, since=now().date() - timedelta(days=9), until=until,
            service=service if agreed == "service" else None,
        )  # fmt: skip
    if consent == "none":
        Referral.objects.filter(pk=row.pk).update(consent=None)
    elif consent == "other":
        row.consent.recipients.filter(organization=town.eastfield).delete()
    elif consent == "withdrawn":
        Consent.objects.filter(pk=row.consent_id).update(withdrawn_at=now())
    row.refresh_from_db()

    wanted = agreed != "ended" and ages_fit(band, youngest, oldest) and consent in {"names", "none"}
    assert Referral.objects.visible_to(town.eastfield_worker).filter(pk=row.pk).exists() == wanted
    assert bool(takeable([row], town.eastfield.pk, now())) == wanted
    assert (town.eastfield.pk in takers(row, now())) == wanted


def test_the_list_of_open_calls_takes_the_same_queries_for_three_rows_as_for_thirty(town, call):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    caller = call(town.eastfield_user)
    caller.get("me")
    counts = []
    for more in (3, 27):
        for _ in range(more):
            ask(town, "open")
        with CaptureQueriesContext(connection) as queries:
            assert len(caller.get("referrals?box=open").json()["results"]) >= 3
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 22


# -- forward and hand on -----------------------------------------------------------------------------------------------------------


def forward(row, town, service):
    return actions.move(to(row, town.harbour), "forward", by=town.harbour_worker, said=Said(services=(service.pk,)))


def test_a_receiver_passes_the_request_on_where_consent_covers_it(town):
    row = ask(town, "direct", town.harbour_service, named=[town.harbour, town.eastfield])
    forward(row, town, town.eastfield_service)

    new = to(row, town.eastfield)
    assert (stands(to(row, town.harbour)), stands(new), stands(row)) == ("rejected·forwarded", "requested", "requested·offered")
    assert new.forwarded_from == to(row, town.harbour)
    assert [e.actor for e in Event.objects.filter(subject=f"offer/{new.pk}")] == ["network/"]


def test_what_consent_does_not_cover_is_declined_with_the_suggestion(town, call):
    row = ask(town, "direct", town.harbour_service)
    forward(row, town, town.eastfield_service)

    assert (stands(to(row, town.harbour)), stands(row)) == ("rejected·declined", "requested·unplaced")
    asked = call(town.quayside_user).get(f"referrals/{row.pk}").json()["asked"]
    assert [(a["state"], a["suggested"]["id"], a["reason"]["code"]) for a in asked] == [
        ("declined", str(town.eastfield_service.pk), "wrong-service")
    ]


def test_nobody_is_asked_twice_by_passing_on_and_three_hops_are_the_most(town):
    names = ["first", "second", "third", "fourth", "fifth"]
    organizations, workers, services = [], [], []
    for name in names:
        organizations.append(region.organization(f"Hall {name}"))
        workers.append(region.actor(region.member(organizations[-1], f"{name}@hop.test", region.Role.CASEWORKER)))
        services.append(region.service(organizations[-1], f"Housing {name}"))
    row = ask(town, "direct", services[0], named=organizations)
    actions.move(to(row, organizations[0]), "forward", by=workers[0], said=Said(services=(services[1].pk,)))
    actions.move(to(row, organizations[1]), "forward", by=workers[1], said=Said(services=(services[2].pk,)))
    actions.move(to(row, organizations[2]), "forward", by=workers[2], said=Said(services=(services[3].pk,)))

    actions.move(to(row, organizations[3]), "forward", by=workers[3], said=Said(services=(services[4].pk,)))

    assert stands(to(row, organizations[3])) == "rejected·declined"
    again = ask(town, "direct", services[0], named=organizations)
    actions.move(to(again, organizations[0]), "forward", by=workers[0], said=Said(services=(services[1].pk,)))
    actions.move(to(again, organizations[1]), "forward", by=workers[1], said=Said(services=(services[0].pk,)))
    assert stands(to(again, organizations[1])) == "rejected·declined"


def test_handing_on_closes_here_and_begins_a_draft_with_the_same_sight_of_the_person(town, sent, accepted, call):
    harbour = call(town.harbour_user)
    done = harbour.move("offers", accepted.pk, "hand-on")

    assert (done.status_code, stands(sent)) == (200, "completed·referred-on")
    draft = Referral.objects.get(based_on=sent)
    assert (draft.sender, draft.person, draft.status) == (town.harbour, town.person, "draft")
    assert harbour.get(f"referrals/{sent.pk}").json()["handed_on"] == [str(draft.pk)]
    seen = harbour.get(f"referrals/{draft.pk}").json()["person"]
    assert (seen["name"], seen["code_name"], seen["note"]) == ("Amina Canary-Name", None, "Canary-Note")
    assert call(town.quayside_user).get(f"referrals/{draft.pk}").status_code == 404
    assert [(g.organization, g.referral) for g in Grant.objects.standing()] == [(town.harbour, draft)]


def test_a_draft_that_was_handed_on_is_sent_under_a_consent_of_its_own_and_its_keeper_hears_of_it(town, sent, accepted):
    actions.move(accepted, "hand-on", by=town.harbour_worker)
    draft = Referral.objects.get(based_on=sent)
    said = Said(services=(town.eastfield_service.pk,))
    actions.send(
        draft, by=town.harbour_worker, said=said, decision=Decision(terms=actions.usual_terms({town.eastfield.pk}, how="by-phone"))
    )

    assert [e.organization for e in Event.objects.filter(kind="consent.given")] == [town.quayside]
    actions.move(to(draft, town.eastfield), "accept", by=town.eastfield_worker)
    assert {g.organization for g in Grant.objects.standing()} == {town.harbour, town.eastfield}
    actions.move(to(draft, town.eastfield), "complete", by=town.eastfield_worker, said=Said(outcome="got-help"))
    assert not Grant.objects.standing().exists()


def test_more_than_was_granted_cannot_be_passed_on(town, sent, accepted):
    from dataclasses import replace

    from network.core.errors import BadInput

    actions.move(accepted, "hand-on", by=town.harbour_worker)
    draft = Referral.objects.get(based_on=sent)
    terms = actions.usual_terms({town.eastfield.pk}, how="by-phone")
    more = Decision(terms=replace(terms, fields=terms.fields | {"messages"}))

    with pytest.raises(BadInput):
        actions.send(draft, by=town.harbour_worker, said=Said(services=(town.eastfield_service.pk,)), decision=more)


def test_withdrawn_consent_ends_what_was_handed_on_too(town, sent, accepted, call):
    actions.move(accepted, "hand-on", by=town.harbour_worker)
    Consent.objects.filter(pk=sent.consent_id).update(withdrawn_at=now())

    assert call(town.harbour_user).get(f"referrals/{Referral.objects.get(based_on=sent).pk}").json()["person"] is None


def test_without_a_consent_in_force_nobody_is_handed_on(town, sent, accepted):
    Consent.objects.filter(pk=sent.consent_id).update(until=now() + timedelta(seconds=1))

    with time_machine.travel(now() + timedelta(hours=1), tick=False), pytest.raises(WrongState):
        actions.move(accepted, "hand-on", by=town.harbour_worker)
    assert not Referral.objects.filter(based_on=sent).exists()


# -- crisis ------------------------------------------------------------------------------------------------------------------------


def test_a_late_crisis_asks_the_next_as_well_and_ends_with_nobodys_silence(town):
    row = ask(town, "cascade", town.harbour_service, town.eastfield_service, urgency="crisis")
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        tasks.sweep_once()
        tasks.sweep_once()
        assert (stands(row), stands(to(row, town.harbour)), stands(to(row, town.eastfield))) == (
            "requested·escalated", "requested", "requested",
        )  # fmt: skip
        assert Event.objects.filter(kind="referral.escalate").count() == 1
    with time_machine.travel(now() + timedelta(days=3), tick=False):
        tasks.sweep_once()
        assert stands(row) == "requested·escalated"
        actions.move(to(row, town.harbour), "accept", by=town.harbour_worker)
    assert stands(to(row, town.eastfield)) == "cancelled·placed-elsewhere"


def test_a_crisis_open_to_all_escalates_and_can_still_be_taken(town):
    row = ask(town, "open", urgency="crisis")
    with time_machine.travel(now() + timedelta(minutes=16), tick=False):
        tasks.sweep_once()
        assert (stands(row), row.is_open_to_take) == ("requested·escalated", True)

        take(town, row)
    assert stands(row) == "accepted"


# -- what the sender reads -----------------------------------------------------------------------------------------------------------


def test_the_sender_reads_who_was_asked_what_they_said_and_what_happens_next(town, call):
    row = ask(town, "cascade", town.harbour_service, town.eastfield_service)
    quayside = call(town.quayside_user)
    body = quayside.get(f"referrals/{row.pk}").json()

    assert [(a["organization"]["name"], a["state"]) for a in body["asked"]] == [("Harbour House", "asked"), ("Eastfield Centre", "queued")]
    step = body["next_step"]
    assert (step["verb"], [w["name"] for w in step["who"]], step["then"]["name"]) == ("reply", ["Harbour House"], "Eastfield Centre")
    assert step["at"] == body["asked"][0]["respond_by"]

    actions.move(to(row, town.harbour), "ask", by=town.harbour_worker, said=Said(text="Ground floor?"))
    assert quayside.get(f"referrals/{row.pk}").json()["next_step"]["verb"] == "answer"
    seen = call(town.harbour_user).get(f"referrals/{row.pk}").json()
    assert (seen["asked"], seen["next_step"]) == ([], None)  # a candidate learns of no other


# -- the rules -----------------------------------------------------------------------------------------------------------------------

offers = st.lists(
    st.builds(
        Candidate, id=st.uuids(), status=st.sampled_from(["draft", "requested", "accepted", "rejected", "cancelled"]),
        business=st.just(""), position=st.integers(0, 3), holds=st.just(False),
    ),
    max_size=5,
)  # fmt: skip


@given(offers, st.sampled_from(["soon", "crisis"]), st.booleans())
def test_next_never_leaves_a_referral_with_nothing_ahead(rows, urgency, is_open_to_take):
    found = following(rows, urgency, At(Status.REQUESTED, Business.OFFERED), is_open_to_take=is_open_to_take)
    statuses = [row.status for row in rows]

    if found.referral is not None and found.referral.business is Business.OFFERED:
        assert "requested" in statuses or found.ask is not None or is_open_to_take
    if found.ask is not None:
        assert next(row for row in rows if row.id == found.ask).status == "draft"  # nobody who answered is asked again
        assert "requested" not in statuses


@given(st.sampled_from(sorted(AGES)), st.none() | st.integers(0, 100), st.none() | st.integers(0, 100))
def test_an_age_band_fits_where_one_age_of_it_does(band, youngest, oldest):
    ages = range(AGES[band][0], AGES[band][1] + 1)
    one = any((youngest is None or youngest <= age) and (oldest is None or age <= oldest) for age in ages)

    assert ages_fit(band, youngest, oldest) >= one
    if youngest is None or oldest is None or youngest <= oldest:
        assert ages_fit(band, youngest, oldest) == one
