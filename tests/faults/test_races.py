"""Eight clients at two web processes want the same thing at the same moment; one gets it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.conftest import LONG, founded
from tests.systems import Partner

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.xdist_group("races"), pytest.mark.timeout(600)]
ROUNDS, CLIENTS = (200 if LONG else 100), 8
SEND = """
import json
from network.referrals.models import Offer
from tests.filling import Filling
Filling().contest(ROUNDS)
rounds = {}
for referral, organization, pk in Offer.objects.values_list("referral", "organization", "pk"):
    rounds.setdefault(referral, {})[str(organization)] = str(pk)
print("SENT" + json.dumps(list(rounds.values())))
"""
CHECK = """
from network.core import events
from network.core.models import Event
from network.people.models import Grant
from network.referrals.models import Offer, Referral
sent = Referral.objects.exclude(status="draft")
holding = Offer.objects.filter(holds=True).count()
told = lambda pk: Event.objects.filter(kind="referral.accept", subject=f"referral/{pk}", organization__name="Quayside").count()
doubled = sum(told(pk) > 1 for pk in sent.values_list("pk", flat=True))
print("CHECK", holding, Grant.objects.filter(ended_at=None).count(), doubled, len(events.verify()))
"""


def race(site, rounds):
    """Each round one referral that two organisations are asked to take, accepted by four clients of each at once.

    How many said yes each time, and every other status.
    """
    out = site.manage("shell", "-v", "0", "-c", SEND.replace("ROUNDS", str(rounds)))
    ports = [site.start_web(), site.start_web()]
    clients = [Partner(ports[number // 2 % 2], site.partners[("Harbour", "Eastfield")[number % 2]]) for number in range(CLIENTS)]
    accepted, others = [], set()
    with ThreadPoolExecutor(CLIENTS) as pool:
        for offers in json.loads(out[out.index("SENT") + 4 :]):
            gate = threading.Barrier(CLIENTS)

            def accept(client, offers=offers, gate=gate):
                offer = offers[client.made["organization"]]
                gate.wait()
                return client.post(f"offers/{offer}/accept").status_code

            codes = list(pool.map(accept, clients))
            accepted.append(codes.count(200))
            others |= set(codes) - {200}
    return accepted, others


def test_of_eight_rival_acceptances_exactly_one_wins_each_round(site):
    accepted, others = race(site, ROUNDS)

    assert accepted == [1] * ROUNDS
    assert others == {409}
    out = site.manage("shell", "-v", "0", "-c", CHECK)
    assert out[out.index("CHECK") :].split() == ["CHECK", str(ROUNDS), str(ROUNDS), "0", "0"]


def test_the_harness_sees_a_read_then_save(tmp_path):
    """The same race against a variant that checks first and writes after: more than one is told yes."""
    with founded(tmp_path, "sqlite", {"BROKEN": "read-then-save"}) as site:
        accepted, _ = race(site, 6)

    assert max(accepted) > 1


def test_fifty_copies_of_one_request_make_one_referral(site):
    ports = [site.start_web(), site.start_web()]
    partners = [Partner(port, site.partners["Quayside"]) for port in ports]
    person = partners[0].post("people", {"code_name": "COPY"}).json()["id"]
    body = {"person": person, "need": "housing-support"}

    def copy(number):
        headers = {"Idempotency-Key": "one-key"}
        return partners[number % 2].http.post("/api/v1/referrals", json=body, headers=headers)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(copy, range(50)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(partners[0].get("referrals")["results"]) == 1
