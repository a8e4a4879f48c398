"""The product loaded, to be forked from: imported once, by the fork server of `tests.forked`."""

import gc
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "network.settings"

import django

django.setup()

# What a web process, a worker and the commands of tests load, save `network.asgi`: it is made of settings, so each fork has its own.
import a2wsgi  # noqa: E402, F401
import channels.routing  # noqa: E402, F401
import django.core.management.commands.shell  # noqa: E402
import django.db.backends.postgresql.base  # noqa: E402
import django.db.backends.sqlite3.base  # noqa: E402
import django_tasks_db.management.commands.db_worker  # noqa: E402, F401
import psycopg_pool  # noqa: E402, F401
import uvicorn.lifespan.on  # noqa: E402
import uvicorn.loops.auto  # noqa: E402
import uvicorn.protocols.http.auto  # noqa: E402
import uvicorn.protocols.websockets.auto  # noqa: E402, F401

import network.demo.load  # noqa: E402
import network.graph.load  # noqa: E402
import network.notify.lifespan  # noqa: E402
import network.notify.routing  # noqa: E402
import network.urls  # noqa: E402, F401

gc.freeze()  # collecting would copy every page
