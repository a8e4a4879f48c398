"""Many offers lapse by one transaction: `expire` of the table, made by the engine's own code on rows read and written together.

What one move does, a page does; `tests/referrals/test_together.py` holds the two side by side.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from network.core.actor import CLOCK
from network.core.clock import now
from network.core.events import record
from network.core.logs import log
from network.people.actions import end_grants

from .. import tasks, ties
from ..lifecycle import MOVES, Side, Status
from ..models import Offer
from .case import Before, Calendar, Standing
from .effects import clocks_of, who_sees_no_more
from .engine import apply, first_refused, move
from .facts import facts_of
from .said import NOTHING
from .told import Told

PAGE = 100
RULE = MOVES["expire"]
# Whoever waits for SQLite's one writer looks again every tenth of a second, and in no order: without a pause they might never get in.
PAUSE = 0.1


@dataclass(slots=True)
class Done:
    """What a run over everything overdue came to."""

    left: UUID | None = None  # the next offer, where its time was over
    failed: dict[UUID, Exception] = field(default_factory=dict)


def expire_all(at: datetime, *, until: datetime) -> Done:
    """Let lapse what is overdue at `at`, a page a transaction, until a time.

    A page that fails is done one by one, so that a poisoned row stops no other; so is, at the end, what somebody else had in hand.
    """
    done, missed = Done(), list[UUID]()
    for page in _pages(at):
        if now() >= until:
            done.left = page[0].pk
            return done
        try:
            lapsed = expire_together(page)
        except Exception as error:  # noqa: BLE001 - found and told apart below
            log.warning("clock", error=type(error).__name__, count=len(page))
            _one_by_one((offer.pk for offer in page), at, done)
        else:
            missed += [offer.pk for offer in page if offer.pk not in lapsed]
        if connection.vendor == "sqlite":
            time.sleep(PAUSE)
    _one_by_one(missed, at, done)
    return done


def _pages(at: datetime) -> Iterator[list[Offer]]:
    """Overdue offers in the order of their referrals, each once; of one referral one in a page, for each is a move of its own."""
    seen: set[UUID] = set()
    rows = Offer.objects.overdue(at).only("referral").order_by("referral", "pk")
    is_new = True
    while is_new:
        is_new, last = False, UUID(int=0)
        while found := list(rows.filter(referral__gt=last)[:PAGE]):
            page: dict[UUID, Offer] = {}
            for offer in found:
                if offer.pk not in seen:
                    page.setdefault(offer.referral_id, offer)
            if page:
                is_new = True
                seen |= {offer.pk for offer in page.values()}
                yield list(page.values())
            last = found[-1].referral_id


def _one_by_one(offers: Iterable[UUID], at: datetime, done: Done) -> None:
    for pk in offers:
        # Read again: whoever had it in hand may have answered.
        for offer in Offer.objects.overdue(at).filter(pk=pk).select_related("referral"):
            if (error := tasks.attempt(partial(move, offer, "expire", by=CLOCK))) is not None:
                done.failed[pk] = error


@transaction.atomic
def expire_together(offers: Sequence[Offer]) -> set[UUID]:
    """Let offers of different referrals lapse; those that did. The others were answered, or somebody has their referral in hand."""
    late = {offer.referral_id: offer.pk for offer in offers}
    taken = Standing.take_all(late, RULE.referral_from)
    before = Before.of(taken)
    told = [each for standing in taken if (each := _told(standing, late[standing.referral.pk])) is not None]
    if not told:
        return set()
    standings = [each.standing for each in told]
    calendar = Calendar.of(pk for each in standings for pk in _whose_hours(each))
    for each in told:
        each.standing.due = calendar.due
        apply(each)
    before.save(standings)
    at = standings[0].now
    end_grants({each.referral.pk: who_sees_no_more(each) for each in standings}, at=at)
    tasks.enqueue(clock for each in standings for clock in clocks_of(each, calendar.hours))
    ties.count_all(standings, at)
    record(*(fact for each in told for fact in facts_of(RULE, each.standing, CLOCK, each.offer)), by=CLOCK, at=at)
    return {each.the_offer().pk for each in told}


def _told(standing: Standing, late: UUID) -> Told | None:
    """The move, where the table allows it now that the referral is taken."""
    offer = next(row for row in standing.offers if row.pk == late)
    if not RULE.takes(offer.status, offer.business_status) or first_refused(RULE, standing, Side.CLOCK, CLOCK, offer):
        return None
    return Told(RULE, standing, Side.CLOCK, CLOCK, NOTHING, None, offer)


def _whose_hours(standing: Standing) -> Iterator[UUID]:
    """The sender's for giving up, and those of whoever may be asked next."""
    yield standing.referral.sender_id
    yield from (offer.organization_id for offer in standing.offers if offer.status == Status.DRAFT)
