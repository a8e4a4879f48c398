"""How soon an answer is needed, and how candidates are asked."""

from __future__ import annotations

from django.db import models


class Urgency(models.TextChoices):
    """How soon an answer is needed."""

    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"
    CRISIS = "crisis"


class Strategy(models.TextChoices):
    """How candidates are asked."""

    DIRECT = "direct"
    CASCADE = "cascade"
    BROADCAST = "broadcast"
    OPEN = "open"
