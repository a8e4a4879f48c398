"""HTTP and sockets in one process: Django by WSGI in a thread pool, the feed by Channels."""

from __future__ import annotations

import os
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
# Django's own ASGI handler opens a thread for each request, so no database connection would persist; threads of a pool keep theirs.
django_application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - the registry of applications comes first
from django.urls import resolve  # noqa: E402

from network.core.refusals import refuse_if_unsafe  # noqa: E402
from network.notify.lifespan import Lifespan  # noqa: E402
from network.notify.routing import websocket_urlpatterns  # noqa: E402

refuse_if_unsafe()
resolve("/healthz")  # loads every view before the port opens: whoever comes first would wait for it

http: Any = WSGIMiddleware(cast("Any", django_application), workers=settings.WEB_THREADS)
application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns), "lifespan": Lifespan()})
