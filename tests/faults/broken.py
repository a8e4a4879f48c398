"""Two mistakes that the product does not make: checking before instead of while writing, and the event after the commit."""

from __future__ import annotations

import time

from django.apps import AppConfig
from django.conf import settings
from django.db import transaction


class Broken(AppConfig):
    name = "tests.faults"
    label = "broken"

    def ready(self):
        {"read-then-save": read_then_save, "event-after-commit": event_after_commit}[settings.BROKEN]()


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
