"""Every list takes as many queries for thirty rows as for three."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.core.actor import Role
from network.core.clock import now
from network.demo import region
from network.partners.models import Agreement, Area, CrisisLine, Location, Place, TaxonomyTerm
from network.referrals.actions import add_watch
from network.referrals.models import Alarm, Alert, OutcomeCode, ReasonCode

pytestmark = pytest.mark.django_db


def organizations(town, count):
    for number in count:
        region.organization(f"Organisation {number}")


def services(town, count):
    for number in count:
        region.service(town.harbour, f"Service {number}")


def agreements(town, count):
    for number in count:
        other = region.organization(f"Partner {number}")
        Agreement.objects.create(from_organization=town.quayside, to_organization=other, since=now().date())


def members(town, count):
    for number in count:
        region.member(town.quayside, f"m{number}@quayside.test", Role.CASEWORKER)


def people(town, count):
    for number in count:
        region.person(town.quayside_worker, f"Q{number}", name=f"Person {number}")


def invitations(town, count):
    from network.accounts.actions import invite

    for number in count:
        invite(by=town.quayside_admin, organization=town.quayside.pk, email=f"i{number}@quayside.test", role=Role.CASEWORKER)


def applications(town, count):
    from network.accounts.actions import create_application

    for number in count:
        create_application(by=town.quayside_admin, name=f"System {number}", scopes=frozenset({"referrals.read"}))


def places(town, count):
    Place.objects.bulk_create(Place(name=f"Town {number}", latitude=45, longitude=-116) for number in count)


def locations(town, count):
    Location.objects.bulk_create(Location(organization=town.harbour, city=f"Town {number}") for number in count)


def terms(town, count):
    TaxonomyTerm.objects.bulk_create(TaxonomyTerm(scheme="need", code=f"need-{number}", label=f"Need {number}") for number in count)


def crisis_lines(town, count):
    CrisisLine.objects.bulk_create(CrisisLine(region="US", name=f"Line {number}", phone="988", hours="daily") for number in count)


def areas(town, count):
    Area.objects.bulk_create(Area(code=f"Q{number}", name=f"Area {number}") for number in count)


def reasons(town, count):
    day = now().date()
    ReasonCode.objects.bulk_create(ReasonCode(code=f"r{number}", verb="reject", label="R", effective_from=day) for number in count)


def drills(town, count):
    at = now()
    rows = [Alarm(organization=town.quayside, is_drill=True, raised_at=at, ended_at=at, alerted=town.quayside_user) for _ in count]
    Alert.objects.bulk_create(Alert(alarm=row, user=town.quayside_user, round=1, at=at) for row in Alarm.objects.bulk_create(rows))


def watches(town, count):
    for number in count:
        begins = now() + timedelta(hours=number)
        add_watch(by=town.quayside_admin, user=town.quayside_user.pk, begins_at=begins, ends_at=begins + timedelta(hours=1))


def outcome_codes(town, count):
    day = now().date()
    OutcomeCode.objects.bulk_create(OutcomeCode(code=f"q{number}", label="Q", effective_from=day) for number in count)


MORE = {
    "alarms": drills, "watches": watches, "outcome-codes": outcome_codes,
    "areas": areas, "organizations": organizations, "services": services, "agreements": agreements, "members": members, "people": people,
    "invitations": invitations, "applications": applications, "places": places, "locations": locations, "taxonomy": terms,
    "crisis-lines": crisis_lines, "reasons": reasons, "capacity": services,
}  # fmt: skip
# Lists whose rows need a referral or a claimed entry each, counted beside what makes them; and what is no list.
ELSEWHERE = {
    "offers", "referrals", "follow-ups", "outcomes", "outcomes.csv", "overdue", "events", "claims", "me", "phrases", "crisis-plan",
}  # fmt: skip


@pytest.mark.parametrize("name", MORE)
def test_thirty_rows_cost_the_queries_of_three(town, call, name):
    caller = call(town.quayside_admin_user)
    costs = []
    for count in (range(3), range(3, 30)):
        MORE[name](town, count)
        caller.get("me")  # a sign-in writes its age at its first request, and when 20 seconds have passed
        with CaptureQueriesContext(connection) as queries:
            answer = caller.get(name)
        assert answer.status_code == 200, answer.content
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 14, costs


def test_no_list_is_forgotten():
    rows = csv.DictReader((Path(__file__).parent / "matrix.csv").read_text().splitlines())
    lists = {row["path"].removeprefix("/api/v1/") for row in rows if row["method"] == "get" and "{" not in row["path"]}
    assert {name for name in lists if "/" not in name} == set(MORE) | ELSEWHERE
