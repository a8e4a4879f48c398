"""Django's entry to `network.people`."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "network.people"
    label = "people"

    def ready(self) -> None:
        from network.core.kinds import Class, register, register_subject

        from .models import Person

        register("person", Class.WORK, "person.created", "person.changed", "safe_contact.changed", webhook=False)
        register("person", Class.ACCESS, "consent.given", "consent.withdrawn")
        register("person", Class.AUDIT, "person.disclosed", "person.read")
        register_subject("person", Person)
