"""Django's entry to `network.accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "network.accounts"
    label = "accounts"

    def ready(self) -> None:
        from network.core.kinds import Class, register, register_subject

        from . import signals
        from .models import Application, Claim, Invitation, Membership

        register("membership", Class.ACCESS, "member.joined", "member.left", "member.role_changed", webhook=False)
        register("membership", Class.WORK, "member.away", "member.back", webhook=False)
        register("application", Class.ACCESS, "application.created", "application.revoked", webhook=False)
        register("claim", Class.WORK, "claim.asked", "claim.approved", "claim.refused", webhook=False)
        register("invitation", Class.WORK, "invitation.sent", "invitation.withdrawn", webhook=False)
        for subject, model in (("membership", Membership), ("application", Application), ("claim", Claim), ("invitation", Invitation)):
            register_subject(subject, model)
        signals.connect()
