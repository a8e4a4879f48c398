"""A backup is two artefacts; together they restore everything, the first alone nobody's identity."""

from __future__ import annotations

import os
import sqlite3

import pytest

from tests import postgres
from tests.postgres import binaries
from tests.servers import Site

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("backups"), pytest.mark.timeout(240)]
READ = (
    "from network.people.models import Person; from network.core.crypto import Keyring; from network.referrals.models import Referral;"
    "rows = list(Person.objects.order_by('pk')); ring = Keyring.for_people([r.pk for r in rows]);"
    "print('READ', Referral.objects.count(), sum(bool(ring.read(r, 'name')) for r in rows), len(rows))"
)


def read(site):
    out = site.manage("shell", "-v", "0", "-c", READ)
    return out[out.index("READ") :].split()[1:4]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site") / "original")
    site.migrate()
    site.manage("load_demo", "--referrals", "80")
    return site


def test_a_restored_installation_is_the_one_that_was_backed_up(original, tmp_path):
    original.manage("publish_heads")
    original.manage("backup", str(tmp_path / "backup"))
    again = Site(tmp_path / "again", {"FIELD_KEYS": original.environment["FIELD_KEYS"]})
    heads = original.folder / "checkpoints" / "heads.jsonl"

    said = again.manage("restore", str(tmp_path / "backup"), "--heads", str(heads))

    assert "43 organisations" in said
    assert read(again) == read(original)
    assert "The log holds" in again.manage("verify_events")
    command = "from network.core.models import Head; print('EPOCHS', Head.objects.values('epoch').distinct().count())"
    assert "EPOCHS 43" in again.manage("shell", "-v", "0", "-c", command)


def test_the_data_alone_opens_nobody(original, tmp_path):
    original.manage("backup", str(tmp_path / "backup"))
    link = sqlite3.connect(tmp_path / "backup" / "data.sqlite3")

    assert link.execute("SELECT count(*) FROM people_personkey").fetchone() == (0,)
    assert link.execute("SELECT count(*) FROM core_organizationkey").fetchone() == (0,)
    assert (tmp_path / "backup" / "keys.sqlite3").stat().st_mode & 0o777 == 0o600


def test_nothing_is_restored_over_what_is_there(original, tmp_path):
    original.manage("backup", str(tmp_path / "backup"))

    with pytest.raises(AssertionError, match="There is a database already"):
        original.manage("restore", str(tmp_path / "backup"))


def test_on_postgresql_as_well(tmp_path):
    found = binaries()
    path = {"PATH": f"{found}:{os.environ['PATH']}"} if found else {}
    with postgres.running() as one:
        site = Site(tmp_path / "one", {"DATABASE_URL": one, **path})
        site.manage("load_demo", "--referrals", "80")
        site.manage("backup", str(tmp_path / "backup"))
        again = Site(tmp_path / "other", {"DATABASE_URL": postgres.empty(one), "FIELD_KEYS": site.environment["FIELD_KEYS"], **path})
        again.manage("restore", str(tmp_path / "backup"))

        assert read(again) == read(site)
        assert "The log holds" in again.manage("verify_events")
