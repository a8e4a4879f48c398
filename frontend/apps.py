"""Django's entry to the pages."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    name = "frontend"

    def ready(self) -> None:
        from network.partners.crisis_lines import register_writer

        from .crisis_pages import write

        register_writer(write)
