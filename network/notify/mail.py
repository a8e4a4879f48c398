"""The one mail there is: fixed words, the same for everybody and everything, and a link to the sign-in."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

SUBJECT = "There is news on a referral"
WORDS = "There is news on a referral. Sign in to read it."


def send(address: str) -> None:
    """Send it; whatever the mail server says against it is raised."""
    send_mail(SUBJECT, f"{WORDS}\n\n{settings.SITE_URL}{reverse('account_login')}\n", None, [address])
