"""Crises of the demo region: plans and rotas, one that was escalated and taken on, one that waits now, and a drill of last week."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from network.accounts.models import Membership
from network.core.actor import CLOCK
from network.core.events import Fact, record
from network.referrals.actions.alarms import follow
from network.referrals.actions.case import Standing
from network.referrals.models import Alarm, Alert, CrisisPlan, Referral, Responder, Watch

from .history import Writer, member
from .stories import Candidate, Step, Story

if TYPE_CHECKING:
    from .load import Region

MINUTE = timedelta(minutes=1)
LATE, IN_TIME = 22 * MINUTE, 4 * MINUTE  # since they were sent
ALERTED_AFTER, ACKNOWLEDGED_AFTER = 5 * MINUTE, 6 * MINUTE
PROTOCOL = """Telephone first, then the form.
1. Is somebody with the person now? Stay on the line until somebody is.
2. In danger: the emergency number. Then a crisis line, together.
3. Two of us decide, never one alone. Write down when you called whom."""


def stories(region: Region, writer: Writer, at: datetime) -> list[Story]:
    """From Quayside to Harbour House: one whose time is over, so that the next was asked as well, and one that waits."""
    sender, harbour = (region.organizations[name].pk for name in ("Quayside Advice", "Harbour House"))
    need = next(code for code, found in sorted(region.candidates.items()) if {c.organization for c in found} > {harbour})
    first = next(c for c in region.candidates[need] if c.organization == harbour)
    then = next(c for c in region.candidates[need] if c.organization not in {harbour, sender})
    sent = at - LATE
    late = (Step(sent, "send", "sender", asks=(first, then), strategy="cascade"), Step(sent + 15 * MINUTE, "escalate", "clock", 0))
    waits = (Step(at - IN_TIME, "send", "sender", asks=(first,)),)
    return [
        _story(region, writer, need, "CR-1", sent - 2 * MINUTE, (first, then), late),
        _story(region, writer, need, "CR-2", at - IN_TIME - 2 * MINUTE, (first,), waits),
    ]


def _story(
    region: Region, writer: Writer, need: str, code: str, begun: datetime, candidates: tuple[Candidate, ...], steps: tuple[Step, ...]
) -> Story:
    sender = region.organizations["Quayside Advice"].pk
    author = region.workers[sender]
    person = writer.person(organization=sender, author=author, at=begun, code_name=code, name="Robin Vale", languages=["en"])
    return Story(begun, sender, author, person, need, "crisis", region.places["Harbour"].pk, ("en",), candidates, steps)


def alarms(region: Region, at: datetime) -> None:
    """Who answers crises, then what rang: an alarm is raised as the moves raise it."""
    harbour, quayside = (region.organizations[name].pk for name in ("Harbour House", "Quayside Advice"))
    sam, robin = region.workers[harbour], region.workers[quayside]
    alex = Membership.objects.filter(organization=harbour, role="admin").values_list("user", flat=True)[0]
    for organization, chain in ((harbour, (sam, alex)), (quayside, (robin,))):
        CrisisPlan.objects.create(organization_id=organization, protocol=PROTOCOL)
        Responder.objects.bulk_create(Responder(organization_id=organization, user_id=user, position=n) for n, user in enumerate(chain))
    day = timedelta(days=1)
    for user, begins, ends in ((sam, at - day, at + 2 * day), (alex, at + 3 * day, at + 9 * day)):
        Watch.objects.create(organization_id=harbour, user_id=user, begins_at=begins, ends_at=ends)
    _drill(harbour, (sam, alex), at - 7 * day)
    for row in Referral.objects.filter(urgency="crisis", business_status="escalated"):
        standing = Standing.load(row.pk, row.moved_at)
        record(*follow(standing), by=CLOCK, at=row.moved_at)
    alarm = Alarm.objects.get(organization=harbour, is_drill=False)
    Alert.objects.create(alarm=alarm, user_id=alex, round=1, at=alarm.raised_at + ALERTED_AFTER)
    _acknowledged(alarm, alex, alarm.raised_at + ACKNOWLEDGED_AFTER)
    told = Fact("referral.acknowledged", f"referral/{alarm.referral_id}", frozenset({harbour, quayside}))
    record(_fact("acknowledged", alarm), told, by=member(alex, harbour), at=alarm.raised_at + ACKNOWLEDGED_AFTER)


def _acknowledged(alarm: Alarm, user: UUID, at: datetime) -> None:
    kept = {"acknowledged_by": user, "acknowledged_at": at, "responsible": user, "responsible_since": at, "alerted": user}
    Alarm.objects.filter(pk=alarm.pk).update(step_at=None, **kept)


def _drill(organization: UUID, chain: tuple[UUID, ...], at: datetime) -> None:
    """A drill that the second of the chain acknowledged."""
    alarm = Alarm.objects.create(
        organization_id=organization, is_drill=True, raised_at=at, step_at=at + ALERTED_AFTER, alerted_id=chain[0]
    )  # fmt: skip
    Alert.objects.bulk_create(Alert(alarm=alarm, user_id=user, round=1, at=at + n * ALERTED_AFTER) for n, user in enumerate(chain))
    record(_fact("raised", alarm), by=member(chain[-1], organization), at=at)
    _acknowledged(alarm, chain[-1], at + ACKNOWLEDGED_AFTER)
    Alarm.objects.filter(pk=alarm.pk).update(ended_at=at + timedelta(minutes=20))
    record(_fact("acknowledged", alarm), _fact("ended", alarm), by=member(chain[-1], organization), at=at + ACKNOWLEDGED_AFTER)


def _fact(verb: str, alarm: Alarm) -> Fact:
    return Fact(f"alarm.{verb}", f"alarm/{alarm.pk}", frozenset({alarm.organization_id}))
