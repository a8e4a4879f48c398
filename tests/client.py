"""A caller of the API: signed in as a user or with a token, JSON both ways."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework.test import APIClient


class Caller:
    """Sends JSON with If-Match and Idempotency-Key; `self.last` is the answer."""

    def __init__(self, user: Any = None, token: str = "") -> None:
        self.client = APIClient(raise_request_exception=True)
        if user is not None:
            self.client.force_login(user)
        if token:
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(url(path), headers=headers)

    def tag(self, path: str) -> str:
        return self.get(path).headers["ETag"]

    def send(self, method: str, path: str, body: Any = None, *, tag: str | None = None, key: str | None = None) -> Any:
        headers = {"If-Match": tag} if tag else {}
        headers["Idempotency-Key"] = key or uuid.uuid4().hex
        return self.client.generic(method, url(path), _text(body), content_type="application/json", headers=headers)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.send("POST", path, {} if body is None else body, **more)

    def move(self, kind: str, pk: Any, verb: str, body: Any = None, **more: Any) -> Any:
        """A move with the present tag, as a careful client makes it."""
        tag = more.pop("tag", None) or self.tag(f"{kind}/{pk}")
        return self.post(f"{kind}/{pk}/{verb}", body, tag=tag, **more)


def url(path: str) -> str:
    return path if path.startswith("/") else f"/api/v1/{path}"


def _text(body: Any) -> str | bytes:
    import json

    from rest_framework.utils.encoders import JSONEncoder

    return body if isinstance(body, str | bytes) else json.dumps(body, cls=JSONEncoder)
