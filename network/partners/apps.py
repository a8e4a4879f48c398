"""Django's entry to `network.partners`."""

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "network.partners"
    label = "partners"

    def ready(self) -> None:
        from network.core.kinds import Class, register, register_subject

        from .models import Agreement, Organization, Service

        register("organization", Class.WORK, "organization.joined", "organization.changed", "import.finished")
        register("service", Class.WORK, "service.created", "service.changed", "capacity.changed")
        register("agreement", Class.WORK, "agreement.made", "agreement.ended")
        for subject, model in (("organization", Organization), ("service", Service), ("agreement", Agreement)):
            register_subject(subject, model)
