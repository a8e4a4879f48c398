"""Deferred work of accounts: mails that carry a link. The token is made here, so no row, argument or event ever held it."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django_tasks import task

from network.core.clock import now

from .models import Invitation


@task(queue_name="outward")
def send_invitation(invitation_id: str) -> None:
    """Make the link, keep its hash, send the mail. A repeat makes a new link; the one before it ends."""
    invitation = Invitation.objects.open(now()).filter(pk=UUID(invitation_id)).select_related("organization").first()
    if invitation is None:
        return
    link = new_link(invitation)
    words = {"link": link, "organization": invitation.organization.name, "site": settings.SITE_NAME, "until": invitation.expires_at}
    send_mail("You are invited", render_to_string("accounts/invitation.txt", words), None, [invitation.email])


def new_link(invitation: Invitation) -> str:
    """A fresh link; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    Invitation.objects.filter(pk=invitation.pk).update(token_hash=hashlib.sha256(token.encode()).digest())
    return f"{settings.SITE_URL}/join/{token}"
