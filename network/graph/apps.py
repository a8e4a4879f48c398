"""Django's entry to `network.graph`."""

from django.apps import AppConfig


class GraphConfig(AppConfig):
    name = "network.graph"
    label = "graph"

    def ready(self) -> None:
        from functools import partial

        from network.core import keepers
        from network.core.kinds import Class, register, register_subject

        from .models import GapReport
        from .tasks import keep_watching

        register("report", Class.WORK, "graph.report", webhook=True)
        register_subject("report", GapReport)
        keepers.register("report", partial(keep_watching, at_once=True))
