"""A stock Channels application, to compare with: a consumer for each socket, a group send over the in-memory layer."""

from __future__ import annotations

import json
import secrets
from typing import Any

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["channels"],
    SECRET_KEY=secrets.token_hex(30),
    # Stock but for the capacity: at 100 the layer would drop what this measures.
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}},
)
django.setup()

from channels.generic.http import AsyncHttpConsumer  # noqa: E402 - settings come first
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

GROUP = "everybody"


class Socket(AsyncWebsocketConsumer):
    """Joins the group, and passes on what it hears."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def hint(self, message: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(message["frame"]))


class Ring(AsyncHttpConsumer):
    """`GET /healthz` says that it lives, anything else sends one frame to all."""

    async def handle(self, body: bytes) -> None:
        if self.scope["path"] != "/healthz":
            frame = {"seq": 1, "kind": "offer.asked", "subject": "offer/6f1b1a52-3f0e-4b7e-9d0c-000000000001"}
            await self.channel_layer.group_send(GROUP, {"type": "hint", "frame": frame})
        await self.send_response(200, b"ok")


application = ProtocolTypeRouter({"http": Ring.as_asgi(), "websocket": Socket.as_asgi()})
