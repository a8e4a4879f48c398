"""The mails there are: fixed words, the same for everybody, and a link to the sign-in. News, a call by an alarm, and that of a drill."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

SUBJECT = "There is news on a referral"
WORDS = "There is news on a referral. Sign in to read it."
CALL_SUBJECT = "You are needed now"
CALL_WORDS = "Somebody waits for an answer now, and you are the one who is asked. Sign in and acknowledge."
DRILL = "DRILL: "
DRILL_WORDS = "DRILL: this is a practice alarm, nobody waits. Sign in and acknowledge, as you would if it were real."


def send(address: str) -> None:
    """Send news; whatever the mail server says against it is raised."""
    _send(address, SUBJECT, WORDS)


def call(address: str, *, is_drill: bool) -> None:
    """Call a responder; raises as `send` does."""
    _send(address, DRILL + CALL_SUBJECT if is_drill else CALL_SUBJECT, DRILL_WORDS if is_drill else CALL_WORDS)


def _send(address: str, subject: str, words: str) -> None:
    send_mail(subject, f"{words}\n\n{settings.SITE_URL}{reverse('account_login')}\n", None, [address])
