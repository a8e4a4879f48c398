"""The bench's inbox can be filled: what it builds its referrals with is the product's own, and changes with it."""

from __future__ import annotations

import pytest

from bench.__main__ import FILL
from tests.servers import Site
from tests.systems import found

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("servers")]


def test_the_inbox_of_the_bench_is_filled(tmp_path):
    site = Site(tmp_path)
    site.migrate()
    found(site)

    site.manage("shell", "-v", "0", "-c", FILL % 3)

    count = "from network.referrals.models import Referral; print(Referral.objects.exclude(status='draft').count())"
    assert site.manage("shell", "-v", "0", "-c", count).strip() == "3"
