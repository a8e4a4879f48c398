"""Django's entry to `network.core`."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "network.core"
    label = "core"

    def ready(self) -> None:
        from . import tracebacks
        from .kinds import Class, register

        register("organization", Class.AUDIT, "key.rotated", "log.archived")
        tracebacks.connect()
