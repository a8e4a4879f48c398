"""The demo region: organisations, services, people who work there, and a year of referrals between them."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from network.accounts.models import Membership, User
from network.core.actor import Role
from network.core.clock import now
from network.partners.actions import open_organizations
from network.partners.models import (
    Agreement,
    CrisisLine,
    Language,
    Location,
    Organization,
    Place,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceCapacity,
    ServiceTerm,
    TaxonomyTerm,
)
from network.referrals import deadlines
from network.referrals.models import OutcomeCode

from . import areas, crises, planted, team
from .history import Writer
from .stories import PLOTS, Candidate, Step, Story, less_often_helped, pick, steps_of, still_waiting, weighted, with_hopes
from .words import CENTRE, CONVENING, CRISIS_LINES, FAMILY, GIVEN, LANGUAGES, ORGANIZATIONS, TOWNS, WANTED

SEED = 20260101
REFERRALS = 6000
YEAR = timedelta(days=365)
WAITING = (timedelta(days=10), timedelta(days=40))  # begun so long ago, they are on a waiting list still
FRESH = 60  # begun within the last day, so that every inbox has something to answer
SIGN_INS = (
    ("worker@quayside.demo.invalid", "Quayside Advice", Role.CASEWORKER, "Robin Quayside"),
    ("worker@harbour.demo.invalid", "Harbour House", Role.CASEWORKER, "Sam Harbour"),
    ("coordinator@county.demo.invalid", CONVENING, Role.COORDINATOR, "Cora County"),
    ("admin@harbour.demo.invalid", "Harbour House", Role.ADMIN, "Alex Harbour"),
)


@dataclass(slots=True)
class Region:
    """What stands before the first referral."""

    random: Random
    organizations: dict[str, Organization] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    workers: dict[UUID, UUID] = field(default_factory=dict)
    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    weights: dict[UUID, int] = field(default_factory=dict)

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles, which would look at a growing past again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
@transaction.atomic(savepoint=False)
def load(*, password: str, referrals: int = REFERRALS, seed: int = SEED, at: datetime | None = None) -> Region:
    """Build the region and write its past; the same seed and moment give the same region."""
    at = at or now()
    region = Region(Random(seed))
    _places(region)
    _organizations(region, at)
    _people(region, at, password)
    _services(region, at)
    areas.load(seed)
    writer = Writer.make(Random(seed + 1), [row.pk for row in region.organizations.values()], at)
    for story in stories(region, writer, referrals, at):
        writer.story(story)
    for story in crises.stories(region, writer, at):
        writer.story(story)
    writer.flush()
    crises.alarms(region, at)
    team.begin(region.organizations["Harbour House"], SIGN_INS[1][0], SIGN_INS[3][0])
    return region


def _places(region: Region) -> None:
    for name, north, east in TOWNS:
        region.places[name] = Place(
            id=region.new_id(), name=name, region="", country="US", latitude=CENTRE[0] + north, longitude=CENTRE[1] + east
        )
    Place.objects.bulk_create(region.places.values())


def _organizations(region: Region, at: datetime) -> None:
    for name, _, _, size in (*ORGANIZATIONS, (CONVENING, "", (), 1)):
        row = Organization(
            id=region.new_id(),
            number=region.random.getrandbits(52),
            name=name,
            time_zone="America/Boise",
            created_at=at - YEAR,
            is_convening=name == CONVENING,
            is_victim_service=name == "Lantern Women's Aid",
        )
        region.organizations[name] = row
        region.weights[row.pk] = size * size
    open_organizations(list(region.organizations.values()))
    days = "MO,TU,WE,TH,FR"
    rows = [row for row in region.organizations.values() if not row.is_convening]
    Schedule.objects.bulk_create(
        Schedule(id=region.new_id(), organization=row, byday=days, opens_at=opens, closes_at=closes)
        for row in rows
        for opens, closes in [region.random.choice((("08:00", "16:00"), ("09:00", "17:00"), ("10:00", "18:00")))]
    )
    for number, line in enumerate(CRISIS_LINES):
        values: dict[str, Any] = {**line, "position": number}
        CrisisLine.objects.get_or_create(region=line["region"], name=line["name"], defaults=values)


def _people(region: Region, at: datetime, password: str) -> None:
    """One caseworker for each organisation, and the demo sign-ins, who alone have a password."""
    hashed = make_password(password)
    users, memberships = [], []
    for name, row in region.organizations.items():
        sign_ins = [entry for entry in SIGN_INS if entry[1] == name]
        if not any(role is Role.CASEWORKER for _, _, role, _ in sign_ins) and not row.is_convening:
            sign_ins = [*sign_ins, (f"worker.{row.number}@demo.invalid", name, Role.CASEWORKER, _name(region.random))]
        for email, _, role, called in sign_ins:
            known = any(email == entry[0] for entry in SIGN_INS)
            user = User(
                id=region.new_id(),
                email=email,
                name=called,
                joined_at=at - YEAR,
                acts_for=row,
                is_demo=True,
                password=hashed if known else "!",
            )
            users.append(user)
            memberships.append(Membership(id=region.new_id(), user=user, organization=row, role=role, since=at - YEAR))
            if role is Role.CASEWORKER:
                region.workers[row.pk] = user.pk
    User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users)
    Membership.objects.bulk_create(memberships)


def _name(random: Random) -> str:
    return f"{random.choice(GIVEN)} {random.choice(FAMILY)}"


def _services(region: Region, at: datetime) -> None:
    terms = {(term.scheme, term.code): term for term in TaxonomyTerm.objects.all()}
    made: dict[type, list[object]] = {model: [] for model in (Location, Service, ServiceTerm, ServiceAtLocation, Language, ServiceCapacity)}
    for name, town, needs, size in ORGANIZATIONS:
        row, place = region.organizations[name], region.places[town]
        location = Location(
            id=region.new_id(),
            organization=row,
            place=place,
            name=name,
            address_1=f"{region.random.randint(1, 90)} Main Street",
            city=town,
            state_province="ID",
            country="US",
            is_confidential=name == "Lantern Women's Aid",
            latitude=round(place.latitude + region.random.uniform(-0.01, 0.01), 5),
            longitude=round(place.longitude + region.random.uniform(-0.01, 0.01), 5),
        )
        made[Location].append(location)
        for need in needs:
            service = _service(region, row, terms[("need", need)].label, at)
            made[Service].append(service)
            keys = [("need", need), *(("access", code) for code in planted.access(name, need, region.random))]
            made[ServiceTerm] += [ServiceTerm(service=service, term=terms[key]) for key in keys]
            made[ServiceAtLocation].append(ServiceAtLocation(id=region.new_id(), service=service, location=location))
            spoken = planted.languages(name, need, size, region.random)
            made[Language] += [Language(id=region.new_id(), service=service, code=code) for code in spoken]
            made[ServiceCapacity].append(
                ServiceCapacity(
                    id=region.new_id(),
                    service=service,
                    available=planted.places(name, need, REFERRALS / 12, region.random),
                    as_of=at - timedelta(days=region.random.randint(1, 60)),
                )
            )
            region.candidates.setdefault(need, []).append(Candidate(row.pk, service.pk, region.workers[row.pk]))
    for model, rows in made.items():
        model.objects.bulk_create(rows)  # type: ignore[attr-defined]
    _agreements(region, at)


def _service(region: Region, row: Organization, label: str, at: datetime) -> Service:
    return Service(
        id=region.new_id(),
        number=region.random.getrandbits(52),
        organization=row,
        name=label,
        description=f"{label} at {row.name}.",
        application_process="Telephone, call in, or ask a partner to refer you.",
        is_free=region.random.random() < 0.8,
        takes_self_referrals=region.random.random() < 0.6,
        minimum_age=18 if region.random.random() < 0.5 else None,
        assured_on=(at - timedelta(days=region.random.randint(1, 200))).date(),
    )


def _agreements(region: Region, at: datetime) -> None:
    """Between those who have to do with each other; one that nobody uses."""
    wanted = {need for need, _ in WANTED}
    asked = [name for name, _, needs, size in ORGANIZATIONS if size > 1 and wanted & set(needs)]
    able = [name for name, _, _, _ in ORGANIZATIONS if name not in planted.APART and not region.organizations[name].is_victim_service]
    pairs = {(a, b) for a in able for b in region.random.sample(asked, 3) if a != b}
    pairs |= {(a, planted.JOINS) for a in planted.APART} | {(planted.IDLE_FROM, planted.IDLE_TO)}
    Agreement.objects.bulk_create(
        Agreement(
            id=region.new_id(), from_organization=region.organizations[a], to_organization=region.organizations[b], since=(at - YEAR).date()
        )
        for a, b in sorted(pairs)
    )


def stories(region: Region, writer: Writer, count: int, at: datetime) -> list[Story]:
    """A year of referrals; the last weeks' are still under way, cut off where the present stands."""
    # Dice of their own, so that what was added later does not change the plots.
    random, later = region.random, Random(count)
    hopes = _hopes()
    apart = {region.organizations[name].pk for name in planted.APART}
    senders = [row for row in region.organizations.values() if not row.is_convening and not row.is_victim_service and row.pk not in apart]
    towns, inhabitants = list(region.places.values()), [areas.INHABITANTS[name] for name in region.places]
    made = [with_hopes(story, hopes[story.need], later) for story in _planted(region, writer, count, at)]
    count -= len(made)
    kept: dict[UUID, list[int]] = {}
    for number in range(count):
        # Evenly over the year, but for the last, which a visitor finds waiting.
        begun = at - YEAR * (1 - (number + random.random()) / count) - timedelta(minutes=30)
        if count - number <= FRESH:
            begun = at - timedelta(minutes=random.randint(40, 1500))
        need = weighted(random, WANTED)
        asked = [candidate for candidate in region.candidates[need] if candidate.organization not in apart]
        providers = {candidate.organization for candidate in asked}
        able = [row for row in senders if providers - {row.pk}]
        sender = random.choices(able, [region.weights[row.pk] for row in able])[0]
        candidates = pick([c for c in asked if c.organization != sender.pk], region.weights, random, 2)
        urgency = weighted(random, (("routine", 55), ("soon", 33), ("urgent", 12)))
        plot = weighted(random, PLOTS if len(candidates) > 1 else PLOTS[:3])
        author, language = region.workers[sender.pk], weighted(random, LANGUAGES)
        plot = less_often_helped(plot, language, later)
        due = [
            deadlines.respond_by(urgency, begun + timedelta(minutes=20), writer.hours[pk]) for pk in (candidates[0].organization, sender.pk)
        ]
        steps = list(steps_of(plot, begun, candidates, due, random))
        steps = _true_to_deadlines(steps, urgency, writer, sender.pk if plot.startswith("open") else candidates[0].organization)
        if plot == "waited" and WAITING[0] < at - begun < WAITING[1]:
            steps = still_waiting(steps)
        person = _person(writer, kept, random, sender.pk, author, begun, number, language)
        story = Story(
            begun, sender.pk, author, person, need, urgency, random.choices(towns, inhabitants)[0].pk, (language,), tuple(candidates),
            tuple(step for step in steps if step.at <= at),
        )  # fmt: skip
        made.append(with_hopes(story, hopes[need], later))
    return made


def _planted(region: Region, writer: Writer, count: int, at: datetime) -> list[Story]:
    """Referrals of the gaps that were planted, evenly over the year."""
    random, made = region.random, []
    anybody = [row.pk for row in region.organizations.values() if not row.is_convening and not row.is_victim_service]
    anybody = [pk for pk in anybody if pk not in {region.organizations[name].pk for name in planted.APART}]
    for number, plant in enumerate(planted.plants(count, random)):
        offered = {candidate.organization: candidate for candidate in region.candidates[plant.need]}
        candidates = [offered[region.organizations[name].pk] for name in plant.asks]
        able = [region.organizations[name].pk for name in plant.senders] or anybody
        sender = random.choice([pk for pk in able if all(pk != candidate.organization for candidate in candidates)])
        begun = at - YEAR * random.random() - timedelta(days=1)
        steps = steps_of(random.choice(plant.plots), begun, candidates, [begun, begun], random)
        author, name = region.workers[sender], _name(random)
        person = writer.person(
            organization=sender,
            author=author,
            at=begun - timedelta(minutes=5),
            code_name=f"P-{number}",
            name=name,
            languages=[plant.language],
        )
        town = random.choice(plant.towns) if plant.towns else random.choices(list(areas.INHABITANTS), list(areas.INHABITANTS.values()))[0]
        told = tuple(replace(step, reason=plant.reason) if step.verb == "reject" else step for step in steps if step.at <= at)
        place = region.places[town].pk
        made.append(Story(begun, sender, author, person, plant.need, "routine", place, (plant.language,), tuple(candidates), told))
    return made


def _hopes() -> dict[str, list[str]]:
    """What can be hoped for, by need: what its domain has and what fits every need."""
    rows = list(OutcomeCode.objects.order_by("domain", "position").values_list("domain", "code"))
    needs = TaxonomyTerm.objects.filter(scheme="need").values_list("code", "domain")
    return {need: [code for of, code in rows if of in {domain, ""}] for need, domain in needs}


def _true_to_deadlines(steps: Sequence[Step], urgency: str, writer: Writer, whose: UUID) -> list[Step]:
    """Answers that come before they are due, an expiry after it; what follows moves with it. `whose`: the hours that count."""
    due = deadlines.respond_by(urgency, steps[0].at, writer.hours[whose])
    if steps[1].verb == "expire":
        late = due + timedelta(seconds=30) - steps[1].at
        return [steps[0], *(_later(step, late) for step in steps[1:])]
    return list(steps)


def _later(step: Step, by: timedelta) -> Step:
    return replace(step, at=step.at + by) if by > timedelta() else step


def _person(
    writer: Writer, kept: dict[UUID, list[int]], random: Random, sender: UUID, author: UUID, at: datetime, number: int, language: str
) -> int:
    """Somebody new, or in one case of four somebody the sender knows already."""
    known = kept.setdefault(sender, [])
    if known and random.random() < 0.25:
        return random.choice(known)
    name = _name(random)
    initials = "".join(part[0] for part in name.split())
    person = writer.person(
        organization=sender, author=author, at=at - timedelta(minutes=5), code_name=f"{initials}-{number}", name=name, languages=[language]
    )
    known.append(person)
    return person
