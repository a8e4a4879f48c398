"""The life cycle said another way: a small model of one referral, kept beside the real one by the state machine.

It knows places, not rows; deadlines are handed to it as the real ones were set, since `deadlines` has tests of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from network.partners.rules import OpeningHours

COVERED = ("a", "b", "c")  # whom the consent names; "d" is not named, so nothing is passed on to it
CLOSED = {"completed", "failed", "rejected", "cancelled", "entered-in-error"}
GONE = "cancelled·placed-elsewhere"
SHOWN = {"requested", "requested·info-requested", "accepted", "completed·closed", "failed·closed"}


@dataclass
class Asked:
    """One candidate."""

    org: str
    at: str = "draft"
    holds: bool = False
    position: int = 0
    taken: bool = False
    was_asked: bool = False
    due: object = None
    until: object = None
    accepted: object = None
    ended: object = None
    started: bool = False
    late: bool = False
    declining: object = None
    hop: int = 0
    seen: bool = False
    had_by: object = None
    had_since: object = None
    had_until: object = None

    @property
    def open(self):
        return self.at in {"draft", "requested", "requested·info-requested", "accepted"}


@dataclass
class Away:
    """Somebody who is away; what they took on before `since` passes on."""

    first: date
    last: date
    since: datetime
    cover: object = None


@dataclass
class Model:
    """One referral; each verb is True where it was possible."""

    urgency: str
    at: str = "draft"
    offers: list = field(default_factory=list)
    call: bool = False
    call_due: object = None
    strategy: str = "direct"
    now: object = None
    moved: object = None
    unplaced: object = None
    review: object = None
    expected: object = None
    closed: object = None
    away: dict = field(default_factory=dict)  # by member; a member is named after the organisation: "a1", "a2"
    on_case: set = field(default_factory=set)

    def of(self, *places):
        return [offer for offer in self.offers if offer.at in places]

    def queued(self):
        return sorted(self.of("draft"), key=lambda offer: offer.position)

    @property
    def is_open(self):
        return self.at != "draft" and self.at.partition("·")[0] not in CLOSED

    def place(self, at):
        self.at = at
        self.call = self.call and at.startswith("requested") and at != "requested·unplaced"
        self.closed = (self.closed or self.now) if not self.is_open else None
        self.unplaced = (self.unplaced or self.now) if at == "requested·unplaced" else None
        self.moved = self.now

    def end(self, offer, at):
        offer.at, offer.holds, offer.declining, offer.had_until = at, False, None, None
        offer.ended = self.now

    def end_others(self, at, kept=None):
        for offer in self.offers:
            if offer.open and offer is not kept:
                self.end(offer, at)

    def next(self, escalated=None):
        """NEXT of the table."""
        self.moved = self.now
        escalated = self.at == "requested·escalated" if escalated is None else escalated
        stays = "requested·escalated" if escalated and self.urgency == "crisis" else None
        asked, queued = self.of("requested", "requested·info-requested"), self.queued()
        if self.of("accepted"):
            if not asked and queued and not any(offer.holds for offer in self.offers):
                queued[0].at = "requested"
            return
        if asked:
            self.place(stays or ("requested·info-requested" if self.of("requested·info-requested") else "requested·offered"))
        elif queued:
            queued[0].at = "requested"
            self.place(stays or "requested·offered")
        elif self.call:
            self.place(stays or "requested·offered")
        else:
            self.place("requested·escalated" if self.urgency == "crisis" else "requested·unplaced")

    def line_up(self, orgs, strategy, hop=0):
        asked = bool(self.of("requested", "requested·info-requested"))
        for number, org in enumerate(orgs):
            now = strategy != "cascade" or (number == 0 and not asked)
            self.add(Asked(org, "requested" if now else "draft", hop=hop))
        if not self.call and hop == 0:
            self.strategy = strategy

    def add(self, offer):
        offer.position = 1 + max((each.position for each in self.offers), default=-1)
        self.offers.append(offer)

    def open_call(self):
        self.call, self.strategy = True, "open"

    # -- who has it -----------------------------------------------------------------------------------------------------------

    def give(self, offer, who):
        """A colleague has the offer, or the team (None); whoever had it is off the case, and whoever has it is on it."""
        if who != offer.had_by:
            self.on_case.discard(offer.had_by)
        offer.had_by, offer.had_since = who, self.now if who else None
        self.on_case |= {who} - {None}
        self.wait(offer)

    def wait(self, offer):
        """A claim stands for four open hours, in a crisis for a quarter of an hour; while a question waits it has no end."""
        quarter = self.now + timedelta(minutes=15)
        until = quarter if self.urgency == "crisis" else OpeningHours().add_open_time(self.now, timedelta(hours=4))
        offer.had_until = until if offer.had_by and offer.at == "requested" else None

    def is_away(self, who):
        return who in self.away and self.away[who].first <= self.now.date() <= self.away[who].last

    def present(self, who):
        """Themselves, their cover, or the cover of that one; else the team."""
        for _ in range(2):
            if who is None or not self.is_away(who):
                return who
            who = self.away[who].cover
        return None if who is None or self.is_away(who) else who

    def left(self, offer):
        """Whether somebody has it who went away since they took it on."""
        if offer.had_by is None or not self.is_away(offer.had_by):
            return False
        away = self.away[offer.had_by]
        return offer.had_since <= max(away.since, datetime.combine(away.first, time(), UTC))

    def sees(self, org):
        """Whether an organisation has an offer that leads it to the referral."""
        return any(each.org == org and each.at in SHOWN for each in self.offers)

    def assign(self, org, by, to):
        """Hand over to a colleague; who is away is stood in for, unless they take it on themselves."""
        to = to if to == by else self.present(to)
        waiting = [each for each in self.of("requested", "requested·info-requested") if each.org == org]
        for offer in waiting:
            self.give(offer, to)
        self.on_case.add(to)
        self.moved = self.now

    # -- what people do ------------------------------------------------------------------------------------------------------

    def send(self, orgs, strategy):
        self.open_call() if strategy == "open" else self.line_up(orgs, strategy)
        self.place("requested·offered")

    def can(self, verb, offer=None):
        """Whether the table allows the verb now; `offer` is the one it lies on."""
        before_yes = self.at.startswith("requested")
        askable = before_yes or self.at == "on-hold·waitlisted"
        asked = offer is not None and offer.at in {"requested", "requested·info-requested"}
        mine = offer is not None and offer.at == "accepted"
        held = self.at.partition("·")[0] in {"accepted", "in-progress", "on-hold"}
        return {
            "see": lambda: self.is_open and asked, "claim": lambda: self.is_open and (asked or mine),
            "unclaim": lambda: self.is_open and (asked or mine), "assign": lambda: self.is_open or self.at == "draft",
            "ask": lambda: before_yes and offer.at == "requested",
            "answer": lambda: before_yes and offer.at == "requested·info-requested",
            "accept": lambda: askable and asked, "reject": lambda: askable and asked, "forward": lambda: before_yes and asked,
            "take": lambda: self.call, "offer": lambda: askable, "retract": lambda: askable and (asked or offer.at == "draft"),
            "give-up": lambda: self.at == "requested·unplaced",
            "unaccept": lambda: mine and self.at in {"accepted", "on-hold·waitlisted"} and (not offer.holds or self._is_fresh(offer)),
            "waitlist": lambda: mine and self.at in {"accepted", "on-hold·waitlisted"},
            "start": lambda: mine and self.at.partition("·")[0] in {"accepted", "on-hold"},
            "hold": lambda: mine and self.at in {"accepted", "in-progress", "on-hold·paused"}, "note": lambda: mine and held,
            "complete": lambda: mine and held, "fail": lambda: mine and held,
            "hand-on": lambda: mine and self.at in {"accepted", "in-progress"},
            "reopen": lambda: self.at.partition("·")[0] in {"completed", "failed"}
            and offer.at in {"completed·closed", "failed·closed"} and self.now - self.closed <= timedelta(days=30),
            "cancel": lambda: self.is_open, "withdraw": lambda: self.is_open,
            "correct": lambda: self.at != "entered-in-error",
        }[verb]()  # fmt: skip

    def _is_fresh(self, offer):
        return not offer.started and self.now - offer.accepted <= timedelta(hours=24)

    def make(self, verb, offer=None, *, by=None, orgs=(), strategy="direct", mistake=False, on=None):  # noqa: C901 - a case a verb
        """The verb's effect, once it is possible."""
        match verb:
            case "see":
                self.moved = self.moved if offer.seen else self.now
                offer.seen = True
            case "claim" | "unclaim":
                self.give(offer, by if verb == "claim" else None)
                self.moved = self.now
            case "ask" | "answer":
                offer.at, offer.declining = ("requested·info-requested" if verb == "ask" else "requested"), None
                self.wait(offer)
                self.next()
            case "accept" | "take":
                if verb == "take":
                    offer = Asked(orgs[0], taken=True)
                    self.add(offer)
                self.end_others(GONE, offer)
                offer.at, offer.holds, offer.accepted, offer.declining = "accepted", True, self.now, None
                offer.seen = True
                self.give(offer, by if offer.had_by else None)
                self.on_case.add(by)
                self.expected = None
                self.place("accepted")
            case "reject" | "retract":
                self.end(offer, "rejected·declined" if verb == "reject" else "cancelled·retracted")
                self.next()
            case "forward":
                asked_before = {each.org for each in self.offers}
                fits = orgs[0] in COVERED and orgs[0] not in asked_before and offer.hop < 3
                self.end(offer, "rejected·forwarded" if fits else "rejected·declined")
                if fits:
                    self.line_up(orgs, "direct", offer.hop + 1)
                self.next()
            case "offer":
                self.open_call() if strategy == "open" else self.line_up(orgs, strategy)
                self.next()
            case "give-up":
                self.place("rejected")
            case "unaccept":
                self.end(offer, "cancelled·unaccepted")
                self.next(escalated=self._put_back(offer) if mistake and self.now - offer.accepted <= timedelta(seconds=125) else None)
            case "waitlist":
                offer.holds, self.expected = False, on
                self.place("on-hold·waitlisted")
            case "start":
                self.end_others(GONE, offer)
                offer.holds = offer.started = True
                self.place("in-progress")
            case "hold":
                self.review = on
                self.place("on-hold·paused")
            case "note":
                self.moved = self.now
            case "complete" | "fail" | "hand-on" | "close-silent":
                self.end_others(GONE, offer)
                done = verb in {"complete", "hand-on"}
                self.end(offer, "completed·closed" if done else "failed·closed")
                business = {"hand-on": "·referred-on", "close-silent": "·no-outcome-recorded"}.get(verb, "")
                self.place(("completed" if done else "failed") + business)
            case "reopen":
                offer.at, offer.holds, offer.ended = "accepted", True, None
                self.place("in-progress")
            case "cancel" | "withdraw" | "correct":
                ended = {"cancel": "cancelled·by-sender", "withdraw": "cancelled·withdrawn", "correct": "cancelled·corrected"}[verb]
                self.end_others(ended)
                self.place({"cancel": "cancelled", "withdraw": "cancelled·consent-withdrawn", "correct": "entered-in-error"}[verb])

    def _put_back(self, offer):
        """Everybody is asked again as they were; whether the alarm goes on."""
        asked = {each.org for each in self.offers if each.open}
        before = [each for each in self.offers if each.at == GONE and each.ended == offer.accepted and each.org not in asked]
        made = [
            Asked(
                each.org, "requested" if each.was_asked else "draft", position=each.position, late=each.late, hop=each.hop, seen=each.seen,
                had_by=each.had_by, had_since=each.had_since,
            )
            for each in [*before, *([] if offer.taken else [offer])]
        ]  # fmt: skip
        for each in made:
            self.wait(each)
        if offer.taken or (self.strategy == "open" and (self.call_due > offer.accepted or self.urgency == "crisis")):
            self.open_call()
        self.offers += made
        return any(each.late for each in made)

    # -- what the clock does ---------------------------------------------------------------------------------------------------

    def sweep(self):  # noqa: C901 - one clock after the other
        """One pass over the clocks, in the order of the real one."""
        for offer in self._late():
            if self.urgency == "crisis" and self.at.startswith("requested") and not offer.late:
                offer.late = True
                if queued := self.queued():
                    queued[0].at = "requested"
                self.place("requested·escalated")
        if self.call and self.call_due <= self.now and not (self.urgency == "crisis" and self.at == "requested·escalated"):
            if self.urgency == "crisis":
                if queued := self.queued():
                    queued[0].at = "requested"
                self.place("requested·escalated")
            else:
                self.call = False
                self.next()
        for offer in self.offers:
            if offer.declining and offer.declining <= self.now:
                self.make("reject", offer)
        for offer in self._late():
            if self.urgency != "crisis":
                self.end(offer, "rejected·no-response")
                self.next()
        for offer in self.of("requested"):
            if offer.had_until and offer.had_until <= self.now and not offer.declining:
                self.give(offer, None)
                self.moved = self.now
        for offer in self.of("requested", "requested·info-requested"):
            if self.left(offer):
                self.give(offer, self.present(offer.had_by))
                self.moved = self.now
        for offer in self.of("requested·info-requested"):
            if offer.until <= self.now and self.at.startswith("requested"):
                offer.at = "requested"
                self.wait(offer)
                if not self.of("requested·info-requested") and self.at == "requested·info-requested":
                    self.at = "requested·offered"
        if self.at == "requested·unplaced" and OpeningHours().add_working_days(self.unplaced, 5) <= self.now:
            self.make("give-up")
        for offer in self.of("accepted"):
            named = {"on-hold·paused": self.review, "on-hold·waitlisted": self.expected}.get(self.at)
            since = max(self.moved, datetime.combine(named, time(), UTC)) if named else self.moved
            if self.now - since >= timedelta(days=90):
                self.make("close-silent", offer)

    def _late(self):
        return [offer for offer in self.of("requested") if offer.due and offer.due <= self.now and not offer.declining]
