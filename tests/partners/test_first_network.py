"""A network of one's own, as the README begins it: an imported directory, two of its facilities join, one refers to the other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from network.accounts.models import Claim, User
from network.core import events
from network.core.clock import now
from network.partners.models import Organization, Service
from tests.client import Caller
from tests.conftest import token_of

REAL = Path(os.environ["SHARED_DATA"]) / "data" / "us" / "demo_idaho_organizations.csv" if os.environ.get("SHARED_DATA") else None
pytestmark = [pytest.mark.django_db, pytest.mark.shared_data, pytest.mark.skipif(REAL is None, reason="needs SHARED_DATA")]


@pytest.fixture
def coordinator(tmp_path, capsys):
    """The first coordinator, let in by the link that `start_network` prints."""
    lines = tmp_path / "lines.json"
    lines.write_text(json.dumps([{"region": "US", "name": "Lifeline", "phone": "988", "hours": "around the clock"}]))
    call_command("start_network", name="Idaho network", coordinator="cora@idaho.test", crisis_lines=lines)
    link = capsys.readouterr().out.split()[-1]
    browser = Client()
    browser.get(link[link.index("/join/") :])
    assert browser.post("/join/", {"name": "Cora", "password": "four plain words here"}).status_code == 302
    return Caller(User.objects.get(email="cora@idaho.test"))


def claimed(facility, coordinator):
    """A head of the facility asks for its entry on the page; the coordinator says yes by API."""
    user = User.objects.create_user(f"head{facility.number}@idaho.test", "x", name="Head", joined_at=now())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    browser = Client()
    browser.force_login(user)
    assert browser.post(f"/organisations/{facility.pk}/claim/", {"evidence": "Our page names me."}).status_code == 302
    claim = Claim.objects.get(user=user)
    assert coordinator.post(f"claims/{claim.pk}/approve", tag=coordinator.tag(f"claims/{claim.pk}")).status_code == 200
    return user


def system_of(user):
    """What the new admin's own system signs in with, made by API."""
    scopes = ["referrals.read", "referrals.write", "identity.read", "directory.read"]
    made = Caller(user).post("applications", {"name": "Case system", "scopes": scopes})
    assert made.status_code == 201, made.content
    body = made.json()
    return Caller(token=token_of(SimpleNamespace(client_id=body["client_id"]), body["client_secret"]))


def test_two_imported_facilities_join_and_close_a_referral(coordinator):
    call_command("import_directory", REAL, source="idaho")
    services = list(Service.objects.filter(terms__scheme="need").distinct().order_by("external_id")[:2])
    sender, receiver = (Organization.objects.get(pk=service.organization_id) for service in services)
    here, there = system_of(claimed(sender, coordinator)), system_of(claimed(receiver, coordinator))
    need = services[1].terms.filter(scheme="need").first().code

    person = here.post("people", {"code_name": "ID-1"}).json()["id"]
    body = {"person": person, "need": need, "urgency": "soon", "contact_through_sender": True}
    draft = here.post("referrals", body)
    assert draft.status_code == 201, draft.content
    pk = draft.json()["id"]
    sent = here.post(f"referrals/{pk}/send", {"services": [str(services[1].pk)]}, tag="*")
    assert sent.status_code == 200, sent.content
    waiting = there.get("referrals?box=inbox").json()["results"]
    assert [row["id"] for row in waiting] == [pk]
    offer = waiting[0]["offers"][0]["id"]
    assert there.post(f"offers/{offer}/accept", tag="*").json()["status"] == "accepted"
    assert there.post(f"offers/{offer}/complete", {"outcome": "got-help"}, tag="*").json()["status"] == "completed"

    assert here.get(f"referrals/{pk}").json()["outcome"]["help"] == "got-help"
    assert events.verify() == []


def test_without_a_key_the_start_says_what_is_missing(tmp_path, settings):
    settings.FIELD_KEYS = []

    with pytest.raises(CommandError, match="no key yet"):
        call_command("start_network", name="Idaho network", coordinator="cora@idaho.test", crisis_lines=tmp_path / "lines.json")
