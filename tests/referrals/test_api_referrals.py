"""The API of referrals and offers, in the order of checks that every endpoint keeps."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from network.core.clock import now
from network.core.models import Event, IdempotencyKey
from network.people.models import Grant
from network.referrals.models import Offer, Referral
from tests.filling import harbour_was_asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def quayside(town, call):
    return call(town.quayside_user)


@pytest.fixture
def harbour(town, call):
    return call(town.harbour_user)


def terms(town):
    until = (now() + timedelta(days=90)).isoformat()
    return {"recipients": [town.harbour.pk], "fields": ["identity", "contact", "languages", "note"], "until": until, "how": "in-person"}


def begin(town, quayside, **more):
    body = {"person": town.person.pk, "need": "housing-support", "urgency": "soon", "place": town.place.pk, "note": "Canary-Note", **more}
    return quayside.post("referrals", body)


def test_a_referral_closes_its_loop_by_api_alone(town, quayside, harbour):
    draft = begin(town, quayside)
    assert draft.status_code == 201, draft.json()
    pk = draft.json()["id"]

    sent = quayside.move("referrals", pk, "send", {"services": [town.harbour_service.pk], "terms": terms(town)})
    assert (sent.status_code, sent.json()["status"]) == (200, "requested"), sent.json()

    inbox = harbour.get("referrals?box=inbox").json()["results"]
    assert [row["id"] for row in inbox] == [pk]
    offer = inbox[0]["offers"][0]
    assert {action["verb"] for action in offer["actions"]} >= {"accept", "reject", "ask", "claim", "see"}

    accepted = harbour.move("offers", offer["id"], "accept")
    assert (accepted.status_code, accepted.json()["status"]) == (200, "accepted")
    assert harbour.get(f"referrals/{pk}").json()["person"]["name"] == "Amina Canary-Name"

    done = harbour.move("offers", offer["id"], "complete", {"outcome": "got-help"})
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    seen = quayside.get(f"referrals/{pk}").json()
    assert (seen["status"], seen["outcome"]["help"], seen["actions"][0]["verb"] if seen["actions"] else None) == (
        "completed",
        "got-help",
        None,
    )


def test_before_acceptance_a_candidate_sees_no_person_and_no_note(sent, harbour):
    answer = harbour.get(f"referrals/{sent.pk}")

    assert answer.json()["view"] == "summary"
    assert answer.json()["person"] is None
    assert b"Canary" not in answer.content


def test_a_full_read_by_the_receiver_is_recorded_before_the_answer(town, sent, accepted, harbour):
    harbour.get(f"referrals/{sent.pk}")

    told = Event.objects.filter(kind="person.disclosed", subject=f"person/{town.person.pk}").values_list("organization__name", flat=True)
    assert set(told) == {"Quayside Advice", "Harbour House"}


def test_a_list_never_shows_more_than_a_name(sent, accepted, harbour):
    person = harbour.get("referrals?box=held").json()["results"][0]["person"]

    assert set(person) == {"id", "code_name", "name"}


def test_a_strangers_referral_is_the_same_404_as_a_missing_one(town, sent, call):
    stranger = call(town.eastfield_user)
    strange, missing = stranger.get(f"referrals/{sent.pk}"), stranger.get(f"referrals/{uuid.uuid4()}")

    assert strange.status_code == missing.status_code == 404
    assert {k: v for k, v in strange.json().items() if k != "instance"} == {k: v for k, v in missing.json().items() if k != "instance"}


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [(None, "referrals", 401), (None, "offers", 401), ("coordinator_user", "overdue", 200), ("harbour_user", "overdue", 404)],
)
def test_who_may_ask(town, call, who, path, status):
    answer = call(getattr(town, who) if who else None).get(path)

    assert answer.status_code == status


def test_a_coordinator_sees_no_referral(town, sent, call):
    coordinator = call(town.coordinator_user)

    assert coordinator.get("referrals").json()["results"] == []
    assert coordinator.get(f"referrals/{sent.pk}").status_code == 404


def test_the_wrong_side_is_403_and_the_wrong_state_409(town, sent, offer, accepted, quayside, harbour):
    assert quayside.move("offers", offer.pk, "accept").status_code == 403
    again = harbour.move("offers", offer.pk, "accept")
    assert again.status_code == 409
    assert again.json()["state"] == "accepted"
    assert again["Content-Type"] == "application/problem+json"


def test_a_missing_tag_is_428_and_a_stale_one_412(sent, offer, harbour):
    tag = harbour.tag(f"offers/{offer.pk}")
    assert harbour.post(f"offers/{offer.pk}/accept").json()["code"] == "if_match_missing"

    harbour.move("offers", offer.pk, "claim")
    stale = harbour.post(f"offers/{offer.pk}/accept", tag=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


def test_what_was_not_said_is_named_only_after_whose_move_it_is(sent, offer, quayside, harbour):
    missing = harbour.move("offers", offer.pk, "reject", {"reason": None})
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "/reason")
    unknown = harbour.move("offers", offer.pk, "reject", {"reason": "because"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown")
    extra = harbour.move("offers", offer.pk, "accept", {"status": "completed"})
    assert (extra.status_code, extra.json()["errors"][0]["pointer"]) == (422, "/status")
    assert quayside.move("offers", offer.pk, "reject", {"nonsense": 1}).status_code == 403


def test_a_repeat_gets_the_first_answer_and_no_second_referral(town, quayside):
    body = {"person": str(town.person.pk), "need": "housing-support"}
    first = quayside.post("referrals", body, key="same")
    second = quayside.post("referrals", body, key="same")

    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Referral.objects.count() == 1
    other = quayside.post("referrals", {**body, "urgency": "soon"}, key="same")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_the_kept_answer_is_sealed(town, quayside):
    begin(town, quayside, note="Canary-Note")

    assert b"Canary" not in bytes(IdempotencyKey.objects.get().answer)


def test_a_repeat_after_lost_sight_is_404(town, sent, offer, accepted, harbour):
    done = harbour.move("offers", offer.pk, "note", {"reason": "appointment-booked"}, key="k")
    assert done.status_code == 200
    Offer.objects.filter(pk=offer.pk).update(organization=town.eastfield)

    assert harbour.post(f"offers/{offer.pk}/note", {"reason": "appointment-booked"}, key="k").status_code == 404


def test_an_application_needs_scope_and_key(town, sent, system, call):
    reader = call(token=system(scopes=("referrals.read",)))
    assert reader.get(f"referrals/{sent.pk}").status_code == 200
    assert reader.move("referrals", sent.pk, "cancel", {"reason": "no-longer-needed"}).json()["code"] == "missing_scope"
    writer = call(token=system())
    bare = writer.client.post(f"/api/v1/referrals/{sent.pk}/cancel", {}, format="json", headers={"If-Match": "*"})
    assert bare.json()["code"] == "idempotency_key_missing"


def test_an_application_without_identity_scope_sees_no_person(sent, system, call):
    answer = call(token=system(scopes=("referrals.read",))).get(f"referrals/{sent.pk}")

    assert answer.json()["person"] is None


def test_an_admin_off_the_case_reads_what_triage_needs(town, sent, call):
    person = call(town.quayside_admin_user).get(f"referrals/{sent.pk}").json()["person"]

    assert "name" not in person
    assert "safe_contact" not in person
    assert person["note"] == "Canary-Note"


def test_who_declined_keeps_a_stub_and_its_own_words(sent, offer, harbour):
    harbour.move("offers", offer.pk, "reject", {"reason": "not-eligible", "text": "Own words."})

    assert harbour.get(f"referrals/{sent.pk}").status_code == 404
    stub = harbour.get(f"offers/{offer.pk}").json()
    assert stub["referral"] is None
    assert stub["words"][0]["text"] == "Own words."


def test_what_others_answer_does_not_change_a_candidates_tag(town, sent, offer, quayside, harbour, call):
    quayside.move("referrals", sent.pk, "offer", {"services": [town.eastfield_service.pk]})
    tag = harbour.tag(f"referrals/{sent.pk}")
    other = Offer.objects.get(organization=town.eastfield)
    declined = call(town.eastfield_user).move("offers", other.pk, "reject", {"reason": "full"})

    assert declined.status_code == 200
    assert harbour.tag(f"referrals/{sent.pk}") == tag


def test_withdrawn_consent_ends_the_receivers_sight_with_the_next_request(town, sent, accepted, quayside, harbour):
    assert harbour.get(f"referrals/{sent.pk}").status_code == 200

    assert quayside.move("referrals", sent.pk, "withdraw").status_code == 200

    assert harbour.get(f"referrals/{sent.pk}").status_code == 404
    assert not Grant.objects.standing().exists()


def test_the_timeline_tells_each_side_what_it_may_know(town, sent, offer, quayside, harbour):
    harbour.move("offers", offer.pk, "ask", {"text": "Ground floor?"})
    quayside.move("offers", offer.pk, "answer", {"text": "Yes."})
    harbour.move("offers", offer.pk, "accept")

    told = [(entry["kind"], entry["by"], entry["text"]) for entry in quayside.get(f"referrals/{sent.pk}/timeline").json()]
    assert told == [
        ("referral.send", "Worker of quayside", None), ("referral.ask", "Harbour House", "Ground floor?"),
        ("referral.answer", "Worker of quayside", "Yes."), ("referral.accept", "Harbour House", None),
    ]  # fmt: skip
    theirs = [(entry["kind"], entry["text"]) for entry in harbour.get(f"referrals/{sent.pk}/timeline").json()]
    assert ("offer.ask", "Ground floor?") in theirs
    assert ("offer.answer", "Yes.") in theirs


def test_unknown_filters_and_garbage_cursors_are_400(quayside):
    assert quayside.get("referrals?colour=red").status_code == 400
    assert quayside.get("referrals?cursor=abc").json()["code"] == "cursor_invalid"
    assert quayside.get("referrals?limit=0").status_code == 400
    assert quayside.get("referrals?person=7").status_code == 400


@pytest.mark.parametrize("path", ["referrals?box=inbox", "referrals?box=held", "referrals?box=sent", "offers", "referrals"])
def test_a_list_takes_the_same_queries_for_three_rows_as_for_thirty(town, call, path):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    caller = call(town.quayside_user if "sent" in path else town.harbour_user)
    counts = []
    for more in (6, 24):
        harbour_was_asked(more, Referral.objects.count(), every_second_accepted=True)
        caller.get("me")  # a sign-in writes its age at its first request, and when 20 seconds have passed
        with CaptureQueriesContext(connection) as queries:
            rows = caller.get(path).json()["results"]
        counts.append((len(rows) > 2, len(queries)))
    assert counts[0] == counts[1], counts
    assert counts[0][1] <= 22, counts


def test_pages_follow_each_other_without_a_hole(town, call):
    harbour_was_asked(7, every_second_accepted=True)
    quayside, seen, cursor = call(town.quayside_user), [], None
    while True:
        page = quayside.get(f"referrals?limit=3{f'&cursor={cursor}' if cursor else ''}").json()
        seen += [row["id"] for row in page["results"]]
        if not (cursor := page["next"]):
            break
    assert len(seen) == len(set(seen)) == 7
