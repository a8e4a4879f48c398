"""Keeps the counters: moved in the transaction of each move, rolled on each night, made again from the offers.

Rows are touched in one order, referral, person, offers, window, ties, days, demand, revision, each table by its key: writers
wait for each other and never in a circle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q

from network.core.clock import now
from network.core.models import Beat
from network.partners.models import Organization, Place, TaxonomyTerm
from network.partners.revision import bump
from network.people.models import Person

from .counting import (
    NOT_COUNTED,
    NOT_DONE,
    OFFERED,
    RECENT,
    SILENT_AFTER,
    UNHEARD,
    WINDOW,
    Asking,
    Request,
    counters_of,
    counts_as,
    demand_of,
    ends_silent,
)  # fmt: skip
from .lifecycle import At, Business, Status
from .models import DemandDay, Message, Offer, Referral, Tie, TieDay

BEAT = "ties"  # its day is the last one of the window that the totals stand for
Key = tuple[int, int, int]  # sender, receiver, need
Where = tuple[int | None, int, int]  # area, need, group


class Changed(Protocol):
    """What a move leaves in hand: the rows, and where the offers that it touched stood before."""

    referral: Referral
    offers: list[Offer]
    now: datetime
    were: dict[UUID, tuple[str, str]]


def count(changed: Changed) -> None:
    """Move the counters by what became of the referral and its offers. Part of the move's transaction, before its `record`."""
    count_all([changed], changed.now)


def count_all(changes: Iterable[Changed], at: datetime) -> None:
    """The same of many referrals, added up first: a tie is moved once, however many of its offers changed, and so is a revision."""
    days: dict[tuple[Key, date], Counter[str]] = {}
    demand: Counter[tuple[Where, date, str]] = Counter()
    senders = set()
    for changed in sorted(changes, key=lambda each: each.referral.person_id):
        row = changed.referral
        as_what = counts_as(row.status, map(asking, changed.offers))
        demanded = _demand(changed, as_what) if as_what != row.counts_as else Counter()
        offers = _offers(changed)
        if not offers and not demanded:
            continue
        demand.update(demanded)
        sender, need = number_of(Organization, row.sender_id), number_of(TaxonomyTerm, row.need_id)
        for (pk, day), delta in offers.items():
            days.setdefault(((sender, number_of(Organization, pk), need), day), Counter()).update(delta)
        senders.add(row.sender_id)
    if not senders:
        return
    _add_to_ties(days, at.date())
    _add_to_demand(demand)
    bump(*senders)


def asking(offer: Offer) -> Asking:
    return Asking(offer.status, offer.business_status, offer.asked_at, offer.accepted_at, offer.ended_at, offer.position)


def before(offer: Offer, place: tuple[str, str]) -> Asking:
    """The offer as it stood at `place` in this move: one that was queued was not asked, one that waited not accepted."""
    status, business = place
    was_asked, was_accepted = status != Status.DRAFT, status not in {Status.DRAFT, Status.REQUESTED}
    return Asking(
        status, business, offer.asked_at if was_asked else None, offer.accepted_at if was_accepted else None, None, offer.position
    )


# -- one move ----------------------------------------------------------------------------------------------------------------


def _offers(changed: Changed) -> dict[tuple[UUID, date], Counter[str]]:
    """By receiver and day, what this move adds to the counters of its offers."""
    found: dict[tuple[UUID, date], Counter[str]] = {}
    for offer in changed.offers:
        delta = _delta(offer, changed)
        if delta and offer.asked_at is not None:
            found.setdefault((offer.organization_id, offer.asked_at.date()), Counter()).update(delta)
    return {key: delta for key, delta in found.items() if any(delta.values())}


def _delta(offer: Offer, changed: Changed) -> Counter[str]:
    referral, present = changed.referral, asking(offer)
    is_void = referral.status == Status.ENTERED_IN_ERROR
    delta: Counter[str] = Counter()
    # An error takes out every offer of the referral, those included that ended long ago.
    if offer.pk in changed.were or is_void:
        delta.update({} if is_void else counters_of(present))
        delta.subtract(counters_of(before(offer, changed.were[offer.pk]) if offer.pk in changed.were else present))
    silent = ends_silent(present, At(Status(referral.status), Business(referral.business_status)))
    if offer.is_silent != silent:
        # By the row and not by what was read: the nightly clock may have been here between.
        delta["silent"] = Offer.objects.filter(pk=offer.pk, is_silent=not silent).update(is_silent=silent) * (1 if silent else -1)
    return delta


def _demand(changed: Changed, as_what: str) -> Counter[tuple[Where, date, str]]:
    """What this move changes in demand: the person's requests for this need, counted before and after."""
    row = changed.referral
    if row.group_id is None:
        row.area_id, row.group_id = area_of(row.place_id), group_of(row.languages[0] if row.languages else "")
    # Two referrals of one person that move at the same time must see each other. Not more than a foreign key's lock.
    list(Person.objects.select_for_update(no_key=True).filter(pk=row.person_id).values_list("pk"))
    others = requests_of(row.person_id, row.need_id, besides=row.pk)
    was = [*others, _request(row, row.counts_as)] if row.counts_as else others
    becomes = [*others, _request(row, as_what)] if as_what else others
    delta = demand_of(becomes)
    delta.subtract(demand_of(was))
    row.counts_as = as_what
    Referral.objects.filter(pk=row.pk).update(counts_as=as_what, area_id=row.area_id, group_id=row.group_id)
    return delta


def requests_of(person: UUID, need: UUID, *, besides: UUID) -> list[Request]:
    rows = Referral.objects.filter(person=person, need=need).exclude(pk=besides).exclude(counts_as=NOT_COUNTED)
    number = number_of(TaxonomyTerm, need)
    found = rows.values_list("sent_at", "pk", "counts_as", "area_id", "group_id")
    return [Request(at, pk, as_what, (area, number, group)) for at, pk, as_what, area, group in found if at]


def _request(row: Referral, as_what: str) -> Request:
    if row.sent_at is None:
        raise AssertionError("only what was sent is counted")
    return Request(row.sent_at, row.pk, as_what, (row.area_id, number_of(TaxonomyTerm, row.need_id), row.group_id))


def area_of(place: UUID | None) -> int | None:
    """The number of the place's area; None where it has none."""
    return Place.objects.filter(pk=place).values_list("area__number", flat=True).first() if place else None


def group_of(language: str) -> int:
    """The number of the language's term, else that of `und`."""
    found = dict(TaxonomyTerm.objects.filter(scheme="language", code__in=[language, "und"]).values_list("code", "number"))
    return found[language] if language in found else found.get("und") or undetermined(TaxonomyTerm)


def undetermined(terms: Any) -> int:
    """The term for people of whom no language was said. `terms` is TaxonomyTerm, or its stand-in of a migration."""
    row, _ = terms.objects.get_or_create(scheme="language", code="und", defaults={"label": "Not said"})
    return int(row.number)


def number_of(model: type[Organization | TaxonomyTerm], pk: UUID) -> int:
    """The number that stands for a row in the counters; it never changes, so it is read once."""
    return _number(model, pk)


@lru_cache(maxsize=100_000)
def _number(model: type[Any], pk: UUID) -> int:
    return int(model.objects.values_list("number", flat=True).get(pk=pk))


# -- rows --------------------------------------------------------------------------------------------------------------------


def _add_to_ties(days: Mapping[tuple[Key, date], Mapping[str, int]], today: date) -> None:
    """Add to the totals whose window holds the day, then to the days."""
    if not days:
        return
    # The window ends today or, until the clock ran, some days ago: what it holds of old days is read, under its lock.
    last = today if min(day for _, day in days) > today - timedelta(days=RECENT) else window()
    ties: dict[Key, Counter[str]] = {}
    for (key, day), delta in days.items():
        if day > last - timedelta(days=WINDOW):
            ties.setdefault(key, Counter()).update(delta)
            ties[key]["recent"] += delta.get("accepted", 0) if day > last - timedelta(days=RECENT) else 0
    for key in sorted(ties):
        _add(Tie, _tie(key), ties[key])
    for key, day in sorted(days):
        _add(TieDay, {**_tie(key), "day": day}, days[key, day])


def _tie(key: Key) -> dict[str, int]:
    sender, receiver, need = key
    return {"sender_id": sender, "receiver_id": receiver, "need_id": need}


def _add_to_demand(delta: Mapping[tuple[Where, date, str], int]) -> None:
    rows: dict[tuple[Where, date], Counter[str]] = {}
    for (where, day, counter), by in delta.items():
        if by:
            rows.setdefault((where, day), Counter())[counter] += by
    for where, day in sorted(rows, key=lambda key: (key[0][0] or 0, key[0][1:], key[1])):
        area, need, group = where
        _add(DemandDay, {"area_id": area, "need_id": need, "group_id": group, "day": day}, rows[where, day])


def add_unmatched(where: Where, day: date) -> None:
    """A search without a result. Part of the caller's transaction."""
    _add_to_demand({(where, day, "unmatched"): 1})


def _add(model: type[Tie | TieDay | DemandDay], key: Mapping[str, Any], delta: Mapping[str, int]) -> None:
    """One statement where the row is there. A new row is made empty first: two that make it at once then add to the same one."""
    moved = {name: F(name) + by for name, by in delta.items() if by}
    every: Any = model.objects
    rows = every.filter(**key)
    if moved and not rows.update(**moved):
        every.bulk_create([model(**key)], ignore_conflicts=True)
        rows.update(**moved)


# -- the window --------------------------------------------------------------------------------------------------------------


def window() -> date:
    """The last day of the window, held until the end of the transaction."""
    beat = Beat.objects.select_for_update().filter(name=BEAT).first()
    return beat.at.astimezone(UTC).date() if beat else _open_window()


def _open_window() -> date:
    """Where no clock ran yet nothing was subtracted: the window begins with what is there."""
    first = TieDay.objects.aggregate(first=Min("day"))["first"]
    day = min(first or now().date(), now().date())
    Beat.objects.bulk_create([Beat(name=BEAT, at=midnight(day))], ignore_conflicts=True)
    return Beat.objects.select_for_update().get(name=BEAT).at.astimezone(UTC).date()


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def is_behind(at: datetime) -> bool:
    """Whether a day has begun that the window does not end with."""
    return not Beat.objects.filter(name=BEAT, at__gte=midnight(at.date())).exists()


def roll(at: datetime) -> bool:
    """The nightly clock: silence is looked for, then the window moves on, a day and a transaction at a time; True if it moved."""
    hear_silence(at)
    moved = False
    while _roll_on(at.date()):
        moved = True
    return moved


@transaction.atomic
def _roll_on(today: date) -> bool:
    """Take the one day out of the totals that leaves them; a second caller finds it done."""
    last = window()
    if last >= today:
        return False
    last += timedelta(days=1)
    ties: dict[Key, Counter[str]] = {}
    for day, columns in ((last - timedelta(days=WINDOW), OFFERED), (last - timedelta(days=RECENT), ("accepted",))):
        for sender, receiver, need, *values in TieDay.objects.filter(day=day).values_list("sender", "receiver", "need", *columns):
            names = columns if columns is OFFERED else ("recent",)
            ties.setdefault((sender, receiver, need), Counter()).subtract(dict(zip(names, values, strict=True)))
    for key in sorted(ties):
        _add(Tie, _tie(key), ties[key])
    bump(*Organization.objects.filter(number__in={sender for sender, _, _ in ties}).values_list("pk", flat=True))
    Beat.objects.filter(name=BEAT).update(at=midnight(last))
    return True


def hear_silence(at: datetime) -> None:
    """Count what has fallen silent, and no more what was heard of without a move, as by a message."""
    quiet, accepted = is_quiet(at), Q(status=Status.ACCEPTED)
    fallen = Offer.objects.filter(quiet, accepted, is_silent=False)
    heard_of = Offer.objects.filter(Q(accepted, ~quiet) | ~accepted, is_silent=True).exclude(ENDED_SILENT)
    for rows, silent in ((fallen, True), (heard_of, False)):
        for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
            _set_silent(pk, silent=silent)


ENDED_SILENT = Q(
    status=NOT_DONE[0], business_status=NOT_DONE[1], referral__status=UNHEARD[0], referral__business_status=UNHEARD[1]
)  # fmt: skip


def is_quiet(at: datetime) -> Q:
    """Offers of referrals about which nothing was said for 60 days; a pause or a wait counts from the day it names."""
    since = at - SILENT_AFTER
    said = Message.objects.filter(referral=OuterRef("referral"), at__gt=since)
    paused = Q(status=Status.ON_HOLD, business_status=Business.PAUSED, review_on__gt=since.date())
    waits = Q(status=Status.ON_HOLD, business_status=Business.WAITLISTED, expected_on__gt=since.date())
    named = Referral.objects.filter(paused | waits, pk=OuterRef("referral"))
    return Q(referral__moved_at__lte=since) & ~Exists(said) & ~Exists(named)


@transaction.atomic
def _set_silent(pk: UUID, *, silent: bool) -> None:
    still = Q(status=Status.ACCEPTED) if silent else Q()
    if not Offer.objects.filter(still, pk=pk, is_silent=not silent).update(is_silent=silent):
        return
    offer = Offer.objects.select_related("referral").get(pk=pk)
    if offer.asked_at is None:
        raise AssertionError("what was accepted was asked")
    row = offer.referral
    key = (number_of(Organization, row.sender_id), number_of(Organization, offer.organization_id), number_of(TaxonomyTerm, row.need_id))
    _add_to_ties({(key, offer.asked_at.date()): {"silent": 1 if silent else -1}}, now().date())
    bump(row.sender_id)
