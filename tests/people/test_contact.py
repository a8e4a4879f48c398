"""Whether somebody may be contacted: hundreds of generated cases (a long run: thousands) against the rule said another way."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from network.people.contact import DAYS, No, Permit, Safe, Way, may_contact

CHANNELS = ("phone", "text", "email", "post", "visit")
ways = st.dictionaries(
    st.sampled_from(CHANNELS),
    st.builds(Way, rule=st.sampled_from(["allowed", "never"]), may_leave_message=st.sampled_from([None, True, False])),
)
hours = st.one_of(st.just((None, None)), st.tuples(st.times(), st.times()))


@st.composite
def contacts(draw):
    opens, closes = draw(hours)
    return Safe(
        ways=draw(ways), through_keeper=draw(st.booleans()), time_zone=draw(st.sampled_from(["UTC", "America/Boise", "Asia/Kathmandu"])),
        opens_at=opens, closes_at=closes, weekdays=frozenset(draw(st.sets(st.sampled_from(DAYS)))),
    )  # fmt: skip


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


def is_safe(safe, channel, at, leaves):
    """All of it must be known and said: one doubt is a no."""
    way = None if safe is None else safe.ways.get(channel)
    if way is None or safe.through_keeper or way.rule != "allowed":
        return False
    here = at.astimezone(ZoneInfo(safe.time_zone))
    minutes, start = here.time(), safe.opens_at
    on_day = not safe.weekdays or DAYS[here.weekday()] in safe.weekdays
    if start is None:
        in_time = True
    elif start <= safe.closes_at:
        in_time = start <= minutes < safe.closes_at
    else:
        in_time = not (safe.closes_at <= minutes < start)
    return on_day and in_time and (not leaves or way.may_leave_message is True)


@settings(max_examples=2000 if os.environ.get("LONG") else 400, deadline=None)
@given(safe=st.one_of(st.none(), contacts()), channel=st.sampled_from(CHANNELS), at=moments, leaves=st.booleans())
def test_a_permit_is_given_exactly_where_everything_is_known_to_be_safe(safe, channel, at, leaves):
    answer = may_contact(safe, channel, "referral", at, leaves_message=leaves)

    assert isinstance(answer, Permit) == is_safe(safe, channel, at, leaves)


@settings(max_examples=300, deadline=None)
@given(safe=contacts(), channel=st.sampled_from(CHANNELS), at=moments)
def test_never_beats_everything(safe, channel, at):
    said = Safe(ways={**safe.ways, channel: Way("never", may_leave_message=True)}, through_keeper=False, time_zone=safe.time_zone)

    assert may_contact(said, channel, "crisis", at, leaves_message=False) == No("never by this way")


def test_hours_that_pass_midnight_are_meant():
    safe = Safe(ways={"text": Way("allowed")}, through_keeper=False, opens_at=time(22), closes_at=time(2))
    late = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)

    assert isinstance(may_contact(safe, "text", "referral", late, leaves_message=False), Permit)
    assert isinstance(may_contact(safe, "text", "referral", late + timedelta(hours=4), leaves_message=False), No)
