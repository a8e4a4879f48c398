"""Eight processes of two organisations accept the same offers, one after another and all at the same moment: one yes for each."""

from __future__ import annotations

import json
import sys

import pytest

from tests.faults.conftest import LONG, founded

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.xdist_group("races"), pytest.mark.timeout(3600 if LONG else 300)]
PROCESSES = 8
ROUNDS = 6_250 if LONG else 25  # on each of two databases: 100,000 contested acceptances in a long run
RACE = """
import json, multiprocessing
from collections import Counter
from django.db import connection, connections
from network.accounts.models import User
from network.core import events
from network.core.errors import WrongState
from network.demo import region
from network.people.models import Grant
from network.referrals import actions
from network.referrals.models import Offer, Referral
from tests.filling import Filling

who = {name: region.actor(User.objects.get(email=f"worker@{name}.test")) for name in ("quayside", "harbour", "eastfield")}
Filling().contest(ROUNDS)

def contest(name, gate, answers):
    mine = list(Offer.objects.filter(organization=who[name].organization).order_by("referral").values_list("pk", flat=True))
    won, others = bytearray(len(mine)), Counter()
    for number, pk in enumerate(mine):
        offer = Offer.objects.select_related("referral").get(pk=pk)
        gate.wait(120)
        try:
            actions.move(offer, "accept", by=who[name])
            won[number] = 1
        except WrongState:
            others["refused"] += 1
        except Exception as error:
            others[type(error).__name__] += 1
    answers.put((bytes(won), dict(others)))

connections.close_all()
if connection.vendor == "postgresql":
    connection.close_pool()
fork = multiprocessing.get_context("fork")
gate, answers = fork.Barrier(PROCESSES), fork.Queue()
started = [fork.Process(target=contest, args=(("harbour", "eastfield")[n % 2], gate, answers)) for n in range(PROCESSES)]
for process in started:
    process.start()
told = [answers.get() for _ in started]
for process in started:
    process.join(30)
others = sum((Counter(each) for _, each in told), Counter())
holding, accepted = Offer.objects.filter(holds=True), Referral.objects.filter(status="accepted").count()
print("CHECK" + json.dumps({
    "yes": sorted(Counter(map(sum, zip(*(won for won, _ in told), strict=True))).items()), "others": dict(others),
    "holding": holding.count(), "accepted": accepted, "granted": Grant.objects.filter(ended_at=None).count(), "flaws": len(events.verify()),
}))
"""


def contested(site, rounds):
    script = RACE.replace("ROUNDS", str(rounds)).replace("PROCESSES", str(PROCESSES))
    out = site.manage("shell", "-v", "0", "-c", script, seconds=3300)
    return json.loads(out[out.index("CHECK") + 5 :])


def test_each_contested_referral_is_accepted_once_and_every_other_is_refused(site):
    found = contested(site, ROUNDS)

    assert found == {
        "yes": [[1, ROUNDS]],
        "others": {"refused": ROUNDS * (PROCESSES - 1)},
        "holding": ROUNDS,
        "accepted": ROUNDS,
        "granted": ROUNDS,
        "flaws": 0,
    }
    sys.stdout.write(f"{site.vendor}: {ROUNDS * PROCESSES} contested acceptances, {ROUNDS} referrals, one yes each\n")


def test_the_harness_sees_a_move_that_does_not_take_the_referral_first(tmp_path):
    """The same race where the state is read and not taken: the walls behind it stop most, and no longer in the product's words."""
    with founded(tmp_path, "sqlite", {"BROKEN": "take-by-reading"}) as site:
        found = contested(site, 10)

    assert found["yes"] != [[1, 10]] or set(found["others"]) != {"refused"}
