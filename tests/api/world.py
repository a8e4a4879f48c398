"""One small town for every test of the whole API: a referral in each situation, and an object behind each kind of route."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from network.accounts.actions import create_application, invite
from network.accounts.models import Membership
from network.core.actor import Role
from network.core.clock import now
from network.demo import region
from network.graph import actions as graph
from network.graph.compute import body_of
from network.graph.gaps import Basis, Gap, Kind, Ref, RefType, Settings, Unit
from network.graph.results import gap_as_dict
from network.partners import actions as directory
from network.partners.joining import ask_claim
from network.partners.models import Area, CrisisLine, TaxonomyTerm
from network.referrals import actions
from network.referrals.actions import Decision, Draft, Said
from network.referrals.actions.conversation import scan
from network.referrals.actions.follow_ups import fall_due
from network.referrals.files import take
from network.referrals.models import Offer, Outcome

SCOPES = ("directory.read", "directory.write", "events.all", "identity.read", "referrals.read", "referrals.write", "reports.read")


ASKABLE = Said(outcome="got-help", may_ask_again=True)


def draft(town, person, **more):
    said = {"need": "housing-support", "urgency": "soon", "place": town.place.pk, "note": "Canary-Note", **more}
    return actions.create_draft(Draft(person=person.pk, **said), by=town.quayside_worker)


def send(town, row, *services):
    terms = actions.usual_terms({service.organization_id for service in services}, how="in-person")
    decision = Decision(terms=terms)
    return actions.send(row, by=town.quayside_worker, said=Said(services=tuple(s.pk for s in services)), decision=decision)


def offer_of(row, organization):
    return Offer.objects.select_related("referral").get(referral=row, organization=organization)


def case(town, code):
    """A person and a referral about them that Harbour House was asked."""
    person = region.person(town.quayside_worker, code, name=f"Canary {code}")
    row = send(town, draft(town, person), town.harbour_service)
    return SimpleNamespace(person=person, referral=row, offer=offer_of(row, town.harbour))


def report():
    """A gap report that is ready, with one row that everybody may read; its id."""
    row = graph.begin(graph.want(Settings()).pk)
    revision, body = body_of(Settings())
    area, need = (
        Area.objects.create(code="N", name="Northside", population=9000),
        TaxonomyTerm.objects.get(scheme="need", code="counselling"),
    )
    subject = (Ref(RefType.AREA, area.number), Ref(RefType.NEED, need.number))
    short = Gap(Kind.UNMET_DEMAND, "", subject, Unit.PEOPLE, 20.0, 20.0, 20.0, Basis.MODELLED)
    body["report"]["shortages"] = [gap_as_dict(short)]
    graph.finish(row, body=body, revision=revision)
    return short.id


def build(town):
    """Referrals asked, accepted and withdrawn, and one object behind each kind of route."""
    made = SimpleNamespace(asked=case(town, "B1"), accepted=case(town, "C1"), withdrawn=case(town, "D1"))
    for each in (made.accepted, made.withdrawn):
        each.offer = actions.move(each.offer, "accept", by=town.harbour_worker)
    actions.move_referral(made.withdrawn.referral, "withdraw", by=town.quayside_worker)
    made.done = case(town, "F1")
    done = actions.move(actions.move(made.done.offer, "accept", by=town.harbour_worker), "complete", by=town.harbour_worker, said=ASKABLE)
    Outcome.objects.filter(offer=done).update(at=now() - timedelta(days=31))
    made.follow_up = fall_due(Outcome.objects.get(offer=done), 30)
    made.draft = draft(town, region.person(town.quayside_worker, "E1", name="Canary E1"))
    made.unlisted = region.organization("Unclaimed Hall")
    made.newcomer = region.member(made.unlisted, "newcomer@example.test", name="New Comer")
    made.claim = ask_claim(user=made.newcomer, organization=made.unlisted.pk, evidence="I am named on its page.")
    made.other_claim = region.organization("Second Hall")
    made.application, made.secret = create_application(by=town.quayside_admin, name="Case system", scopes=frozenset(SCOPES))
    made.narrow, made.narrow_secret = create_application(by=town.quayside_admin, name="Narrow", scopes=frozenset({"reports.read"}))
    made.invitation = invite(by=town.quayside_admin, organization=town.quayside.pk, email="new@quayside.test", role=Role.CASEWORKER)
    made.location = directory.create_location(
        by=town.quayside_admin, values={"name": "Refuge", "city": "Northside", "is_confidential": True}
    )
    made.agreement = directory.make_agreement(
        by=town.harbour_admin, from_organization=town.quayside.pk, to_organization=town.harbour.pk, since=now().date()
    )
    made.membership = Membership.objects.get(user=town.quayside_user)
    made.alarm = actions.start_drill(by=town.quayside_admin)
    made.watch = actions.add_watch(by=town.quayside_admin, user=town.quayside_user.pk, begins_at=now(), ends_at=now() + timedelta(days=1))
    directory.state_capacity(town.quayside_service, by=town.quayside_admin, available=3)
    made.area = Area.objects.create(code="16001", name="Ada", region="ID")
    made.report = report()
    CrisisLine.objects.create(region="US", name="Crisis line", phone="988", position=0, hours="always")
    made.attachment = actions.attach(made.accepted.referral, by=town.quayside_worker, file=take("letter.txt", b"Dear all,"))
    scan(made.attachment)
    actions.send_message(made.accepted.referral, by=town.quayside_worker, text="Canary-Message", attachments=[made.attachment.pk])
    return made
