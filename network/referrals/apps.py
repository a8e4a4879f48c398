"""Django's entry to `network.referrals`."""

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "network.referrals"
    label = "referrals"

    def ready(self) -> None:
        from functools import partial

        from network.accounts.actions import GIVES_BACK
        from network.core import keepers
        from network.core.kinds import Class, register, register_subject

        from .actions.team import give_back
        from .lifecycle import MOVES
        from .models import Alarm, Offer, Referral
        from .tasks import keep_sweeping

        verbs = [*MOVES, "draft", "resume", "returned", "wait-passed", "follow-up"]
        register("referral", Class.WORK, *(f"referral.{verb}" for verb in verbs))
        of_offers = (
            "asked", "ended", "reminder", "nudge", "resume", "declining", "kept", "returned", "wait-passed", "follow-up-due",
            "follow-up-ended",
        )  # fmt: skip
        register("offer", Class.WORK, *(f"offer.{verb}" for verb in (*MOVES, *of_offers)))
        register("organization", Class.WORK, "organization.calls")
        register("organization", Class.WORK, "search.unmatched", webhook=False)
        register("referral", Class.WORK, "message.sent", "attachment.added", "attachment.checked", "attachment.removed")
        GIVES_BACK.append(give_back)
        register("referral", Class.WORK, "referral.acknowledged")
        register(
            "alarm", Class.WORK, *(f"alarm.{verb}" for verb in ("raised", "stepped", "acknowledged", "handing", "handed", "kept", "ended"))
        )
        register("organization", Class.WORK, "crisis_plan.changed", webhook=False)
        for subject, model in (("referral", Referral), ("offer", Offer), ("alarm", Alarm)):
            register_subject(subject, model)
        keepers.register("sweep", partial(keep_sweeping, at_once=True))
