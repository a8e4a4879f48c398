"""Pages by the test client: who may open them, what they never show, and how many queries they take."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from network.demo import region
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.models import Offer, Referral
from tests.filling import harbour_was_asked

pytestmark = pytest.mark.django_db
PUBLIC = {"services", "service", "organization", "crisis", "claim", "join", "join-link", "service-worker"}


@pytest.fixture
def sign_in():
    def signed_in(user):
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def pages():
    from frontend.urls import urlpatterns

    return [(route.name, "/" + str(route.pattern)) for route in urlpatterns]


@pytest.mark.parametrize(("name", "pattern"), pages())
def test_a_page_that_is_not_public_leads_to_the_sign_in(town, name, pattern):
    path = pattern
    for part in ("<uuid:pk>", "<uuid:consent>"):
        path = path.replace(part, str(uuid.uuid4()))
    path = path.replace("<slug:verb>", "accept").replace("<str:token>", "x").replace("<slug:kind>", "send").replace("<slug:gap>", "g-1")
    answer = Client().get(path)

    if name in PUBLIC:
        assert answer.status_code in {200, 404, 410}
    else:
        assert answer.status_code == 302 or answer.status_code == 405
        assert "/accounts/login/" in answer.get("Location", "/accounts/login/")


def test_every_page_has_headers_that_keep_a_shared_computer_safe(town, sign_in):
    answer = sign_in(town.quayside_user).get("/")

    assert answer["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_before_acceptance_no_page_of_a_candidate_names_the_person(town, sent, offer, sign_in):
    client = sign_in(town.harbour_user)

    for path in ("/", f"/r/{sent.pk}/"):
        assert b"Canary" not in client.get(path).content


def test_buttons_equal_actions_for_both_sides(town, sent, offer, sign_in, call):
    for user in (town.quayside_user, town.harbour_user):
        shown = sign_in(user).get(f"/r/{sent.pk}/").content.decode()
        body = call(user).get(f"referrals/{sent.pk}").json()
        verbs = {action["href"] for action in body["actions"]} | {action["href"] for each in body["offers"] for action in each["actions"]}
        for href in verbs:
            kind, pk, verb = href.removeprefix("/api/v1/").split("/")
            if verb not in {"see", "send", "discard"}:
                assert f"/{kind[0]}/{pk}/do/{verb}/" in shown, href


def test_a_page_of_a_stranger_is_the_page_of_nothing(town, sent, sign_in):
    client = sign_in(town.eastfield_user)

    assert client.get(f"/r/{sent.pk}/").status_code == client.get(f"/r/{uuid.uuid4()}/").status_code == 404


def test_a_button_from_an_old_page_changes_nothing_and_says_so(town, sent, offer, sign_in):
    client = sign_in(town.harbour_user)
    answer = client.post(f"/o/{offer.pk}/do/accept/", {"tag": '"old"'})

    assert answer.status_code == 409
    assert b"Nothing of yours was sent" in answer.content
    assert Offer.objects.get(pk=offer.pk).status == "requested"


def test_a_decline_without_a_reason_says_what_is_missing(town, offer, sign_in):
    answer = sign_in(town.harbour_user).post(f"/o/{offer.pk}/do/reject/", {})

    assert answer.status_code == 422
    assert b"Choose a reason" in answer.content


def test_victim_services_keep_a_code_name_only(town, sign_in):
    town.quayside.__class__.objects.filter(pk=town.eastfield.pk).update(is_victim_service=True)
    client = sign_in(town.eastfield_user)
    assert b'name="birth_date"' not in client.get("/people/new/").content

    client.post("/people/new/", {"code_name": "Heron"})
    from network.people.models import Person

    assert Person.objects.get(code_name="Heron").code_only


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("harbour", "/"),
        ("quayside", "/?box=sent"),
        ("quayside", "/people/"),
        ("quayside", "/services/?q=housing"),
        ("quayside", "/organisation/"),
    ],
)
def test_a_page_takes_the_same_queries_for_three_rows_as_for_thirty(town, sign_in, who, path):
    client = sign_in(getattr(town, f"{who}_user"))
    counts = []
    for more in (3, 27):
        harbour_was_asked(more, Referral.objects.count())
        client.get(path)  # a sign-in writes its age at its first request, and when 20 seconds have passed
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 30


def test_every_template_of_an_error_is_there(client):
    from django.template.loader import get_template

    for name in ("400", "403", "404", "500", "503", "frontend/csrf"):
        assert get_template(f"{name}.html").render({"request_id": "7F3K"})
    assert get_resolver()


def test_a_mistyped_address_is_the_same_page_while_debug_is_on(client, settings):
    plain = client.get("/nothing-here/")
    settings.DEBUG = True
    shown = client.get("/nothing-here/")

    assert plain.status_code == shown.status_code == 404
    assert "URLconf" not in shown.content.decode()
    assert "There is nothing here" in shown.content.decode()


def test_days_are_written_in_one_way_and_languages_by_their_names(town, accepted, sign_in):
    from datetime import date

    from django.template import Context, Template

    said = Template("{{ day }} {{ codes|language_names }}").render(Context({"day": date(2026, 10, 19), "codes": ["en", "es", "xq"]}))
    assert said == "19 Oct 2026 English, Spanish, xq"


def test_a_closed_case_does_not_promise_to_open(town, accepted, sign_in):
    closed = actions.move(accepted, "complete", by=town.harbour_worker, said=Said(outcome="got-help"))
    harbour, quayside = sign_in(town.harbour_user), sign_in(town.quayside_user)

    assert "opens once you have said yes" not in harbour.get(f"/r/{closed.referral_id}/").content.decode()
    assert "to Harbour House" in quayside.get("/?box=closed").content.decode()


# -- asking several, taking, undoing ---------------------------------------------------------------------------------------------


def filled(town, *services, **more):
    body = {
        "who": "new", "name": "Noor Canary", "need": "housing-support", "urgency": "soon", "way": "text", "address": "202-555-0100",
        "service": [str(service.pk) for service in services], "consent": "agreed", "how": "in-person", "once": uuid.uuid4().hex,
    }  # fmt: skip
    return {**body, **more}


@pytest.mark.parametrize(
    ("strategy", "count", "words"),
    [
        ("", 1, "Sent to Harbour House. Harbour House: reply by"), ("cascade", 2, "Then ask: Eastfield Centre"),
        ("broadcast", 2, "Sent to Harbour House, Eastfield Centre."), ("open", 0, "Anyone eligible may take it until"),
    ],
)  # fmt: skip
def test_the_receipt_says_who_was_asked_until_when_and_what_happens_if_not(town, sign_in, strategy, count, words):
    client = sign_in(town.quayside_user)
    services = [town.harbour_service, town.eastfield_service][:count]
    body = filled(town, *services, strategy=strategy)
    first, second = client.post("/refer/", body), client.post("/refer/", body)

    assert first.status_code == second.status_code == 302, first.content
    assert first["Location"] == second["Location"]  # two quick presses make one referral
    assert Referral.objects.count() == 1
    shown = client.get(first["Location"]).content.decode()
    assert words in shown
    assert f"/undo/send/{Referral.objects.get().pk}/" in shown


@pytest.mark.parametrize(
    ("strategy", "count", "words"), [("", 2, "in this order or all at once"), ("open", 1, "one of the two"), ("", 0, "Choose who to ask")]
)
def test_of_several_nothing_is_assumed(town, sign_in, strategy, count, words):
    services = [town.harbour_service, town.eastfield_service][:count]
    answer = sign_in(town.quayside_user).post("/refer/", filled(town, *services, strategy=strategy))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Referral.objects.exists()


def test_services_are_asked_in_the_order_of_choosing(town, sign_in):
    order = f"{town.eastfield_service.pk},{town.harbour_service.pk}"
    body = filled(town, town.harbour_service, town.eastfield_service, strategy="cascade", order=order)
    sign_in(town.quayside_user).post("/refer/", body)

    assert Offer.objects.get(status="requested").organization == town.eastfield


def open_call(town):
    person = region.person(town.quayside_worker, f"O{uuid.uuid4().hex[:6]}", name="Canary Open")
    draft = actions.create_draft(Draft(person=person.pk, need="housing-support", urgency="soon"), by=town.quayside_worker)
    consent = Decision(terms=actions.usual_terms({town.harbour.pk, town.eastfield.pk}, how="in-person"))
    return actions.send(draft, by=town.quayside_worker, said=Said(strategy="open"), decision=consent)


def test_an_open_call_is_taken_from_the_inbox_and_who_comes_second_is_told_kindly(town, sign_in):
    row = open_call(town)
    harbour, eastfield = sign_in(town.harbour_user), sign_in(town.eastfield_user)
    for path in ("/", "/?box=open", f"/r/{row.pk}/"):
        shown = harbour.get(path).content.decode()
        assert f"/r/{row.pk}/do/take/" in shown
        assert "Canary" not in shown

    taken = harbour.post(f"/r/{row.pk}/do/take/", {"services": str(town.harbour_service.pk)}, follow=True)
    assert "Canary Open" in taken.content.decode()
    late = eastfield.post(f"/r/{row.pk}/do/take/", {"services": str(town.eastfield_service.pk)}, follow=True)
    assert "no longer with you" in late.content.decode()
    assert eastfield.get(f"/r/{row.pk}/").status_code == 404


def test_the_inbox_takes_the_same_queries_for_three_open_calls_as_for_nine(town, sign_in):
    client = sign_in(town.harbour_user)
    client.get("/")
    counts = []
    for more in (3, 6):
        for _ in range(more):
            open_call(town)
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 28


def test_a_decline_can_be_undone_from_the_strip_and_nobody_was_told(town, sent, offer, sign_in):
    client = sign_in(town.harbour_user)
    shown = client.post(f"/o/{offer.pk}/do/reject/", {"reason": "full"}, follow=True).content.decode()
    assert f"/undo/decline/{offer.pk}/" in shown
    assert "Decline now" in shown
    assert "Declining" in client.get("/").content.decode()

    client.post(f"/undo/decline/{offer.pk}/")
    assert Offer.objects.get(pk=offer.pk).decline_at is None
    client.post(f"/o/{offer.pk}/do/reject/", {"reason": "full"})
    client.post(f"/undo/decline/{offer.pk}/", {"now": "1"})
    assert Offer.objects.get(pk=offer.pk).status == "rejected"
    fresh = sign_in(town.quayside_user).get(f"/r/{sent.pk}/").content.decode()
    assert "Ask Eastfield Centre" in fresh
    assert "Ask Harbour House" not in fresh


def test_a_yes_and_a_sending_are_undone_by_one_press(town, sent, offer, sign_in):
    harbour, quayside = sign_in(town.harbour_user), sign_in(town.quayside_user)
    shown = harbour.post(f"/o/{offer.pk}/do/accept/", follow=True).content.decode()
    assert f"/undo/accept/{offer.pk}/" in shown
    harbour.post(f"/undo/accept/{offer.pk}/")
    assert sent.offers.filter(status="requested").count() == 1

    again = quayside.post(f"/undo/send/{sent.pk}/", follow=True)
    assert again.redirect_chain[-1][0].startswith("/refer/")
    assert Referral.objects.get(pk=sent.pk).status == "cancelled"


def test_a_stranger_undoes_nothing_and_each_chooses_their_own_time(town, sent, offer, sign_in):
    stranger = sign_in(town.eastfield_user)
    for path in (f"/undo/send/{sent.pk}/", f"/undo/accept/{offer.pk}/", f"/undo/decline/{offer.pk}/"):
        assert stranger.post(path).status_code == 404

    stranger.post("/settings/", {"undo": "120", "theme": "", "keys": "on"})
    stranger.post("/settings/", {"undo": "7", "theme": "", "keys": "on"})
    town.eastfield_user.refresh_from_db()
    assert town.eastfield_user.undo_seconds == 120


def test_a_person_who_was_handed_on_is_sent_on_from_the_draft(town, sent, accepted, sign_in):
    client = sign_in(town.harbour_user)
    shown = client.post(f"/o/{accepted.pk}/do/hand-on/", follow=True)
    draft = Referral.objects.get(based_on=sent)
    assert shown.redirect_chain[-1][0] == f"/refer/{draft.pk}/"

    body = {"who": "known", "need": "housing-support", "urgency": "soon", "service": [str(town.eastfield_service.pk)],
            "consent": "agreed", "how": "by-phone", "once": "k"}  # fmt: skip
    answer = client.post(f"/refer/{draft.pk}/", body)
    assert answer.status_code == 302, answer.content
    draft.refresh_from_db()
    assert (draft.status, draft.person) == ("requested", town.person)
