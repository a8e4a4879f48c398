"""Keys within keys: a root key wraps organisations', theirs wrap people's, and those seal what is known of a person.

A sealed value is `0x01 ‖ key generation (2) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`, AES-256-GCM. Its associated data is
`table|column|row id`, so a value cannot be moved to another row or column.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.db import models

from .models import OrganizationKey

FORMAT = b"\x01"
NONCE = 12
HEAD = 1 + 2 + NONCE


class Unreadable(Exception):  # noqa: N818
    """A sealed value that no key here opens: moved, damaged, or its key was destroyed."""


class Sealed(Protocol):
    """A model row with sealed columns: it knows its id and whose key seals it."""

    @property
    def sealed_by(self) -> UUID: ...


def new_key() -> bytes:
    return secrets.token_bytes(32)


def seal(key: bytes, aad: str, value: bytes, generation: int = 1) -> bytes:
    """`value` sealed for the place that `aad` names."""
    nonce = secrets.token_bytes(NONCE)
    return FORMAT + generation.to_bytes(2, "big") + nonce + AESGCM(key).encrypt(nonce, value, aad.encode())


def unseal(key: bytes, aad: str, blob: bytes | memoryview) -> bytes:
    """The value, or Unreadable if it was sealed by another key or for another place."""
    blob = bytes(blob)
    if len(blob) < HEAD + 16 or blob[:1] != FORMAT:
        raise Unreadable
    try:
        return AESGCM(key).decrypt(blob[3:HEAD], blob[HEAD:], aad.encode())
    except InvalidTag:
        raise Unreadable from None


@lru_cache(maxsize=8)
def _decoded(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(key, validate=True) for key in keys)


def root_keys() -> tuple[bytes, ...]:
    """The root keys of the installation: the first wraps, all unwrap."""
    keys = _decoded(tuple(settings.FIELD_KEYS))
    if not keys or any(len(key) != 32 for key in keys):
        raise ValueError("FIELD_KEYS must hold at least one key of 32 bytes in base64")
    return keys


def derived(purpose: str) -> bytes:
    """A key of the installation for one purpose: cursors, fingerprints, tags."""
    return hmac.digest(root_keys()[0], f"network/{purpose}".encode(), "sha256")


def unwrap_by_root(aad: str, blob: bytes | memoryview) -> bytes:
    """A key wrapped by any of the root keys."""
    for key in root_keys():
        try:
            return unseal(key, aad, blob)
        except Unreadable:
            continue
    raise Unreadable


def open_keys(organizations: Iterable[UUID]) -> None:
    """Make the keys of new organisations."""
    root = root_keys()[0]
    OrganizationKey.objects.bulk_create(
        OrganizationKey(
            organization_id=pk,
            wrapped=seal(root, f"core_organizationkey|wrapped|{pk}", new_key()),
            index_wrapped=seal(root, f"core_organizationkey|index_wrapped|{pk}", new_key()),
        )
        for pk in organizations
    )


def organization_keys(organizations: Iterable[UUID]) -> dict[UUID, bytes]:
    """The unwrapped keys of `organizations`, by one query."""
    rows = OrganizationKey.objects.filter(pk__in=set(organizations)).values_list("pk", "wrapped")
    return {pk: unwrap_by_root(f"core_organizationkey|wrapped|{pk}", wrapped) for pk, wrapped in rows}


def wrap_person_key(organization_key: bytes, person: UUID, key: bytes) -> bytes:
    return seal(organization_key, f"people_personkey|wrapped|{person}", key)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Unwrapped data keys of some people, for one answer; opens and seals the columns of rows that they seal."""

    keys: dict[UUID, bytes] = field(repr=False)

    @classmethod
    def for_people(cls, people: Iterable[UUID]) -> Keyring:
        """The keys of `people`: two queries, however many they are. Erased people have none."""
        person_key = apps.get_model("people", "PersonKey")
        rows = list(person_key.objects.filter(pk__in=set(people)).values_list("pk", "wrapped", "person__organization"))
        above = organization_keys({organization for _, _, organization in rows}) if rows else {}
        return cls({
            pk: unseal(above[organization], f"people_personkey|wrapped|{pk}", wrapped) for pk, wrapped, organization in rows
        })  # fmt: skip

    def read(self, row: Any, column: str) -> str | None:
        """The text of a sealed column; None where nothing is kept or the person was erased."""
        blob = getattr(row, column)
        key = self.keys.get(row.sealed_by)
        if blob is None or key is None:
            return None
        return unseal(key, place(row, column), blob).decode()

    def write(self, row: Any, column: str, text: str | None) -> None:
        """Seal `text` into the column; empty text is kept as nothing."""
        value = seal(self.keys[row.sealed_by], place(row, column), text.encode()) if text else None
        setattr(row, column, value)


def place(row: models.Model, column: str) -> str:
    """Where a sealed value lives: the associated data that binds it there."""
    return f"{row._meta.db_table}|{column}|{row.pk}"


def index_keys(organizations: Iterable[UUID]) -> dict[UUID, bytes]:
    """The unwrapped keys of the blind indexes of `organizations`, by one query."""
    rows = OrganizationKey.objects.filter(pk__in=set(organizations)).values_list("pk", "index_wrapped")
    return {pk: unwrap_by_root(f"core_organizationkey|index_wrapped|{pk}", wrapped) for pk, wrapped in rows}


def blind_index(organization: UUID, column: str, value: str, key: bytes | None = None) -> bytes:
    """16 bytes that are equal for equal values of one organisation, and say nothing across organisations.

    `key`: that of its indexes, where the caller holds it already.
    """
    index_key = key or index_keys([organization])[organization]
    plain = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    return hmac.digest(index_key, f"{column}|{plain}".encode(), "sha256")[:16]
