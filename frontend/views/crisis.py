"""The crisis page: a number that works, whatever is broken. Its lines are read once and kept in the process."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from network.partners.models import CrisisLine

KEPT_FOR = 60.0
_kept: dict[str, Any] = {"lines": [], "at": 0.0}


def crisis(request: HttpRequest) -> HttpResponse:
    return render(request, "frontend/crisis.html", {"lines": lines()})


def lines() -> list[CrisisLine]:
    """The lines of this installation's regions; those read last where the database is away."""
    if time.monotonic() - _kept["at"] > KEPT_FOR or not _kept["lines"]:
        try:
            _kept["lines"] = list(CrisisLine.objects.filter(region__in=settings.REGIONS).order_by("position", "name"))
            _kept["at"] = time.monotonic()
        except DatabaseError:
            pass
    return list(_kept["lines"])
