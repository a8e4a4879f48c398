"""Web push: a signed knock without a content, at the address a browser gave; its worker says that there is something new."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from enum import Enum

from cryptography.hazmat.primitives import serialization
from django.conf import settings
from py_vapid import Vapid02
from py_vapid.utils import b64urlencode

from network.core import outward

LIVES_FOR = 4 * 3600  # seconds that a push service may keep a knock for a browser that sleeps


class Heard(Enum):
    """What became of a knock."""

    TAKEN = "taken"
    GONE = "gone"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Knock:
    """The answer, and how many seconds of patience the other side asked for."""

    heard: Heard
    wait: int = 0


def is_on() -> bool:
    return bool(settings.VAPID_KEY)


def public_key() -> str:
    """What a browser needs to allow us to knock."""
    point = _key().public_key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return str(b64urlencode(point))


def _key() -> Vapid02:
    return Vapid02.from_raw(settings.VAPID_KEY.encode())


def knock(endpoint: str, *, is_urgent: bool = False) -> Knock:
    """Knock once. An address that leads where nothing is dialled is gone for good."""
    try:
        origin = outward.checked(endpoint).origin
        signed = _key().sign({"aud": origin, "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"})
        # One topic: of several knocks at a sleeping browser the last is kept.
        headers = {**signed, "TTL": str(LIVES_FOR), "Urgency": "high" if is_urgent else "normal", "Topic": "news"}
        answer = outward.fetch(endpoint, headers=headers)
    except outward.NotOutward:
        return Knock(Heard.GONE)
    except outward.Unreachable:
        return Knock(Heard.LATER)
    if 200 <= answer.status < 300:
        return Knock(Heard.TAKEN)
    if answer.status in {404, 410}:
        return Knock(Heard.GONE)
    if answer.status == 429 or answer.status >= 500:
        return Knock(Heard.LATER, answer.retry_after or 0)
    return Knock(Heard.NEVER)
