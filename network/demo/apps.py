"""Django's entry to `network.demo`."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "network.demo"
    label = "demo"
