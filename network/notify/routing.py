"""Routes of sockets."""

from django.urls import path

from .consumers import feed

websocket_urlpatterns = [path("ws/feed/", feed)]  # type: ignore[arg-type]  # an ASGI application, as Channels has it
