"""Two organisations and their partner systems on a running site, and a client that calls its API as one of them."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.servers import Site

SETUP = """
import json
from network.core.actor import Role
from network.demo import region
from network.accounts.actions import create_application
from network.accounts.oauth import actor_of_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.conf import settings
made = {}
for name in ("Quayside", "Harbour", "Eastfield"):
    row = region.organization(name)
    worker = region.member(row, f"worker@{name.lower()}.test", Role.CASEWORKER, name=name)
    admin = region.member(row, f"admin@{name.lower()}.test", Role.ADMIN, name=name)
    service = region.service(row, f"Housing at {name}")
    scopes = frozenset({"referrals.read", "referrals.write", "identity.read", "directory.read"})
    application, secret = create_application(by=actor_of_user(admin), name="system", scopes=scopes)
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(worker.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = worker.get_session_auth_hash()
    session.create()
    made[name] = {"organization": str(row.pk), "service": str(service.pk), "client": application.client_id, "secret": secret,
                  "session": session.session_key, "worker": str(worker.pk)}
print("MADE" + json.dumps(made))
"""


class Partner:
    """One organisation's system: calls the API with its token."""

    def __init__(self, port, made, heard=None, token=None):
        self.made, self.heard = made, heard  # `heard` is told of each acknowledged write
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self.token = token or self._sign_in()
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.number = 0

    def _sign_in(self):
        made = self.made
        answer = self.http.post("/o/token", data={"grant_type": "client_credentials"}, auth=(made["client"], made["secret"]))
        return answer.json()["access_token"]

    def post(self, path, body=None, tag="*"):
        self.number += 1
        headers = {"Idempotency-Key": f"{time.monotonic_ns()}-{self.number}", "If-Match": tag}
        answer = self.http.post(f"/api/v1/{path}", json=body or {}, headers=headers)
        if self.heard and answer.is_success:
            self.heard(path, answer.json())
        return answer

    def get(self, path):
        return self.http.get(f"/api/v1/{path}").json()

    def send_to(self, other, code):
        person = self.post("people", {"code_name": code, "name": "Canary Person"}).json()["id"]
        draft = self.post(
            "referrals", {"person": person, "need": "housing-support", "urgency": "soon", "contact_through_sender": True}
        ).json()
        sent = self.post(f"referrals/{draft['id']}/send", {"services": [other["service"]]})
        assert sent.status_code == 200, sent.text
        return sent.json()


def found(site: Site) -> dict:
    """Make the two organisations; what their systems need to sign in."""
    out = site.manage("shell", "-v", "0", "-c", SETUP)
    return json.loads(out[out.index("MADE") + 4 :])


def run_async(work):
    """The result of a coroutine, run in a thread of its own: a browser of an earlier test may keep a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
