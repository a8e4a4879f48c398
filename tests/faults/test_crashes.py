"""`kill -9` while writers are busy: nothing that was acknowledged is lost, and the log has no hole."""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time

import httpx
import pytest

from tests.faults.conftest import LONG, founded
from tests.systems import Partner

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("servers"), pytest.mark.timeout(1500)]
CYCLES = {"sqlite": 50 if LONG else 15, "postgresql": 10 if LONG else 5}
WRITERS = 4
CHECK = """
import json
from network.core import events
from network.core.models import Event
from network.referrals.models import Offer, Referral
told = set(Event.objects.filter(kind="referral.accept").values_list("subject", flat=True))
accepted = {f"referral/{pk}" for pk in Offer.objects.filter(accepted_at__isnull=False).values_list("referral", flat=True)}
print("CHECK" + json.dumps({"accepted": sorted(accepted), "untold": len(accepted - told), "unmade": len(told - accepted),
      "flaws": len(events.verify()), "sent": [str(pk) for pk in Referral.objects.exclude(status="draft").values_list("pk", flat=True)]}))
"""


class Writer(threading.Thread):
    """Sends and accepts until the server is gone; an acknowledgement is on the disk before the next request."""

    def __init__(self, site, port, number, journal):
        super().__init__(daemon=True)
        self.quayside, self.harbour = Partner(port, site.partners["Quayside"]), Partner(port, site.partners["Harbour"])
        self.other, self.number, self.journal = site.partners["Harbour"], number, journal
        self.stop = False

    def run(self):
        count = 0
        while not self.stop:
            count += 1
            try:
                sent = self.quayside.send_to(self.other, f"C{self.number}-{count}-{time.monotonic_ns()}")
                self.keep("sent", sent["id"])
                if self.harbour.post(f"offers/{sent['offers'][0]['id']}/accept").status_code == 200:
                    self.keep("accepted", sent["id"])
            except (httpx.HTTPError, AssertionError, KeyError, ValueError):
                return

    def keep(self, what, pk):
        os.write(self.journal, (json.dumps([what, pk]) + "\n").encode())
        os.fsync(self.journal)


def crash(site, cycles, journal):
    """Start, write with four at once, kill at a random moment; again."""
    dice = random.Random(11)
    for _ in range(cycles):
        port = site.start_web()
        writers = [Writer(site, port, number, journal) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(0.6 + dice.random() * 0.8)
        busy = sum(writer.is_alive() for writer in writers)
        site.processes.pop(port).kill()  # SIGKILL
        for writer in writers:
            writer.stop = True
            writer.join(20)
        assert busy >= WRITERS


def state_of(site):
    out = site.manage("shell", "-v", "0", "-c", CHECK)
    return json.loads(out[out.index("CHECK") + 5 :])


def acknowledged(path):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {pk for what, pk in rows if what == "sent"}, {f"referral/{pk}" for what, pk in rows if what == "accepted"}


def run(site, folder, cycles):
    path = folder / "journal"
    journal = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    crash(site, cycles, journal)
    os.close(journal)
    return acknowledged(path), state_of(site)


def test_nothing_acknowledged_is_lost(site, tmp_path):
    (sent, accepted), state = run(site, tmp_path, CYCLES[site.vendor])

    assert len(sent) >= CYCLES[site.vendor]
    assert sent - set(state["sent"]) == set()
    assert accepted - set(state["accepted"]) == set()
    assert (state["untold"], state["unmade"], state["flaws"]) == (0, 0, 0)
    sys.stdout.write(f"{site.vendor}: {len(sent) + len(accepted)} acknowledgements over {CYCLES[site.vendor]} kills, 0 lost\n")


def test_the_harness_sees_an_event_after_the_commit(tmp_path):
    more = {"DJANGO_SETTINGS_MODULE": "tests.faults.broken_settings", "BROKEN": "event-after-commit"}
    with founded(tmp_path / "site", "sqlite", more) as site:
        _, state = run(site, tmp_path, 6)

    assert state["untold"] > 0
