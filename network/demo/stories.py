"""The plots of a year: who sent whom to whom, what was answered, and when. Pure: a seed and a moment in, stories out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

HOUR = timedelta(hours=1)
# plot: how often, of a hundred
PLOTS = (
    ("helped", 40), ("partly", 8), ("failed", 10), ("declined-then-helped", 10), ("declined-then-given-up", 5), ("silent-then-helped", 6),
    ("silent-then-given-up", 4), ("cancelled", 4), ("waited", 5), ("silent-after-acceptance", 8), ("cascade-then-helped", 6),
    ("broadcast-then-helped", 5), ("open-then-helped", 4), ("open-then-silent", 2), ("forwarded-then-helped", 3),
)  # fmt: skip
FAILURES = ("not-reached", "no-show", "declined-by-person", "moved-away")
DECLINES = ("full", "outside-area", "language", "closed")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service that can be asked, and one who works there."""

    organization: UUID
    service: UUID
    worker: UUID


@dataclass(frozen=True, slots=True)
class Step:
    """One move of a story. `offer` is the number of the offer it lies on; None: on the referral."""

    at: datetime
    verb: str
    side: str
    offer: int | None = None
    reason: str | None = None
    text: str | None = None
    outcome: str | None = None
    on: date | None = None
    asks: tuple[Candidate, ...] = ()
    strategy: str = "direct"
    reached: tuple[tuple[str, str], ...] = ()
    may_ask_again: bool | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A referral from its draft to where it stands."""

    begun: datetime
    sender: UUID
    author: UUID
    person: int
    need: str
    urgency: str
    place: UUID
    languages: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    steps: tuple[Step, ...] = field(default=())
    desired: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()  # to "How is it going?" after 30 and 90 days; empty: nobody answered


def weighted(random: Random, pairs: Sequence[tuple[str, int]]) -> str:
    return random.choices([name for name, _ in pairs], [weight for _, weight in pairs])[0]


def steps_of(plot: str, begun: datetime, candidates: Sequence[Candidate], due: Sequence[datetime], random: Random) -> Iterator[Step]:
    """The moves of a plot. `due[0]` is when the first candidate's answer is due."""
    at = begun + timedelta(minutes=random.randint(2, 20))
    several = plot.startswith(("cascade", "broadcast"))
    asks = () if plot.startswith("open") else tuple(candidates[: 2 if several else 1])
    yield Step(at, "send", "sender", asks=asks, strategy=plot.partition("-")[0] if not asks or several else "direct")
    at += timedelta(minutes=random.randint(20, 600))
    number = 0
    if plot.startswith("open"):
        yield from _called(plot, at, candidates[0], due[-1], random)
        return
    if plot.startswith("cascade"):
        yield from _seen(at, 0)
        at += HOUR * random.randint(1, 5)
        yield Step(at, "reject", "receiver", 0, reason=random.choice(DECLINES))
        number, at = 1, at + HOUR * random.randint(1, 8)
    elif plot.startswith("broadcast"):
        number = random.randint(0, 1)
    elif plot.startswith("forwarded"):
        yield from _seen(at, 0)
        at += HOUR * random.randint(1, 5)
        yield Step(at, "forward", "receiver", 0, asks=(candidates[1],))
        number, at = 1, at + HOUR * random.randint(1, 8)
    elif plot.startswith("silent-then"):
        yield Step(due[0] + timedelta(seconds=random.randint(1, 50)), "expire", "clock", 0)
        at = due[0] + HOUR * random.randint(1, 20)
    elif plot.startswith("declined"):
        yield from _seen(at, 0)
        at += HOUR * random.randint(1, 5)
        yield Step(at, "reject", "receiver", 0, reason=random.choice(DECLINES))
        at += HOUR * random.randint(1, 20)
    if plot.endswith("given-up"):
        yield Step(at, "give-up", "sender", reason="no-service-found")
        return
    if plot in {"declined-then-helped", "silent-then-helped"}:
        yield Step(at, "offer", "sender", asks=(candidates[1],))
        number, at = 1, at + HOUR * random.randint(1, 8)
    if plot == "cancelled":
        yield Step(at, "cancel", "sender", reason="no-longer-needed")
        return
    yield from _seen(at, number)
    yield from _kept(plot, at + HOUR * random.randint(1, 4), number, random)


def _called(plot: str, at: datetime, taker: Candidate, due: datetime, random: Random) -> Iterator[Step]:
    """An open call: somebody takes it, or nobody does."""
    if plot == "open-then-helped":
        yield Step(at, "take", "taker", asks=(taker,))
        yield from _supported(plot, at, 0, random)
        return
    at = due + timedelta(seconds=random.randint(1, 50))
    yield Step(at, "expire", "clock")
    yield Step(at + HOUR * random.randint(1, 20), "give-up", "sender", reason="no-service-found")


def _seen(at: datetime, number: int) -> Iterator[Step]:
    yield Step(at, "see", "receiver", number)


def _kept(plot: str, at: datetime, number: int, random: Random) -> Iterator[Step]:
    """From the acceptance to the end."""
    yield Step(at, "accept", "receiver", number)
    yield from _supported(plot, at, number, random)


def _supported(plot: str, at: datetime, number: int, random: Random) -> Iterator[Step]:
    if plot == "waited":
        at += HOUR * 20
        yield Step(at, "waitlist", "receiver", number, on=(at + timedelta(days=21)).date())
    at += timedelta(days=random.randint(1, 6), hours=random.randint(0, 5))
    yield Step(at, "start", "receiver", number)
    at += timedelta(days=random.randint(1, 5))
    yield Step(at, "note", "receiver", number, reason="appointment-booked", on=(at + timedelta(days=3)).date())
    if plot == "silent-after-acceptance":
        yield Step(at + timedelta(days=90, minutes=1), "close-silent", "clock", number)
        return
    at += timedelta(days=random.randint(5, 40))
    if plot == "failed":
        yield Step(at, "fail", "receiver", number, reason=random.choice(FAILURES))
    else:
        yield Step(at, "complete", "receiver", number, outcome="partly" if plot == "partly" else "got-help")


# What came of a hope, by how the referral ended; of a hundred.
REACHED = {
    "got-help": (("yes", 68), ("partly", 22), ("no", 4), ("not-known", 6)),
    "partly": (("yes", 18), ("partly", 52), ("no", 22), ("not-known", 8)),
}
ANSWERS = (("still-helped", 46), ("partly", 22), ("no", 8), ("not-reached", 14), ("does-not-want", 4), ("", 6))
# How much less often somebody is helped in the first place whose language few services speak; of a hundred.
LOST = {"es": 14, "ar": 30, "so": 30, "uk": 22}


def with_hopes(story: Story, codes: Sequence[str], random: Random) -> Story:
    """The same story with what was hoped for in three cases of four, what came of it, and how it went weeks later."""
    if random.random() > 0.75:
        return story
    desired = tuple(random.sample(codes, random.randint(1, min(3, len(codes)))))
    steps = tuple(_with_answers(step, desired, random) for step in story.steps)
    answers = tuple(weighted(random, ANSWERS) for _ in range(2))
    return replace(story, desired=desired, steps=steps, answers=answers)


def _with_answers(step: Step, desired: Sequence[str], random: Random) -> Step:
    if step.verb != "complete":
        return step
    reached = tuple((code, weighted(random, REACHED[step.outcome or "partly"])) for code in desired)
    return replace(step, reached=reached, may_ask_again=random.random() < 0.7 if random.random() < 0.9 else None)


def still_waiting(steps: Sequence[Step]) -> list[Step]:
    """Those up to the waiting list, whose date came and passed."""
    until = next(number for number, step in enumerate(steps) if step.verb == "waitlist")
    listed = replace(steps[until], on=(steps[until].at + timedelta(days=7)).date())
    return [*steps[:until], listed]


def less_often_helped(plot: str, language: str, random: Random) -> str:
    """Some of those who would have been helped are not, where few speak their language."""
    if plot in {"helped", "partly", "open-then-helped"} and random.random() * 100 < LOST.get(language, 0):
        return random.choice(("failed", "silent-after-acceptance", "failed"))
    return plot


def pick(candidates: Sequence[Candidate], weights: Mapping[UUID, int], random: Random, count: int) -> list[Candidate]:
    """Candidates of different organisations, the large ones more often: that is how a hub is overloaded."""
    left = list(candidates)
    chosen: list[Candidate] = []
    while left and len(chosen) < count:
        found = random.choices(left, [weights[c.organization] for c in left])[0]
        chosen.append(found)
        left = [c for c in left if c.organization != found.organization]
    return chosen
