"""JSON that cannot hurt: bounded in size, depth and number of nodes, strict about keys, numbers and text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from .errors import Malformed, TooLarge

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_TEXT = 10_000
MAX_INTEGER = 2**53 - 1


class StrictJSONParser(BaseParser):
    """Reads at most one byte over the limit, parses, then walks the result without recursion."""

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge(limit=MAX_BYTES)
        return parse(raw)


def parse(raw: bytes) -> Any:
    """The value, or Malformed saying which rule it breaks."""
    try:
        text = raw.decode("utf-8")
        if text.startswith("\ufeff"):
            raise Malformed(detail="Send UTF-8 without a byte order mark.")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise Malformed(detail="This is nested too deeply.") from None
    except ValueError:
        raise Malformed(detail="This is not JSON in UTF-8.") from None
    _walk(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(detail="A key stands twice in one object.")
    return found


def _no_constant(name: str) -> Any:
    raise Malformed(detail=f"{name} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise Malformed(detail="A number is too large.")
    return number


def _walk(value: Any) -> None:
    stack, nodes = [(value, 1)], 0
    while stack:
        node, depth = stack.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            raise Malformed(detail="This is nested too deeply.")
        if nodes > MAX_NODES:
            raise Malformed(detail="This holds too many values.")
        if isinstance(node, dict):
            for key in node:
                _check_text(key)
            stack += [(child, depth + 1) for child in node.values()]
        elif isinstance(node, list):
            stack += [(child, depth + 1) for child in node]
        elif isinstance(node, str):
            _check_text(node)
        elif isinstance(node, int) and abs(node) > MAX_INTEGER:
            raise Malformed(detail="A whole number is too large.")


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Malformed(detail=f"A text is longer than {MAX_TEXT} characters.")
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Malformed(detail="A text holds a character that is none.")
