"""Who is asked: the candidates that a move adds, in what order, and who may take or be passed a referral."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from network.core.errors import Complaint, SayMore
from network.partners.models import Service

from ..calls import takeable, takers
from ..lifecycle import MOVES, Status
from ..models import (
    Offer,
    ReasonCode,
)
from ..strategies import BROADCAST, CASCADE, DIRECT, MOST_HOPS, OPEN, asked_at_once, hops
from .case import Standing
from .told import Told

STRATEGIES = (DIRECT, CASCADE, BROADCAST, OPEN)


def ask_others(told: Told) -> Told:
    """Add candidates at once or in line, or open the call to everybody eligible."""
    standing = told.standing
    strategy = told.said.strategy or (DIRECT if len(told.said.services) == 1 else BROADCAST)
    check_strategy(told.verb, strategy, told.said.services)
    if strategy == OPEN:
        call_everybody(standing)
    else:
        line_up(standing, askable(standing, told.said.services), strategy)
    return told


def check_strategy(verb: str, strategy: str, services: tuple[UUID, ...]) -> None:
    """One for direct, none for an open call; SayMore names what does not fit."""
    if strategy not in STRATEGIES:
        raise SayMore(verb=verb, errors=(Complaint("/strategy", "unknown", f"Choose from: {', '.join(STRATEGIES)}."),))
    if strategy == OPEN and services:
        raise SayMore(verb=verb, errors=(Complaint("/services", "not_for_open", "Anybody eligible may take it: name no service."),))
    if strategy == DIRECT and len(services) != 1:
        words = "Say how several are asked: cascade, one after the other, or broadcast, all at once."
        raise SayMore(verb=verb, errors=(Complaint("/strategy", "several", words),))


def line_up(standing: Standing, services: list[Service], strategy: str) -> None:
    """New candidates in the order named; how many of them are asked now, the strategy says."""
    asked = any(offer.status == Status.REQUESTED for offer in standing.offers)
    now_asked = asked_at_once(strategy, len(services), somebody_is_asked=asked)
    for number, service in enumerate(services):
        offer = standing.add(service.organization_id, service.pk)
        if number < now_asked:
            standing.ask(offer)
    if not standing.referral.is_open_to_take:
        standing.referral.strategy = strategy


def call_everybody(standing: Standing) -> None:
    """An open call, where nobody has said yes and somebody can answer."""
    row = standing.referral
    if row.status not in {Status.DRAFT, Status.REQUESTED} or row.is_open_to_take:
        raise SayMore(errors=(Complaint("/strategy", "not_now", "A call is open already, or somebody has said yes."),))
    if not takers(row, standing.now):
        raise SayMore(errors=(Complaint("/strategy", "nobody_eligible", "No partner on the network could take this. Choose who to ask."),))
    standing.open_call()


def taken(told: Told) -> Told:
    """The offer by which an eligible organisation takes an open call, for the service that it names."""
    standing, own = told.standing, told.by.organization
    if own is None or any(offer.organization_id == own for offer in standing.open_offers()):
        raise SayMore(verb="take", errors=(Complaint("/services", "asked_already", "You are asked already: accept that request."),))
    able = {service.pk: service for service in takeable([standing.referral], own, standing.now).get(standing.referral.pk, ())}
    wanted = told.said.services
    if len(wanted) != 1 or wanted[0] not in able:
        raise SayMore(verb="take", errors=(Complaint("/services/0", "cannot_take", "Name one service of yours that fits this need."),))
    return replace(told, offer=standing.add(own, wanted[0]))


def passed_on(told: Told) -> Told:
    """Ask another service in our place, if sender, person and table allow it; else decline, with the suggestion."""
    standing, offer = told.standing, told.the_offer()
    if len(told.said.services) != 1:
        raise SayMore(verb="forward", errors=(Complaint("/services", "one", "Name one service to pass it on to."),))
    service = Service.objects.visible_to(told.by).filter(pk=told.said.services[0], status="active").first()
    if service is None or service.organization_id in {offer.organization_id, standing.referral.sender_id}:
        raise SayMore(verb="forward", errors=(Complaint("/services/0", "unknown", "Name a service of another organisation."),))
    if _may_be_passed_to(service, standing, offer):
        standing.ask(standing.add(service.organization_id, service.pk, forwarded_from=offer))
        return told
    standing.set_offer(offer, "reject", suggested_id=service.pk)
    reason = ReasonCode.objects.filter(verb="reject", code="wrong-service").first()
    return replace(told, rule=MOVES["reject"], reason=reason)


def _may_be_passed_to(service: Service, standing: Standing, offer: Offer) -> bool:
    """Nobody is asked twice, at most three hops, and agreement and consent cover it."""
    row = standing.referral
    chain = {each.pk: each.forwarded_from_id for each in standing.offers}
    if any(each.organization_id == service.organization_id for each in standing.offers) or hops(offer.pk, chain) >= MOST_HOPS:
        return False
    if not Service.objects.can_be_asked_by(row.sender_id, standing.now.date()).filter(pk=service.pk).exists():
        return False
    if row.consent is None:
        return True  # nothing of the person is shared
    named = row.consent.recipients.filter(organization=service.organization_id, withdrawn_at__isnull=True)
    return row.consent.withdrawn_at is None and row.consent.until > standing.now and named.exists()


def askable(standing: Standing, wanted: tuple[UUID, ...]) -> list[Service]:
    """The services in the order named, or SayMore about the first that cannot be asked now."""
    sender, on = standing.referral.sender_id, standing.now.date()
    can = {service.pk: service for service in Service.objects.can_be_asked_by(sender, on).filter(pk__in=wanted)}
    asked = {offer.organization_id for offer in standing.open_offers()}
    for number, pk in enumerate(wanted):
        if pk not in can:
            raise _complain(
                number,
                "cannot_be_asked",
                "This service cannot be asked: it is closed, not on the network, or needs an agreement.",
            )
        if can[pk].organization_id in asked:
            raise _complain(number, "asked_already", "This organisation is being asked already.")
        asked.add(can[pk].organization_id)
    return [can[pk] for pk in wanted]


def _complain(number: int, code: str, words: str) -> SayMore:
    return SayMore(errors=(Complaint(f"/services/{number}", code, words),))
