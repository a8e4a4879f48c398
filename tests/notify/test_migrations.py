"""What was said before a change of the tables is kept by it."""

from __future__ import annotations

import pytest

from tests.servers import Site

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("servers"), pytest.mark.timeout(180)]
BEFORE = """
from django.db import connection
from network.core.actor import Role
from network.demo import region
from network.notify.models import Preference
days = {"here": ("2020-01-01", "2020-02-01"), "away": ("2026-01-01", "2099-01-02")}
for name, (first, last) in days.items():
    row = region.member(region.organization(name), f"{name}@network.test", Role.CASEWORKER)
    Preference.objects.create(user=row)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notify_preference SET away_from = %s, away_until = %s WHERE user_id = %s", [first, last, row.pk.hex])
"""
AFTER = """
from network.accounts.models import Absence
print("CHECK", [(row.organization.name, str(row.begins_on), str(row.ends_on), row.cover) for row in Absence.objects.all()])
"""


def test_days_away_become_an_absence_of_each_membership_while_they_last(tmp_path):
    site = Site(tmp_path, {})
    site.migrate()
    site.manage("migrate", "notify", "0001", "-v", "0")
    site.manage("shell", "-v", "0", "-c", BEFORE)
    site.manage("migrate", "notify", "-v", "0")

    out = site.manage("shell", "-v", "0", "-c", AFTER)
    assert out[out.index("CHECK") :].strip() == "CHECK [('away', '2026-01-01', '2099-01-02', None)]"
