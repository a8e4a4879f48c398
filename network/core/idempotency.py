"""Once, however often it is asked: the key's row is written in the transaction of its effect."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from .actor import Actor, ActorKind
from .asking import actor_of
from .clock import now
from .crypto import Keyring, derived, organization_keys, seal, unseal
from .errors import KeyMissing, KeyReused, Malformed
from .models import IdempotencyKey

Act = Callable[[], Response]


def key_of(request: Request, actor: Actor) -> str | None:
    """The key sent, without the quotes of a structured string; applications must send one."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if len(key) > 255 or not key.isprintable():
        raise Malformed(detail="An Idempotency-Key has at most 255 printable characters.")
    if not key and actor.kind is ActorKind.APPLICATION:
        raise KeyMissing
    return key or None


def fingerprint(request: HttpRequest, data: Any) -> bytes:
    """What was asked: method, path and body."""
    text = f"{request.method} {request.path} {json.dumps(data, sort_keys=True, cls=JSONEncoder)}"
    return hmac.digest(derived("idempotency"), text.encode(), "sha256")


def once(request: Request, act: Act, *, about: UUID | None = None, asked: Any = None, part: str = "") -> Response:
    """Run `act` in one transaction with its key; a repeat gets the first answer and no second event.

    `asked` stands for the body where that is not JSON: an uploaded file by its digest. `part` names one of many works of the request,
    each with a transaction and an answer of its own.
    `about` is the person whose key seals the stored answer; without it the organisation's does. Only success is stored:
    a refusal rolls the row back, so the request may be mended and sent again.
    """
    actor = actor_of(request)
    key = key_of(request, actor)
    if key is None or actor.organization is None:
        with transaction.atomic():
            return act()
    key = hashlib.sha256(f"{key}|{part}".encode()).hexdigest() if part else key
    mark = fingerprint(request._request, request.data if asked is None else asked)  # noqa: SLF001
    try:
        with transaction.atomic():
            row = _take(actor.organization, key, mark)
            response = act()
            _keep(row, response, about)
            return response
    except _Repeat:
        return _replay(actor.organization, key, mark)


class _Repeat(Exception):  # noqa: N818
    """The key is there already: another request with it took effect."""


def _take(organization: UUID, key: str, mark: bytes) -> IdempotencyKey:
    row = IdempotencyKey(organization_id=organization, key=key, fingerprint=mark, at=now())
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _Repeat from None
    return row


def _keep(row: IdempotencyKey, response: Response, person: UUID | None) -> None:
    kept = {"status": response.status_code, "etag": response.headers.get("ETag"), "body": response.data}
    text = json.dumps(kept, cls=JSONEncoder).encode()
    row.person = person
    row.answer = seal(_sealing_key(row), _place(row), text)
    row.save(update_fields=["person", "answer"])


def _replay(organization: UUID, key: str, mark: bytes) -> Response:
    row = IdempotencyKey.objects.get(organization=organization, key=key)
    if bytes(row.fingerprint) != mark:
        raise KeyReused
    kept = json.loads(unseal(_sealing_key(row), _place(row), bytes(row.answer or b"")))
    headers = {"Idempotency-Replayed": "true"} | ({"ETag": kept["etag"]} if kept["etag"] else {})
    return Response(kept["body"], status=kept["status"], headers=headers)


def _sealing_key(row: IdempotencyKey) -> bytes:
    if row.person is not None:
        return Keyring.for_people([row.person]).keys[row.person]
    return organization_keys([row.organization_id])[row.organization_id]


def _place(row: IdempotencyKey) -> str:
    return f"core_idempotencykey|answer|{row.organization_id}|{row.key}"


def reserve(organization: UUID, key: str, route: str) -> IdempotencyKey | None:
    """Take the key of a page's form before its work of several transactions; None where it was taken already."""
    mark = hmac.digest(derived("idempotency"), route.encode(), "sha256")
    try:
        with transaction.atomic():
            return _take(organization, key[:255], mark)
    except _Repeat:
        return None


def settle(row: IdempotencyKey, location: str) -> None:
    """Where the form led; a repeat is led there too."""
    row.answer = seal(_sealing_key(row), _place(row), location.encode())
    row.save(update_fields=["answer"])


def settled(organization: UUID, key: str) -> str | None:
    """Where the first press of a form led; None while it is still under way."""
    row = IdempotencyKey.objects.filter(organization=organization, key=key[:255]).first()
    if row is None or row.answer is None:
        return None
    return unseal(_sealing_key(row), _place(row), bytes(row.answer)).decode()


def let_go(row: IdempotencyKey) -> None:
    """The form was refused: it may be mended and sent again."""
    row.delete()
