"""Times of day are those of the clock on the wall there: an offset would be lost without a word, so it is refused."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("said", ["09:00:00Z", "09:00:00+02:00", "09:00-07:00", "9:00", "09", "24:00", "09:00\n", "T09:00", 900])
def test_what_is_no_time_of_day_is_refused_where_it_would_change_when_a_person_is_called(town, call, said):
    client = call(town.quayside_user)
    safety = {"through_keeper": False, "channels": [{"channel": "phone", "rule": "allowed", "address": "202-555-0123"}]}

    answer = client.send("PUT", f"people/{town.person.pk}/safe-contact", {**safety, "opens_at": said, "closes_at": "17:00"}, tag="*")

    assert answer.status_code == 422
    assert [complaint["pointer"] for complaint in answer.json()["errors"]] == ["/opens_at"]


@pytest.mark.parametrize("said", ["09:00:00Z", "0900"])
def test_opening_hours_likewise(town, call, said):
    week = [{"byday": ["MO"], "opens_at": said, "closes_at": "17:00"}]

    answer = call(town.quayside_admin_user).send(
        "PUT", f"organizations/{town.quayside.pk}/hours", {"weekly": week, "holidays": []}, tag="*"
    )

    assert answer.status_code == 422


def test_hours_and_minutes_are_enough(town, call):
    week = [{"byday": ["MO"], "opens_at": "09:00", "closes_at": "17:00:30"}]

    answer = call(town.quayside_admin_user).send(
        "PUT", f"organizations/{town.quayside.pk}/hours", {"weekly": week, "holidays": []}, tag="*"
    )

    assert answer.status_code == 200
    assert answer.json()["weekly"] == [{"byday": ["MO"], "opens_at": "09:00:00", "closes_at": "17:00:30"}]
