"""Append the head of every sequence to CHECKPOINT_DIR: what the log was, kept where its database's owner cannot rewrite it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from network.core.checkpoints import publish


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        path, count = publish()
        self.stdout.write(f"{count} heads appended to {path}")
