"""What people read: statuses, moves and times in plain words, for the side that reads them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language_info, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from network.referrals.lifecycle import Business, Status
from network.referrals.models import Offer, Referral
from network.referrals.strategies import Step


@dataclass(frozen=True, slots=True)
class Shown:
    """A status: its word, its shape and its colour, in this order of weight."""

    text: str
    shape: str
    token: str


RECEIVER_WORDS: dict[tuple[str, str], tuple[Any, str, str]] = {
    (Status.REQUESTED, Business.NONE): (gettext_lazy("Needs your reply"), "ring", "wait"),
    (Status.REQUESTED, Business.INFO_REQUESTED): (gettext_lazy("You asked a question"), "question", "wait"),
    (Status.ACCEPTED, Business.NONE): (gettext_lazy("Accepted"), "half", "accent"),
    (Status.REJECTED, Business.DECLINED): (gettext_lazy("You declined"), "square", "stop"),
    (Status.REJECTED, Business.NO_RESPONSE): (gettext_lazy("No reply in time"), "square", "stop"),
    (Status.REJECTED, Business.FORWARDED): (gettext_lazy("You passed it on"), "square", "stop"),
    (Status.CANCELLED, Business.PLACED_ELSEWHERE): (gettext_lazy("Placed elsewhere"), "bar", "done"),
    (Status.CANCELLED, Business.RETRACTED): (gettext_lazy("Taken back"), "bar", "done"),
    (Status.CANCELLED, Business.UNACCEPTED): (gettext_lazy("You gave it back"), "bar", "done"),
    (Status.CANCELLED, Business.WITHDRAWN): (gettext_lazy("No longer shared with you"), "bar", "done"),
    (Status.CANCELLED, Business.BY_SENDER): (gettext_lazy("Closed by the sender"), "bar", "done"),
    (Status.CANCELLED, Business.CORRECTED): (gettext_lazy("Recorded by mistake"), "struck", "done"),
}
SENDER_OFFER_WORDS = {
    Business.DECLINED: gettext_lazy("Declined"),
    Business.NO_RESPONSE: gettext_lazy("No reply in time"),
    Business.FORWARDED: gettext_lazy("Passed it on"),
    Business.RETRACTED: gettext_lazy("Taken back"),
    Business.PLACED_ELSEWHERE: gettext_lazy("Not needed any more"),
    Business.UNACCEPTED: gettext_lazy("Gave it back"),
    Business.WITHDRAWN: gettext_lazy("No longer shared"),
    Business.BY_SENDER: gettext_lazy("Cancelled"),
    Business.CORRECTED: gettext_lazy("Recorded by mistake"),
    Business.CLOSED: gettext_lazy("Closed"),
    Business.INFO_REQUESTED: gettext_lazy("Has a question for you"),
}
WORDS: dict[tuple[str, str], tuple[Any, str, str]] = {
    (Status.DRAFT, ""): (gettext_lazy("Draft"), "dashed", "done"),
    (Status.REQUESTED, Business.OFFERED): (gettext_lazy("Waiting for a reply"), "ring", "wait"),
    (Status.REQUESTED, Business.INFO_REQUESTED): (gettext_lazy("Question for you"), "question", "wait"),
    (Status.REQUESTED, Business.UNPLACED): (gettext_lazy("Nobody has said yes: choose the next step"), "open", "wait"),
    (Status.REQUESTED, Business.ESCALATED): (gettext_lazy("No reply yet. Others are being asked"), "triangle", "danger"),
    (Status.ACCEPTED, ""): (gettext_lazy("Accepted"), "half", "accent"),
    (Status.ON_HOLD, Business.WAITLISTED): (gettext_lazy("On the waiting list"), "hourglass", "wait"),
    (Status.ON_HOLD, Business.PAUSED): (gettext_lazy("Paused"), "bars", "wait"),
    (Status.IN_PROGRESS, ""): (gettext_lazy("Support started"), "threequarter", "accent"),
    (Status.COMPLETED, ""): (gettext_lazy("Closed: got help"), "disc", "ok"),
    (Status.COMPLETED, Business.REFERRED_ON): (gettext_lazy("Passed on"), "disc", "ok"),
    (Status.FAILED, ""): (gettext_lazy("Closed: could not go ahead"), "full", "done"),
    (Status.FAILED, Business.NO_OUTCOME_RECORDED): (gettext_lazy("Closed: no outcome recorded"), "full", "done"),
    (Status.REJECTED, ""): (gettext_lazy("Closed: no service found"), "square", "stop"),
    (Status.CANCELLED, ""): (gettext_lazy("Cancelled"), "bar", "done"),
    (Status.CANCELLED, Business.CONSENT_WITHDRAWN): (gettext_lazy("No longer shared"), "bar", "done"),
    (Status.ENTERED_IN_ERROR, ""): (gettext_lazy("Recorded by mistake"), "struck", "done"),
}


def next_words(step: Step | None, names: Mapping[UUID, str], now: datetime) -> str:
    """What happens next and when, as one sentence or two for the sender."""
    if step is None:
        return ""
    who, at = ", ".join(names.get(pk, "") for pk in step.who), when(step.at, now)
    said = {
        "reply": _("%(who)s: reply by %(at)s."), "answer": _("A question waits for your answer, until %(at)s."),
        "take": _("Anyone eligible may take it until %(at)s."),
        "offer": _("Choose who is asked next. If nobody is, the gap is recorded on %(at)s."),
        "start": _("%(who)s: support starts about %(at)s."), "complete": _("%(who)s: an outcome is due by %(at)s."),
    }  # fmt: skip
    sentence = said[step.verb] % {"who": who, "at": at}
    if step.verb == "start" and step.at is not None and step.at.date() < timezone.localtime(now).date():
        words = {"who": who, "day": date_format(step.at.date(), "j M")}
        sentence = _("%(who)s: expected by %(day)s, which has passed. Ask them, or look elsewhere too.") % words
    if step.verb == "offer" and step.at is not None and step.at <= now:
        sentence = _("Nobody has answered in time. Ask somebody else now, or use the telephone.")
    if step.then is not None:
        sentence += " " + _("Then ask: %(next)s, if nobody has said yes.") % {"next": names.get(step.then, "")}
    elif step.verb in {"reply", "take"}:
        sentence += " " + _("If nobody says yes, you choose the next step.")
    return sentence


def wait_words(row: Referral, now: datetime) -> str:
    """Of a waiting list: about when there will be a place, or that the day has passed."""
    if row.business_status != Business.WAITLISTED or row.expected_on is None:
        return ""
    day = {"day": date_format(row.expected_on, "j M")}
    if row.expected_on < timezone.localtime(now).date():
        return _("Expected by %(day)s, which has passed") % day
    return _("About %(day)s") % day


def status_of(row: Referral, own: Offer | None, outcome: str | None = None, *, is_call: bool = False) -> Shown:
    """Where a referral stands, as its sender (`own` is None) or a candidate reads it."""
    if is_call:
        return Shown(_("Open to take"), "open", "wait")
    if own is not None and own.status != Status.ACCEPTED and (found := RECEIVER_WORDS.get((own.status, own.business_status))):
        if own.status == Status.REQUESTED and row.business_status == Business.ESCALATED:
            return Shown(_("Needs your reply now"), "triangle", "danger")
        return Shown(str(found[0]), found[1], found[2])
    if row.status == Status.COMPLETED and outcome == "partly":
        return Shown(_("Closed: partly helped"), "disc", "ok")
    found = WORDS.get((row.status, row.business_status)) or WORDS[(row.status, "")]
    return Shown(str(found[0]), found[1], found[2])


def looking_words(people: Sequence[Any]) -> str:
    """Which colleagues have a referral open."""
    names = [str(each) for each in people]
    if not names:
        return ""
    last = names[-1]
    if len(names) == 1:
        return _("%(name)s is looking at this") % {"name": last}
    return _("%(names)s and %(name)s are looking at this") % {"names": ", ".join(names[:-1]), "name": last}


def offer_words(offer: Offer) -> str:
    """What the sender reads about one candidate."""
    if offer.status == Status.DRAFT:
        return _("Next in line")
    if offer.status == Status.ACCEPTED:
        return _("Said yes")
    if offer.escalated_at is not None and offer.status == Status.REQUESTED:
        return _("Asked, no answer in time")
    if offer.status == Status.REQUESTED and offer.business_status == Business.NONE:
        return _("Opened, no answer yet") if offer.seen_at else _("Asked")
    return str(SENDER_OFFER_WORDS.get(Business(offer.business_status), offer.status))


def when(at: datetime | None, now: datetime) -> str:
    """A time as people say it: today 16:00, tomorrow 09:00, Thu 12:00, 3 May 12:00."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    clock, days = date_format(local, "H:i"), (local.date() - today).days
    if days == 0:
        return _("today %(time)s") % {"time": clock}
    if days in {1, -1}:
        return (_("tomorrow %(time)s") if days == 1 else _("yesterday %(time)s")) % {"time": clock}
    if -6 <= days <= 6:
        return f"{date_format(local, 'D')} {clock}"
    return date_format(local, "j M Y") if local.year != today.year else f"{date_format(local, 'j M')} {clock}"


def language_name(code: str) -> str:
    """English for `en`; the code itself where it has no name here."""
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


# What a consent opens, by its field groups.
SHARED = {
    "identity": gettext_lazy("who they are"),
    "contact": gettext_lazy("how to reach them"),
    "languages": gettext_lazy("languages"),
    "note": gettext_lazy("the note"),
    "messages": gettext_lazy("messages"),
}
VERBS = {
    "accept": gettext_lazy("Accept"),
    "reject": gettext_lazy("Decline"),
    "ask": gettext_lazy("Ask a question"),
    "answer": gettext_lazy("Answer the question"),
    "see": gettext_lazy("Opened"),
    "claim": gettext_lazy("I take care of it"),
    "unclaim": gettext_lazy("Give it back to the team"),
    "assign": gettext_lazy("Put a colleague on the case"),
    "take": gettext_lazy("Take it"),
    "forward": gettext_lazy("Pass it on"),
    "hand-on": gettext_lazy("Hand the person on"),
    "offer": gettext_lazy("Ask another service"),
    "retract": gettext_lazy("Take back this request"),
    "give-up": gettext_lazy("Record that nothing was found"),
    "unaccept": gettext_lazy("Give it back"),
    "waitlist": gettext_lazy("Put on the waiting list"),
    "start": gettext_lazy("Support has started"),
    "hold": gettext_lazy("Pause"),
    "note": gettext_lazy("Add a note"),
    "complete": gettext_lazy("Close: the person got help"),
    "fail": gettext_lazy("Close: it could not go ahead"),
    "reopen": gettext_lazy("Open again"),
    "cancel": gettext_lazy("Cancel this referral"),
    "withdraw": gettext_lazy("The person no longer agrees"),
    "correct": gettext_lazy("Recorded by mistake"),
    "discard": gettext_lazy("Delete this draft"),
    "send": gettext_lazy("Send"),
}
DONE = {
    "send": gettext_lazy("sent the referral"),
    "accept": gettext_lazy("said yes"),
    "reject": gettext_lazy("declined"),
    "ask": gettext_lazy("asked a question"),
    "answer": gettext_lazy("answered"),
    "expire": gettext_lazy("No reply in time"),
    "take": gettext_lazy("took it"),
    "escalate": gettext_lazy("No reply in time. More people are asked now"),
    "acknowledged": gettext_lazy("saw the alarm and takes care of it"),
    "forward": gettext_lazy("passed it on"),
    "hand-on": gettext_lazy("handed the person on"),
    "offer": gettext_lazy("asked another service"),
    "retract": gettext_lazy("took the request back"),
    "give-up": gettext_lazy("recorded that no service was found"),
    "unaccept": gettext_lazy("gave it back"),
    "waitlist": gettext_lazy("put the person on the waiting list"),
    "start": gettext_lazy("started support"),
    "hold": gettext_lazy("paused"),
    "note": gettext_lazy("added a note"),
    "complete": gettext_lazy("closed it: the person got help"),
    "fail": gettext_lazy("closed it: it could not go ahead"),
    "close-silent": gettext_lazy("Closed after 90 days of silence"),
    "reopen": gettext_lazy("opened it again"),
    "cancel": gettext_lazy("cancelled"),
    "withdraw": gettext_lazy("ended the consent"),
    "correct": gettext_lazy("marked it as recorded by mistake"),
    "see": gettext_lazy("opened it"),
    "claim": gettext_lazy("takes care of it"),
    "unclaim": gettext_lazy("gave it back to the team"),
    "assign": gettext_lazy("put a colleague on the case"),
    "asked": gettext_lazy("asked you"),
    "ended": gettext_lazy("This request ended"),
    "reminder": gettext_lazy("A reminder: an answer is waited for"),
    "nudge": gettext_lazy("A reminder: nothing has been recorded for a while"),
    "resume": gettext_lazy("The clock runs on without an answer"),
    "wait-passed": gettext_lazy("The expected date has passed: a new one, or a start, is needed"),
    "follow-up-due": gettext_lazy("A reminder: ask how it is going"),
    "follow-up-ended": gettext_lazy("Nobody wrote down in time how it is going"),
    "follow-up": gettext_lazy("asked how it is going"),
    "lapse": gettext_lazy("Back to the team: not answered in four open hours"),
    "cover": gettext_lazy("A colleague is away: it goes to whoever covers, or to the team"),
    "returned": gettext_lazy("Back to the team: a colleague has left"),
}
MACHINE = frozenset({
    "expire", "escalate", "close-silent", "reminder", "nudge", "resume", "ended", "claim", "unclaim", "see", "assign", "lapse", "cover",
    "returned", "wait-passed", "follow-up-due", "follow-up-ended",
})  # fmt: skip

GAP_KINDS = {
    "unmet-demand": gettext_lazy("Without a place"),
    "bottleneck": gettext_lazy("Bottleneck"),
    "low-access": gettext_lazy("Few places near"),
    "single-point": gettext_lazy("Single point of failure"),
    "fragmentation": gettext_lazy("Apart from the others"),
    "silent-tie": gettext_lazy("Silent partnership"),
}
GAP_METHODS = {
    "unmet-demand": gettext_lazy("People a month who cannot be placed, however well everybody is routed. Real routing is worse."),
    "bottleneck": gettext_lazy("Areas that need more places than all services open to them offer together."),
    "low-access": gettext_lazy("Places within reach for each person who needs one, near ones weighing more, compared with the usual."),
    "single-point": gettext_lazy("Partners and people who would be cut off if this one closed."),
    "fragmentation": gettext_lazy("Groups of partners that accept no referrals from the rest of the network."),
    "silent-tie": gettext_lazy("Referrals whose outcome does not come back, doors that stay closed, agreements that nobody uses."),
}
CERTAINTIES = {
    "firm": (gettext_lazy("Firm"), gettext_lazy("there even if need is low and places are many")),
    "likely": (gettext_lazy("Likely"), gettext_lazy("there at the middle values, not if need is low and places are many")),
    "possible": (gettext_lazy("Possible"), gettext_lazy("there only if need is high and places are few")),
}
BASES = {
    "counted": gettext_lazy("counted in this network"),
    "stated": gettext_lazy("as the services stated it"),
    "inferred": gettext_lazy("inferred from what was accepted"),
    "modelled": gettext_lazy("modelled, not counted"),
}
EVERY = {"people/month": "people", "places/month": "places", "referrals/month": "referrals"}


def amount(value: float) -> str:
    """A whole number with its thousands apart; a little is not nothing."""
    return f"{math.ceil(value) if 0 < value < 1 else round(value):,}"


def size_of(unit: str, low: float, point: float, high: float) -> str:
    """A size with its range, a month."""
    first, middle, last = amount(low), amount(point), amount(high)
    shown = middle if first == last else _("%(middle)s (%(low)s to %(high)s)") % {"middle": middle, "low": first, "high": last}
    words = {
        "people": ngettext("%(n)s person a month", "%(n)s people a month", round(point)),
        "places": ngettext("%(n)s place a month", "%(n)s places a month", round(point)),
        "referrals": ngettext("%(n)s referral a month", "%(n)s referrals a month", round(point)),
    }[EVERY.get(unit, unit)]
    return words % {"n": shown}


def access_words(ratio: float | None) -> str:
    """How many places are near, compared with the usual."""
    if ratio is None:
        return _("not known")
    if ratio <= 0:
        return _("no place near")
    if ratio < 0.05:
        return _("less than 0.1 of the usual")
    return _("%(ratio)s of the usual") % {"ratio": f"{ratio:.1f}"}
