"""Django's entry to `network.notify`."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "network.notify"
    label = "notify"
