"""The coded reasons a verb can be given, with their first day; an old code is closed, never deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

SINCE = date(2024, 1, 1)

# verb: (code, label, comment required)
REASONS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "reject": (
        ("full", "No place at the moment", False),
        ("not-eligible", "Does not meet what we can work with", True),
        ("outside-area", "Outside our area", False),
        ("language", "No one who speaks the language", False),
        ("wrong-service", "Another service fits better", True),
        ("more-information-needed", "Too little to decide on, and no answer to our question", False),
        ("closed", "The service is closed or paused", False),
        ("safety", "We cannot offer this safely", True),
        ("other", "Another reason", True),
    ),
    "retract": (("placed-another-way", "Help was found another way", False), ("wrong-service", "Sent to the wrong service", False),
                ("no-answer", "Waited long enough", False), ("other", "Another reason", True)),
    "give-up": (("no-service-found", "No service could be found", False), ("person-stopped", "The person no longer wants this", False),
                ("no-answer-in-time", "Nobody answered and nothing more was tried", False), ("other", "Another reason", True)),
    "unaccept": (("accepted-by-mistake", "Accepted by mistake", False), ("no-capacity-after-all", "No place after all", False),
                 ("not-eligible", "Does not meet what we can work with", True), ("other", "Another reason", True)),
    "hold": (("person-asked", "The person asked for a break", False), ("cannot-reach", "The person cannot be reached", False),
             ("waiting-for-documents", "Waiting for documents", False), ("staff-absence", "Staff are away", False),
             ("other", "Another reason", True)),
    "note": (("appointment-booked", "Appointment booked", False), ("contact-attempted", "Tried to make contact", False),
             ("no-show", "The person did not come", False)),
    "fail": (("not-reached", "The person could not be reached", False), ("no-show", "The person did not come", False),
             ("not-eligible", "Does not meet what we can work with", True), ("declined-by-person", "The person said no", False),
             ("moved-away", "The person moved away", False), ("died", "The person died", False), ("other", "Another reason", True)),
    "reopen": (("came-back", "The person came back", False), ("closed-by-mistake", "Closed by mistake", False), ("other", "Another reason", True)),
    "cancel": (("sent-by-mistake", "Sent by mistake", False), ("no-longer-needed", "No longer needed", False),
               ("duplicate", "It was sent already", False), ("person-stopped", "The person no longer wants this", False),
               ("other", "Another reason", True)),
    "correct": (("wrong-person", "About the wrong person", False), ("wrong-need", "The wrong need", False), ("test", "It was a test", False),
                ("other", "Another reason", True)),
    "send": (("new-situation", "Things have changed since", False), ("other-service-needed", "Needed as well as the first", False),
             ("first-was-silent", "No answer to the first", False), ("other", "Another reason", True)),
}  # fmt: skip


def load_reasons(model: Any) -> None:
    """Add the reasons that are missing. `model` is ReasonCode, or its stand-in of a migration."""
    present = set(model.objects.values_list("verb", "code"))
    model.objects.bulk_create(
        model(verb=verb, code=code, label=label, comment_required=comment, position=position, effective_from=SINCE)
        for verb, reasons in REASONS.items()
        for position, (code, label, comment) in enumerate(reasons)
        if (verb, code) not in present
    )
