"""What people may hope for, by domain of needs, with their first day; an old code is closed, never deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

SINCE = date(2024, 1, 1)

# domain: (code, label). The empty domain fits every need.
OUTCOME_CODES: dict[str, tuple[tuple[str, str], ...]] = {
    "": (
        ("feel-safer", "Feel safer"),
        ("feel-better", "Feel better in themselves"),
        ("know-where-to-turn", "Know where to turn next time"),
        ("more-say", "Have more say in what happens"),
        ("daily-life", "Manage daily life"),
    ),
    "mental-health": (
        ("cope-with-distress", "Cope with distress"),
        ("understand-what-helps", "Understand what helps them"),
        ("talk-to-somebody", "Have somebody to talk to"),
        ("sleep-and-routine", "Find sleep and a routine again"),
    ),
    "crisis": (("through-the-crisis", "Get through the crisis"), ("plan-for-next-time", "Have a plan for the next time")),
    "substance-use": (("use-less", "Use less, or more safely"), ("stay-stopped", "Stay stopped")),
    "connection": (("meet-people", "Meet people"), ("part-of-something", "Be part of something")),
    "family": (("rest-for-carers", "Get rest from caring"), ("family-gets-on", "Get on better in the family")),
    "safety": (("safe-place", "Be in a safe place"), ("safety-plan", "Have a safety plan")),
    "housing": (("keep-home", "Keep their home"), ("find-home", "Find a home"), ("home-fit", "Have a home fit to live in")),
    "basics": (("enough-to-eat", "Have enough to eat"),
               ("bills-paid", "Keep light and heat on"), ("get-about", "Get to where they need to be")),
    "money": (("debts-in-hand", "Have debts in hand"), ("income-due", "Receive the income they are due")),
    "work-learning": (("work-found", "Find or keep work"), ("skill-gained", "Gain a skill")),
    "rights": (("rights-known", "Know their rights"), ("papers-in-order", "Have papers in order"),
               ("understood", "Be understood in their language")),
}  # fmt: skip


def load_outcome_codes(model: Any) -> None:
    """Add the codes that are missing. `model` is OutcomeCode, or its stand-in of a migration."""
    present = set(model.objects.values_list("code", flat=True))
    model.objects.bulk_create(
        model(code=code, label=label, domain=domain, position=position, effective_from=SINCE)
        for domain, codes in OUTCOME_CODES.items()
        for position, (code, label) in enumerate(codes)
        if code not in present
    )
