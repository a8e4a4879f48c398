"""Django's entry to `network.referrals`."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "network.referrals"
    label = "referrals"

    def ready(self) -> None:
        from network.core.kinds import Class, register, register_subject

        from .lifecycle import MOVES
        from .models import Offer, Referral

        verbs = [*MOVES, "draft", "resume", "wait-passed", "follow-up"]
        register("referral", Class.WORK, *(f"referral.{verb}" for verb in verbs))
        of_offers = [
            "asked",
            "ended",
            "reminder",
            "nudge",
            "resume",
            "declining",
            "kept",
            "wait-passed",
            "follow-up-due",
            "follow-up-ended",
        ]
        register("offer", Class.WORK, *(f"offer.{verb}" for verb in [*MOVES, *of_offers]))
        register("organization", Class.WORK, "organization.calls")
        register("organization", Class.WORK, "search.unmatched", webhook=False)
        register("referral", Class.WORK, "message.sent", "attachment.added", "attachment.checked", "attachment.removed")
        for subject, model in (("referral", Referral), ("offer", Offer)):
            register_subject(subject, model)
