"""Django's entry to the pages."""

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    name = "frontend"
