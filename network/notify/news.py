"""Reads the logs and makes news of them: the one consumer, with a position of its own in each. Nobody calls it about an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from network.accounts.absence import Away, away_at, stand_in
from network.accounts.models import Membership, User
from network.core.actor import CASEWORK, Role
from network.core.clock import now
from network.core.models import Event, Head
from network.partners.models import Organization
from network.referrals.lifecycle import Status
from network.referrals.models import CaseMember, Offer, ReadMark, Referral, Urgency

from . import alarms
from .models import Notification, NotificationQuerySet, Position, Preference
from .topics import ASSIGNED, NEWS, UNDOES, Habits, Side, Topic, When, due

PAGE = 200
AGAIN_AFTER = timedelta(days=1)
STALE_AFTER = timedelta(days=1)  # older than this is no news: after a restore, or the history of a demo


def behind() -> QuerySet[Head]:
    """Logs that hold more than was read."""
    read_to = Position.objects.filter(organization=OuterRef("pk"), epoch=OuterRef("epoch")).values("seq")[:1]
    return Head.objects.annotate(read_to=Subquery(read_to)).filter(Q(read_to__isnull=True, seq__gt=0) | Q(seq__gt=F("read_to")))


def read_all() -> set[tuple[UUID, datetime]]:
    """Read every log that has grown to its end; who is to be told, and when."""
    planned: set[tuple[UUID, datetime]] = set()
    for organization in list(behind().values_list("pk", flat=True)):
        while (found := read_page(organization)) is not None:
            planned |= found
    return planned


def read_page(organization: UUID) -> set[tuple[UUID, datetime]] | None:
    """One page of a log, and the place after it, in one transaction; None at its end. Of two readers one has the page."""
    with transaction.atomic():
        head = Head.objects.get(pk=organization)
        place, _ = Position.objects.get_or_create(organization_id=organization, defaults={"epoch": head.epoch})
        begin = min(place.seq, head.seq) if place.epoch != head.epoch else place.seq
        rows = list(Event.objects.filter(organization=organization, seq__gt=begin).order_by("seq")[:PAGE])
        reached = rows[-1].seq if rows else begin
        if (reached, head.epoch) == (place.seq, place.epoch):
            return None
        taken = Position.objects.filter(pk=organization, seq=place.seq, epoch=place.epoch).update(seq=reached, epoch=head.epoch)
        if not taken:
            return None
        alarms.call_by(rows, now())
        return News.of(organization, rows, now()).make()


@dataclass(slots=True)
class Told:
    """One event as this organisation may take it: of which referral, from which side, and of which offer."""

    event: Event
    referral: Referral
    topic: Topic
    offer: Offer | None


@dataclass(slots=True)
class News:
    """A page of one log with everything that decides who is told: a fixed number of queries, however many events."""

    organization: UUID
    at: datetime
    told: list[Told]
    zone: str = "UTC"
    team: dict[UUID, set[Role]] = field(default_factory=dict)
    cases: dict[UUID, list[CaseMember]] = field(default_factory=lambda: defaultdict(list))
    preferences: dict[UUID, Preference] = field(default_factory=dict)
    away: dict[UUID, Away] = field(default_factory=dict)
    open: dict[tuple[UUID, UUID, str], Notification] = field(default_factory=dict)
    undo: dict[datetime, timedelta] = field(default_factory=dict)

    @classmethod
    def of(cls, organization: UUID, rows: Iterable[Event], at: datetime) -> News:
        fresh = [row for row in rows if (row.kind in NEWS or row.kind == ASSIGNED) and row.at > at - STALE_AFTER]
        made = cls(organization, at, _told(organization, fresh))
        if made.told:
            made._load()
        return made

    def _load(self) -> None:
        referrals = {each.referral.pk for each in self.told}
        self.zone = Organization.objects.values_list("time_zone", flat=True).get(pk=self.organization)
        for user, role in Membership.objects.active().filter(organization=self.organization).values_list("user", "role"):
            if Role(role) in CASEWORK:
                self.team.setdefault(user, set()).add(Role(role))
        for member in CaseMember.objects.filter(referral__in=referrals, organization=self.organization, until__isnull=True):
            self.cases[member.referral_id].append(member)
        self.preferences = {row.user_id: row for row in Preference.objects.filter(user__in=self.team)}
        self.away = away_at([self.organization], self.at).get(self.organization, {})
        settle_read(Notification.objects.filter(user__in=self.team, referral__in=referrals))
        for row in Notification.objects.unread().filter(user__in=self.team, referral__in=referrals):
            self.open[row.user_id, row.referral_id, row.topic] = row
        self.undo = _undo_times(self.told)

    def make(self) -> set[tuple[UUID, datetime]]:
        """Write the news; who is to be told, and when."""
        planned = set()
        for each in self.told:
            for user in self.recipients(each):
                if (at := self._tell(user, each)) is not None:
                    planned.add((user, at))
        return planned

    # -- Who ---------------------------------------------------------------------------------------------------------------------

    def recipients(self, each: Told) -> list[UUID]:
        """Those on the case, or who stands in for them; while nobody is, the team's caseworkers who are here.

        What one of the organisation did itself is no news to it.
        """
        kind, mover = each.event.kind, each.event.actor
        if mover.startswith(("user/", "application/")) and kind != ASSIGNED:
            return []
        on_case = [member for member in self.cases[each.referral.pk] if member.user_id in self.team]
        if kind == ASSIGNED:
            return [m.user_id for m in on_case if m.since == each.event.at and mover != f"user/{m.user_id}"]
        if self.is_for_all(each):
            return self.caseworkers_here()
        present = {stand_in(member.user_id, self.away) for member in on_case}
        return sorted(user for user in present if user in self.team) or self.caseworkers_here()

    def caseworkers_here(self) -> list[UUID]:
        return sorted(user for user in self.caseworkers() if user not in self.away)

    def caseworkers(self) -> list[UUID]:
        """Who answers for the team: its caseworkers, or its admins where it has no other."""
        return [user for user, roles in self.team.items() if Role.CASEWORKER in roles] or list(self.team)

    def is_for_all(self, each: Told) -> bool:
        """A crisis, or an answer that nearly all of its time has passed for without anybody opening it."""
        return self.is_crisis(each) or self.is_escalated(each)

    def is_crisis(self, each: Told) -> bool:
        return each.referral.urgency == Urgency.CRISIS and (each.topic is Topic.ASKED or each.event.kind.endswith(".escalate"))

    def is_escalated(self, each: Told) -> bool:
        offer = each.offer
        return each.event.kind == "offer.reminder" and offer is not None and offer.reminders >= 2 and offer.seen_at is None

    def _habits(self, user: UUID) -> Habits:
        return self._preference(user).habits(self.zone)

    def _preference(self, user: UUID) -> Preference:
        return self.preferences.get(user) or Preference(user_id=user)

    # -- What --------------------------------------------------------------------------------------------------------------------

    def _tell(self, user: UUID, each: Told) -> datetime | None:
        """One more piece of news: a row of its own, or a part of the one that was not read yet."""
        crisis, escalated = self.is_crisis(each), self.is_escalated(each)
        when = When.NOW if escalated else self._preference(user).when(each.topic)
        if when is When.NEVER and not crisis:
            return None
        undo = self.undo.get(each.event.at, timedelta(seconds=settings.UNDO_SECONDS))
        at = due(when, self._habits(user), max(each.event.at, self.at - undo), undo, is_crisis=crisis)
        if self._is_undone(user, each):
            return None
        key = (user, each.referral.pk, each.topic.value)
        known = self.open.get(key)
        if known is None:
            known = self.open[key] = Notification(
                user_id=user, organization_id=self.organization, referral=each.referral, topic=each.topic, made_at=each.event.at,
                at=each.event.at, kind=each.event.kind, fact=each.event.fact, count=1, is_crisis=crisis, is_escalated=escalated, due_at=at,
            )  # fmt: skip
            known.save(force_insert=True)
            return at
        return self._join(known, each, at, louder=(crisis or escalated) and not (known.is_crisis or known.is_escalated))

    def _join(self, known: Notification, each: Told, at: datetime | None, *, louder: bool) -> datetime | None:
        """What was told already is told again where it has become louder, or was not read in a day; else it waits to be read."""
        known.kind, known.fact, known.count = each.event.kind, each.event.fact, known.count + 1
        known.at = max(known.at, each.event.at)
        if louder:
            known.is_crisis, known.is_escalated, known.sent_at, known.due_at = self.is_crisis(each), self.is_escalated(each), None, at
        elif known.sent_at is not None and known.sent_at <= self.at - AGAIN_AFTER:
            known.sent_at, known.due_at = None, at
        elif known.sent_at is None and at is not None:
            known.due_at = min(known.due_at, at) if known.due_at else at
        known.save()
        return known.due_at if known.sent_at is None else None

    def _is_undone(self, user: UUID, each: Told) -> bool:
        """News that was taken back before anybody was told goes without a word, and so does the taking back."""
        earlier = UNDOES.get(each.event.kind)
        if earlier is None:
            return False
        topic = NEWS[earlier][0].value
        known = self.open.get((user, each.referral.pk, topic))
        if known is not None and known.kind == earlier and known.sent_at is None and known.count == 1:
            known.delete()
            del self.open[user, each.referral.pk, topic]
            return True
        # Who never opened a request need not hear that it ended.
        return earlier == "offer.asked" and each.offer is not None and each.offer.seen_at is None and each.offer.accepted_at is None


def settle_read(rows: NotificationQuerySet) -> None:
    """News of what its user has opened since is read."""
    mark = ReadMark.objects.filter(user=OuterRef("user"), referral=OuterRef("referral"), at__gte=OuterRef("at")).values("at")[:1]
    seen = rows.unread().annotate(seen_at=Subquery(mark)).filter(seen_at__isnull=False).values_list("pk", "seen_at")
    for pk, seen_at in list(seen):
        Notification.objects.filter(pk=pk, read_at__isnull=True).update(read_at=seen_at)


def _told(organization: UUID, rows: Sequence[Event]) -> list[Told]:
    """Events with their referrals, kept where they concern this organisation's side."""
    keys = {(row.subject.partition("/")[0], UUID(row.subject.partition("/")[2])) for row in rows}
    offers = Offer.objects.select_related("referral").in_bulk([pk for kind, pk in keys if kind == "offer"])
    referrals = Referral.objects.in_bulk([pk for kind, pk in keys if kind == "referral"])
    found = []
    for row in rows:
        kind, _, text = row.subject.partition("/")
        offer = offers.get(UUID(text)) if kind == "offer" else None
        referral = offer.referral if offer else referrals.get(UUID(text))
        if referral is None:
            continue  # a draft that was deleted since
        topic, side = NEWS.get(row.kind, (Topic.ASKED, Side.BOTH))
        mine = Side.SENDER if referral.sender_id == organization and offer is None else Side.RECEIVER
        if side in {mine, Side.BOTH}:
            found.append(Told(row, referral, topic, offer))
    return _without_echoes(found)


def _without_echoes(told: list[Told]) -> list[Told]:
    """A move is told as `referral.<verb>` and as `offer.<verb>`: whoever hears both hears of it once."""
    heard = {(each.referral.pk, each.topic, each.event.at) for each in told if each.offer is None}
    return [each for each in told if each.offer is None or (each.referral.pk, each.topic, each.event.at) not in heard]


def _undo_times(told: Sequence[Told]) -> dict[datetime, timedelta]:
    """How long each move could be taken back: the time that its mover chose, told by their own organisation's row of the same moment."""
    subjects = {f"referral/{each.referral.pk}" for each in told}
    rows = Event.objects.filter(subject__in=subjects, at__in={each.event.at for each in told}, actor__startswith="user/")
    movers = dict(rows.values_list("at", "actor"))
    users = User.objects.in_bulk([UUID(actor.partition("/")[2]) for actor in movers.values()])
    return {
        at: timedelta(seconds=getattr(users[pk], "undo_seconds", None) or settings.UNDO_SECONDS)
        for at, actor in movers.items()
        if (pk := UUID(actor.partition("/")[2])) in users
    }


def still_stands(row: Notification, organizations: frozenset[UUID]) -> bool:
    """Whether news is still true when it is about to leave: its user still works there, and nobody has answered meanwhile."""
    if row.organization_id not in organizations:
        return False
    if row.topic == Topic.ASKED and row.kind != ASSIGNED:
        return Offer.objects.filter(referral=row.referral_id, organization=row.organization_id, status=Status.REQUESTED).exists()
    return True
