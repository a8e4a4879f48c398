"""What is counted for whom: from referrals to the figures of the page, the API and the file, which are the same."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.accounts.models import Membership
from network.core.actor import Role
from network.core.clock import now
from network.core.errors import NotYours
from network.demo import region
from network.graph.outcome_counts import By, Counting, Whose, may_read, picture
from network.referrals import actions
from network.referrals.actions import Draft, Said
from network.referrals.actions.follow_ups import fall_due
from network.referrals.models import Offer, Outcome, Referral
from tests.conftest import send_to

pytestmark = pytest.mark.django_db


def send(town, code, service=None, **more):
    person = region.person(town.quayside_worker, code, name="Canary-Name")
    said = {"need": "housing-support", "urgency": "soon", "languages": ["ar"], "place": town.place.pk, **more}
    return send_to(town, actions.create_draft(Draft(person=person.pk, **said), by=town.quayside_worker), service or town.harbour_service)


def offer_of(row):
    return Offer.objects.select_related("referral").order_by("created_at").filter(referral=row).last()


def end(town, row, verb, **said):
    offer = actions.move(offer_of(row), "accept", by=town.harbour_worker)
    return actions.move(offer, verb, by=town.harbour_worker, said=Said(**said))


@pytest.fixture
def ended(town):
    """One of each end."""
    rows = {name: send(town, name) for name in ("help", "partly", "unreached", "moved", "on", "lost", "stopped", "open", "placed", "wrong")}
    end(town, rows["help"], "complete", outcome="got-help", may_ask_again=True)
    end(town, rows["partly"], "complete", outcome="partly")
    end(town, rows["unreached"], "fail", reason="not-reached")
    end(town, rows["moved"], "fail", reason="moved-away")
    end(town, rows["on"], "hand-on")
    for name in ("lost", "placed"):
        actions.move(offer_of(rows[name]), "reject", by=town.harbour_worker, said=Said(reason="full"))
    actions.move_referral(
        Referral.objects.get(pk=rows["lost"].pk), "give-up", by=town.quayside_worker, said=Said(reason="no-service-found")
    )
    again = Said(services=(town.eastfield_service.pk,))
    actions.move_referral(Referral.objects.get(pk=rows["placed"].pk), "offer", by=town.quayside_worker, said=again)
    actions.move(offer_of(rows["placed"]), "accept", by=town.eastfield_worker)
    actions.move_referral(rows["stopped"], "cancel", by=town.quayside_worker, said=Said(reason="no-longer-needed"))
    actions.move_referral(rows["wrong"], "correct", by=town.quayside_worker, said=Said(reason="test"))
    Outcome.objects.filter(referral=rows["help"]).update(at=now() - timedelta(days=30))
    actions.answer_follow_up(fall_due(Outcome.objects.get(referral=rows["help"]), 30), "partly", by=town.harbour_worker)
    return rows


ENDS = {"got-help": 1, "partly": 1, "not-reached": 1, "other-end": 1, "referred-on": 1, "given-up": 1, "stopped": 1, "open": 2}
REQUESTS = {"in-time": 9, "bounced-placed": 1, "bounced-lost": 1, "30-partly": 1}


def tally(town, by=By.NEED, actor=None, whose=Whose.NETWORK):
    return Counting(actor or town.coordinator, whose, now() - timedelta(days=99)).tallies(by)


def test_each_end_is_counted_in_its_part_and_an_error_in_none(town, ended):
    [row] = tally(town)

    # Answered: eight by the first who was asked; the one that was stopped and the one that is open were not.
    assert dict(row.counts) == ENDS | REQUESTS | {"in-time": 8}
    assert sum(row.hours.values()) == 8


def test_a_completed_referral_that_was_opened_again_is_open(town, ended):
    actions.move(offer_of(ended["help"]), "reopen", by=town.harbour_worker, said=Said(reason="came-back"))
    [row] = tally(town)

    assert row.counts["got-help"] == 0
    assert row.counts["open"] == 3


def test_an_answer_that_came_late_and_one_that_never_came(town):
    late, silent = send(town, "late"), send(town, "silent")
    Offer.objects.filter(referral=late).update(respond_by=now() - timedelta(hours=1), asked_at=now() - timedelta(hours=5, minutes=1))
    actions.move(offer_of(late), "accept", by=town.harbour_worker)
    Offer.objects.filter(referral=silent).update(respond_by=now() - timedelta(hours=1))
    from network.core.actor import CLOCK

    actions.move(offer_of(silent), "expire", by=CLOCK)
    [row] = tally(town)

    assert {part: row.counts[part] for part in ("late", "silent", "in-time")} == {"late": 1, "silent": 1, "in-time": 0}
    assert dict(row.hours) == {5: 1}


def test_the_rows_of_each_dimension_add_up_to_the_same(town, ended):
    for by in (By.NEED, By.AREA, By.LANGUAGE, By.MONTH):
        assert sum(sum(row.of(ENDS) for row in rows) for rows in [tally(town, by)]) == 9
    by_organisation = {row.key: row.of(ENDS) for row in tally(town, By.ORGANISATION)}
    assert by_organisation == {town.harbour.pk.hex: 5, town.eastfield.pk.hex: 1, "nobody": 3}


def test_a_victim_service_has_no_row_of_its_name(town, ended):
    type(town.harbour).objects.filter(pk=town.harbour.pk).update(is_victim_service=True)

    assert {row.key for row in tally(town, By.ORGANISATION)} == {"confidential", town.eastfield.pk.hex, "nobody"}


def test_an_organisation_counts_what_it_sent_and_what_it_said_yes_to(town, ended):
    assert [row.of(ENDS) for row in tally(town, actor=town.quayside_admin, whose=Whose.ORGANISATION)] == [9]
    assert [row.of(ENDS) for row in tally(town, actor=town.harbour_admin, whose=Whose.ORGANISATION)] == [5]
    # Requests are one's own: what Eastfield answered is no figure of Harbour's, nor what others answered one of Quayside's.
    assert [row.counts["in-time"] for row in tally(town, actor=town.harbour_admin, whose=Whose.ORGANISATION)] == [5]
    assert [row.counts["in-time"] for row in tally(town, actor=town.quayside_admin, whose=Whose.ORGANISATION)] == [0]


def test_a_caseworker_counts_the_cases_they_are_or_were_on(town, ended):
    assert [row.of(ENDS) for row in tally(town, actor=town.harbour_worker, whose=Whose.OWN)] == [5]
    assert tally(town, actor=town.harbour_admin, whose=Whose.OWN) == []


def test_who_may_read_what(town):
    assert may_read(town.coordinator) == [Whose.NETWORK]
    assert may_read(town.harbour_admin) == [Whose.ORGANISATION, Whose.OWN]
    assert may_read(town.harbour_worker) == [Whose.OWN]
    for actor, whose in ((town.harbour_admin, Whose.NETWORK), (town.harbour_worker, Whose.ORGANISATION), (town.coordinator, Whose.OWN)):
        with pytest.raises(NotYours):
            picture(actor, whose, By.NEED)
    with pytest.raises(NotYours):
        picture(town.harbour_admin, Whose.ORGANISATION, By.ORGANISATION)


def test_a_coordinator_who_is_no_more_reads_nothing(town, call):
    Membership.objects.filter(user=town.coordinator_user, role=Role.COORDINATOR).update(until=now())

    assert call(town.coordinator_user).get("outcomes").status_code in {401, 403}


# -- page, API and file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(town):
    """Twelve helped and thirteen not, of one need; and three of another, whom nobody may find."""
    for number in range(12):
        end(town, send(town, f"H{number}"), "complete", outcome="got-help")
    for number in range(20):
        end(town, send(town, f"M{number}"), "fail", reason="moved-away")
    for number in range(3):
        end(town, send(town, f"F{number}", need="food"), "complete", outcome="got-help")


def test_the_same_figures_stand_in_the_api_and_in_the_file(town, call, many):
    coordinator = call(town.coordinator_user)
    body = coordinator.get("outcomes?by=need").json()
    rows = list(csv.DictReader(io.StringIO(coordinator.get("outcomes.csv?by=need").content.decode())))

    assert (body["total"]["figures"]["help"]["yes"], body["total"]["figures"]["help"]["of"]) == (15, 35)
    total = next(row for row in rows if (row["table"], row["figure"]) == ("total", "help"))
    assert (total["yes"], total["of"], total["share"]) == ("15", "35", "0.4286")
    assert {row["name"]: row["figures"]["help"]["state"] for row in body["rows"]} == {
        "Tenancy and housing support": "few", "Food and meals": "few",
    }  # fmt: skip
    assert {row["yes"] for row in rows if row["table"] == "need" and row["figure"] == "help"} == {"fewer than 11"}
    assert "Canary" not in str(body) + str(rows)


def test_the_page_says_a_sentence_first_and_every_plotted_number_stands_in_a_table(town, client, many):
    client.force_login(town.coordinator_user)
    html = client.get("/outcomes/").content.decode()

    assert "4 of 10 referrals ended with help (3 to 6)." in html
    assert "hidden" in html
    assert 'style="' not in html
    assert html.index("referrals ended with help") < html.index("<svg") if "<svg" in html else True


@pytest.mark.parametrize(("user", "path", "status"), [
    ("harbour_user", "/outcomes/", 200), ("harbour_admin_user", "/outcomes/?whose=own", 200),
    ("coordinator_user", "/outcomes/?by=organisation", 200), ("harbour_user", "/outcomes/?whose=network", 403),
    ("harbour_user", "/outcomes/?by=colour", 404), ("harbour_user", "/outcomes/?by=organisation", 200),
    ("harbour_user", "/outcomes/tables.csv", 200), ("harbour_user", "/outcomes/tables.csv?whose=network", 403),
])  # fmt: skip
def test_who_opens_the_page(town, client, user, path, status):
    client.force_login(getattr(town, user))

    assert client.get(path).status_code == status


def test_nothing_to_count_is_a_sentence(town, client):
    client.force_login(town.coordinator_user)

    assert "Nothing has ended yet." in client.get("/outcomes/").content.decode()


@pytest.mark.parametrize(
    ("query", "status"), [("whose=all", 400), ("by=colour", 400), ("whose=network", 403), ("by=organisation", 403), ("since=2020", 400)]
)
def test_a_question_that_is_none_is_refused(town, call, query, status):
    assert call(town.harbour_user).get(f"outcomes?{query}").status_code == status


def test_three_referrals_cost_the_queries_of_twelve(town, call):
    coordinator, costs = call(town.coordinator_user), []
    for count in (range(3), range(3, 12)):
        for number in count:
            end(town, send(town, f"Q{number}"), "complete", outcome="got-help")
        coordinator.get("me")
        with CaptureQueriesContext(connection) as queries:
            assert coordinator.get("outcomes?by=organisation").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 13, costs
