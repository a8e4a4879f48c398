"""Mistakes that the product does not make, so that each harness is seen to notice: a site with one of them in BROKEN makes it."""

from __future__ import annotations

import time

from django.db import transaction


def read_then_save():
    """Read the state, think, write: whoever read the same state writes as well."""
    from network.referrals import views
    from network.referrals.models import Offer

    def move(self, request, row):
        offer = Offer.objects.get(pk=row.pk)
        if offer.status != "requested":
            from network.core.errors import WrongState

            raise WrongState(state=offer.status)
        time.sleep(0.05)
        Offer.objects.filter(pk=row.pk).update(status="accepted", holds=True, accepted_at=offer.asked_at)
        return self.tell(row.pk)

    def post(self, request, pk):
        return move(self, request, self.find(pk))

    views.MoveOffer.post = post


def event_after_commit():
    """Record once the transaction is over: a crash in between leaves a change without its event."""
    from network.core import events
    from network.referrals.actions import engine

    real = events.record

    def later(*facts, by, at=None):
        def tell():
            time.sleep(0.05)
            with transaction.atomic():
                real(*facts, by=by, at=at)

        transaction.on_commit(tell)

    engine.record = later


def take_by_reading():
    """Find who may move by what stands there, outside of the transaction that writes."""
    from network.referrals import actions
    from network.referrals.actions import engine
    from network.referrals.models import Offer

    def move(offer, verb, *, by, **more):
        standing, side = engine.Standing.load(offer.referral_id, engine.now()), engine.Side.RECEIVER
        time.sleep(0.05)
        present = next(row for row in standing.offers if row.pk == offer.pk)
        with transaction.atomic():
            engine._make(engine.MOVES[verb], standing, side, by, engine.NOTHING, present)
        return Offer.objects.get(pk=offer.pk)

    actions.move = move


MISTAKES = {"read-then-save": read_then_save, "event-after-commit": event_after_commit, "take-by-reading": take_by_reading}
