"""Django's entry to `network.graph`."""

from django.apps import AppConfig


class GraphConfig(AppConfig):
    name = "network.graph"
    label = "graph"

    def ready(self) -> None:
        from network.core.kinds import Class, register, register_subject

        from .models import GapReport

        register("report", Class.WORK, "graph.report", webhook=True)
        register_subject("report", GapReport)
