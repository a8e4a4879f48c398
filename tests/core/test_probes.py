"""What a proxy and whoever is on call are told: alive, ready, and with the token why not."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from network.core import probes
from network.core.clock import now
from network.core.models import Beat

pytestmark = pytest.mark.django_db


def fail():
    raise OperationalError("away")


def test_ready_names_its_conditions_to_whoever_has_the_token_alone(client, settings):
    settings.PROBE_TOKEN = "of-the-probe"

    assert client.get("/readyz").json() == {"ready": True}
    assert client.get("/readyz", headers={"X-Probe-Token": "another"}).json() == {"ready": True}
    told = client.get("/readyz", headers={"X-Probe-Token": "of-the-probe"})
    assert told.status_code == 200
    assert told.json()["checks"] == {"database": True, "migrations": True, "triggers": True, "worker": False, "disk": True}


def test_without_a_token_of_its_own_an_empty_one_opens_nothing(client, settings):
    settings.PROBE_TOKEN = ""

    assert client.get("/readyz", headers={"X-Probe-Token": ""}).json() == {"ready": True}


def test_a_worker_that_swept_a_moment_ago_is_seen(client, settings):
    settings.PROBE_TOKEN = "of-the-probe"
    Beat.objects.create(name="sweep", at=now())

    assert client.get("/readyz", headers={"X-Probe-Token": "of-the-probe"}).json()["checks"]["worker"] is True


@pytest.mark.parametrize("condition", ["migrations", "triggers"])
def test_one_condition_that_fails_is_503_with_a_time_to_ask_again(client, monkeypatch, condition):
    monkeypatch.setitem(probes.OF_THE_DATABASE, condition, fail)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json(), answer["Retry-After"]) == (503, {"ready": False}, "5")


def test_a_database_that_is_away_is_asked_once(client, monkeypatch, settings):
    settings.PROBE_TOKEN = "of-the-probe"
    asked = []
    monkeypatch.setattr(probes, "database", lambda: asked.append("database") or fail())
    for name in probes.OF_THE_DATABASE:
        monkeypatch.setitem(probes.OF_THE_DATABASE, name, lambda name=name: asked.append(name))

    answer = client.get("/readyz", headers={"X-Probe-Token": "of-the-probe"})

    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": False, "migrations": False, "triggers": False, "worker": False, "disk": True}
    assert asked == ["database"]
