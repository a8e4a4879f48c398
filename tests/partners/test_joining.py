"""How organisations and people come in, and who may let them."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from network.accounts.actions import accept_invitation, change_role, create_user, end_membership, invite
from network.accounts.models import Claim, Invitation, Membership, User
from network.accounts.oauth import actor_of_user
from network.accounts.tasks import send_invitation
from network.core import events
from network.core.actor import Role
from network.core.errors import LinkUsed, NotYours, WrongState
from network.demo import region
from network.partners.joining import ask_claim, decide_claim, invite_organization
from network.partners.models import CrisisLine, Organization

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def link_of(invitation):
    send_invitation.func(str(invitation.pk))
    return next(word for word in mail.outbox[-1].body.split() if "/join/" in word).partition("8000")[2]


def test_an_invited_colleague_joins_by_the_link_once(town):
    invitation = invite(by=town.quayside_admin, organization=town.quayside.pk, email="New@quayside.test", role=Role.CASEWORKER)
    browser = Client()
    path = link_of(invitation)
    assert browser.get(path).status_code == 302
    answer = browser.post("/join/", {"name": "New Colleague", "password": "four plain words here"})

    assert answer.status_code == 302
    user = User.objects.get(email="new@quayside.test")
    assert actor_of_user(user).casework == {town.quayside.pk}
    assert browser.get("/").status_code == 200
    assert Client().get(path).status_code == 410
    assert events.verify() == []


def test_the_mail_and_the_row_hold_no_token_and_no_name(town):
    invitation = invite(by=town.quayside_admin, organization=town.quayside.pk, email="new@quayside.test", role=Role.ADMIN)
    token = link_of(invitation).rpartition("/")[2]

    invitation.refresh_from_db()
    assert token.encode() not in bytes(invitation.token_hash)
    assert "Canary" not in mail.outbox[-1].body


def test_a_weak_password_is_refused_and_the_link_still_works(town):
    browser = Client()
    browser.get(link_of(invite(by=town.quayside_admin, organization=town.quayside.pk, email="new@quayside.test", role=Role.ADMIN)))

    assert browser.post("/join/", {"name": "N", "password": "password1234"}).status_code == 422
    assert browser.post("/join/", {"name": "N", "password": "four plain words here"}).status_code == 302


def test_an_invitation_is_for_its_address_alone(town):
    invitation = invite(by=town.quayside_admin, organization=town.quayside.pk, email="new@quayside.test", role=Role.ADMIN)

    with pytest.raises(NotYours):
        accept_invitation(invitation, user=town.harbour_user)


def test_of_two_who_hold_a_link_one_joins(town):
    invitation = invite(by=town.quayside_admin, organization=town.quayside.pk, email="new@quayside.test", role=Role.ADMIN)
    user = create_user(invitation, name="N", password="four plain words here")

    with pytest.raises(LinkUsed):
        accept_invitation(invitation, user=user)


def test_inviting_twice_is_one_invitation(town):
    for _ in range(2):
        invite(by=town.quayside_admin, organization=town.quayside.pk, email="new@quayside.test", role=Role.ADMIN)

    assert Invitation.objects.count() == 1


def test_only_an_admin_invites(town):
    with pytest.raises(NotYours):
        invite(by=town.quayside_worker, organization=town.quayside.pk, email="x@quayside.test", role=Role.ADMIN)
    with pytest.raises(NotYours):
        invite(by=town.harbour_admin, organization=town.quayside.pk, email="x@quayside.test", role=Role.ADMIN)


def test_a_listed_organisation_is_claimed_approved_and_on_the_network(town, call):
    listed = region.organization("Listed House")
    stranger = User.objects.create_user("head@listed.test", "x", joined_at=listed.created_at)
    claim = ask_claim(user=stranger, organization=listed.pk, evidence="Our page names me.")
    assert not actor_of_user(stranger).roles

    answer = call(town.coordinator_user)
    decided = answer.post(f"claims/{claim.pk}/approve", tag=answer.tag(f"claims/{claim.pk}"))

    assert decided.json()["state"] == "approved"
    assert actor_of_user(stranger).administers == {listed.pk}
    assert Organization.objects.on_the_network().filter(pk=listed.pk).exists()
    assert answer.post(f"claims/{claim.pk}/approve", tag="*").status_code == 409


def test_a_claim_is_nobody_elses_business(town, call):
    claim = ask_claim(user=town.quayside_user, organization=region.organization("Listed").pk, evidence="x")

    assert call(town.harbour_user).get(f"claims/{claim.pk}").status_code == 404
    with pytest.raises(NotYours):
        decide_claim(claim, by=town.harbour_admin, approve=True, version=1)
    assert Claim.objects.get().state == "asked"


def test_an_organisation_that_works_here_cannot_be_claimed(town):
    with pytest.raises(WrongState):
        ask_claim(user=town.quayside_user, organization=town.harbour.pk, evidence="x")


def test_a_coordinator_invites_an_organisation_that_nobody_listed(town):
    invitation = invite_organization(by=town.coordinator, email="head@new.test", name="New House")

    assert (invitation.organization.name, invitation.role) == ("New House", "admin")
    with pytest.raises(NotYours):
        invite_organization(by=town.quayside_admin, email="head@new.test", name="New House")


def test_the_last_admin_cannot_leave(town):
    membership = Membership.objects.get(organization=town.quayside, role="admin")

    with pytest.raises(WrongState):
        end_membership(membership, by=town.quayside_admin, version=membership.version)
    with pytest.raises(WrongState):
        change_role(membership, by=town.quayside_admin, role=Role.CASEWORKER, version=membership.version)


def test_who_left_sees_nothing_with_the_next_request(town, sent, call):
    caller = call(town.quayside_user)
    assert caller.get(f"referrals/{sent.pk}").status_code == 200
    membership = Membership.objects.get(user=town.quayside_user)
    end_membership(membership, by=town.quayside_admin, version=membership.version)

    assert caller.get(f"referrals/{sent.pk}").status_code == 404


def test_a_role_that_needs_two_steps_counts_for_nothing_without_them(town, settings, call):
    settings.REQUIRE_SECOND_STEP = True

    assert not actor_of_user(town.quayside_admin_user).roles
    assert call(town.quayside_admin_user).get("members").json()["code"] == "second_step_missing"
    assert actor_of_user(town.quayside_user).casework


def test_a_first_network_begins_by_command(db, tmp_path, capsys):
    lines = tmp_path / "lines.json"
    lines.write_text('[{"region": "US", "name": "Line", "phone": "988", "hours": "always"}]')
    call_command("start_network", name="County", coordinator="cora@county.test", crisis_lines=lines)

    assert "/join/" in capsys.readouterr().out
    assert Organization.objects.get().is_convening
    assert CrisisLine.objects.get().phone == "988"
    with pytest.raises(CommandError):
        call_command("start_network", name="Again", coordinator="cora@county.test", crisis_lines=lines)


def test_a_first_network_refuses_hours_that_no_page_could_read(db, tmp_path):
    lines = tmp_path / "lines.json"
    lines.write_text('[{"region": "US", "name": "Line", "phone": "988", "hours": "daily", "weekly": [{"byday": "??"}]}]')

    with pytest.raises(CommandError):
        call_command("start_network", name="County", coordinator="cora@county.test", crisis_lines=lines)
    assert not Organization.objects.exists()
