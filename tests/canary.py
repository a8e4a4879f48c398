"""Words that nobody else uses: one stands for each thing that is known of a person, and wherever one is found somebody told it."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import logging
import pickle
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.test.client import Client

STEM = "kanarienvogel"  # all of ours begin so; it is looked for as it is, and inside base64 and hexadecimal
UNPACK = (zlib.decompress, gzip.decompress)


@dataclass(slots=True)
class Words:
    """Each word and what it stands for; days and numbers that must be one are looked for as they are written."""

    known: dict[str, str] = field(default_factory=dict)  # as it is looked for: what it stands for

    def new(self, what: str, **shape: str) -> str:
        """A word for `what`; `like` gives one that must look like a day or a number, or has the word at its "?"."""
        own = f"{STEM}{len(self.known):03}"
        word = shape.get("like", "?").replace("?", own)
        self.known[own if own in word else word] = what
        return word

    def found_in(self, value: Any) -> set[str]:
        """What the words that are found in a value stand for; in bytes, packed ones and base64 too."""
        return {what for text in _texts(value) for what in self._in_text(text)}

    def _in_text(self, text: str) -> set[str]:
        folded = text.casefold()
        plain = {what for word, what in self.known.items() if word in folded}
        if plain or not any(trace in text or trace in folded for trace in TRACES):
            return plain
        return {"a word in disguise"}


def _inside_base64(word: str) -> set[str]:
    """What base64 makes of the middle of a word, wherever it begins; the same bytes in any longer text."""
    made = {base64.b64encode(b"x" * before + word.encode()).decode() for before in range(3)}
    return {each[4:-4] for each in made}


TRACES = _inside_base64(STEM) | {STEM.encode().hex(), STEM[::-1]}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case None:
            return
        case bytes() | bytearray() | memoryview():
            raw = bytes(value)
            yield raw.decode("utf-8", "replace")
            yield raw.decode("utf-16-le", "replace")
            for unpack in UNPACK:
                with contextlib.suppress(Exception):
                    yield unpack(raw).decode("utf-8", "replace")
        case _:
            yield str(value)


# -- Where they are looked for -------------------------------------------------------------------------------------------------


def in_tables(words: Words) -> dict[tuple[str, str], set[str]]:
    """By table and column of the whole database, what was found in plain."""
    found: dict[tuple[str, str], set[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column.name if hasattr(column, "name") else column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(columns, row, strict=True):
                    is_packed = (table, name) == ("django_session", "session_data")
                    if seen := words.found_in(SessionStore().decode(value) if is_packed else value):
                        found.setdefault((table, name), set()).update(seen)
    return found


def in_mail(words: Words) -> set[str]:
    """In every mail that was sent: headers, parts, and all of it as it travels."""
    found = set()
    for sent in mail.outbox:
        message = sent.message()
        parts = [part.get_payload(decode=True) for part in message.walk()]
        for value in (*message.items(), *parts, message.as_bytes(), sent.to, sent.subject, sent.body):
            found |= words.found_in(value)
    return found


def in_cache(words: Words) -> set[str]:
    entries = cache._cache.items()  # type: ignore[attr-defined]
    return {what for key, value in entries for each in (key, value, pickle.loads(value)) for what in words.found_in(each)}


@contextlib.contextmanager
def logged() -> Iterator[io.StringIO]:
    """What would be written of all that is logged, libraries at their most talkative included, as the service writes it."""
    root, to = logging.getLogger(), io.StringIO()
    formatter = next(each.formatter for each in root.handlers if "ProcessorFormatter" in type(each.formatter).__name__)
    handler = logging.StreamHandler(to)
    handler.setFormatter(formatter)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield to
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


# -- What is answered ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: to whom, of which route, and what of it stands where."""

    who: str
    method: str
    route: str
    status: int
    body: frozenset[str]
    outside: frozenset[str]  # headers, cookies, the title and every address of the page


HREF = re.compile(r"""(?:href|src|action|hx-(?:get|post|push-url|replace-url)|data-url)=["']([^"']*)["']""")
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL)
OPEN_FILE = {"api/v1/attachments/<uuid:pk>", "files/<uuid:pk>/"}


class Listener:
    """Hears every answer of the test client; `who` is asking until said otherwise."""

    def __init__(self, words: Words) -> None:
        self.words, self.answers, self.who = words, [], "nobody"

    @contextlib.contextmanager
    def listening(self, monkeypatch: Any) -> Iterator[None]:
        real = Client.request

        def request(client: Client, **asked: Any) -> Any:
            response = real(client, **asked)
            self.hear(getattr(client, "who", self.who), asked["REQUEST_METHOD"], response)
            return response

        with monkeypatch.context() as patched:
            patched.setattr(Client, "request", request)
            yield

    def hear(self, who: str, method: str, response: Any) -> None:
        match = getattr(response.wsgi_request, "resolver_match", None)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        route, text = match.route if match else "no route", content.decode("utf-8", "replace")
        headers = {name: value for name, value in response.headers.items() if not (route in OPEN_FILE and name == "Content-Disposition")}
        kept = {name: cookie.value for name, cookie in response.cookies.items()}
        if "messages" in kept:
            kept["said"] = CookieStorage(HttpRequest())._decode(kept["messages"])
        places = [unquote_plus(address) for address in HREF.findall(text)] + TITLE.findall(text)
        outside = self.words.found_in([headers, kept, places])
        body = self.words.found_in(content) | self.words.found_in(response.headers.get("Content-Disposition"))
        self.answers.append(Answer(who, method, route, response.status_code, frozenset(body), frozenset(outside)))
