"""What a report takes for granted, each with its value and in words: shown beside the figures, and some can be changed there. No Django."""

from __future__ import annotations

from dataclasses import dataclass

from .figures import LEAST_CONFIDENTIAL, OWN_AREA_MINUTES
from .gaps import Settings

# What a coordinator may change beside the figure; each as (low, point, high).
CHANGEABLE = ("help_share", "clinician_places", "unknown_places")


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that nobody measured. No number: it holds as it is said."""

    name: str
    words: str
    low: float | None = None
    point: float | None = None
    high: float | None = None

    @property
    def changeable(self) -> bool:
        return self.name in CHANGEABLE


# Settings that are assumed, in words; the others are rules of the report and not beliefs about the world.
OF_SETTINGS = {
    "help_share": "Share of adults in distress who look for help in a month.",
    "clinician_places": "New people whom one listed clinician can take in a month. A head count is not full-time work.",
    "unknown_places": "Places a month of a service of which nothing is known, where no other of its kind states any.",
    "minutes": "Minutes that people travel: the wide, the usual and the narrow catchment.",
    "km_per_hour": "Speed of travel, in km/h, where only the distance is known; it is measured in a straight line between centres.",
    "stated_days": "Days for which a stated capacity counts.",
    "shrink": "Weight, in people asking, of the model against who asked in an area.",
}
HELD = (
    Assumption("distress-is-counselling", "Distress stands for the need for counselling. Other needs count only who asked for them."),
    Assumption("silence-is-not-absence", "An area where few ask and little is offered is taken to need what its distress says."),
    Assumption("alike-groups", "Groups of an area are taken to be as distressed as its other people; their share is that of who asked."),
    Assumption(
        "own-area-in-reach",
        "Services in one's own area are always within reach, whatever the drive; then so many minutes at most.",
        point=Settings().minutes[2] * OWN_AREA_MINUTES,
    ),
    Assumption(
        "clinicians-less-partners",
        "Places of partners in an area are taken off those of its listed clinicians: they are the same heads.",
    ),
    Assumption("clinicians-for-everybody", "Listed clinicians are open to everybody in reach, in any language: nothing says otherwise."),
    Assumption(
        "confidential-services",
        "Confidential services are never placed: open to the whole region, and only where at least so many meet the same need.",
        point=float(LEAST_CONFIDENTIAL),
    ),
    Assumption("perfect-routing", "Everybody finds the best place that is left. Real routing is worse, so a shortage is a lower bound."),
)


def assumptions_of(settings: Settings) -> list[Assumption]:
    """Every assumption of a report with the values that it was computed with, the changeable ones first."""
    found = []
    for name, words in OF_SETTINGS.items():
        value = getattr(settings, name)
        # A catchment is given mild to harsh, which is wide to narrow; low is the least minutes.
        low, point, high = sorted(value) if isinstance(value, tuple) else (None, float(value), None)
        found.append(Assumption(name, words, low, point, high))
    held = (
        Assumption(each.name, each.words, point=settings.minutes[2] * OWN_AREA_MINUTES) if each.name == "own-area-in-reach" else each
        for each in HELD
    )
    said = (Assumption(name, value) for name, value in settings.assumptions)
    return [*sorted(found, key=lambda each: not each.changeable), *held, *said]
