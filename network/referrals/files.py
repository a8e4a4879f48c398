"""What may be attached, and what it is made of: by name and by first bytes, pictures drawn anew. Pure: bytes in, bytes out."""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import filetype
from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_NAME = 100
CHUNK = 256 * 1024


class FileKind(StrEnum):
    """What a file is."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    TEXT = "text"


MEDIA_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.TEXT: "text/plain; charset=utf-8",
}
EXTENSIONS = {"pdf": FileKind.PDF, "png": FileKind.PNG, "jpg": FileKind.JPEG, "jpeg": FileKind.JPEG, "txt": FileKind.TEXT}
ENDINGS = {FileKind.PDF: "pdf", FileKind.PNG: "png", FileKind.JPEG: "jpg", FileKind.TEXT: "txt"}


class Why(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    KIND = "kind"
    NOT_WHAT_IT_SAYS = "not_what_it_says"
    TOO_MANY_PIXELS = "too_many_pixels"
    DAMAGED = "damaged"
    DANGEROUS = "dangerous"
    NOT_CHECKED = "not_checked"


WORDS = {
    Why.EMPTY: "This file is empty.",
    Why.TOO_LARGE: "A file has at most 10 MB.",
    Why.KIND: "PDF, PNG, JPEG and plain text can be attached.",
    Why.NOT_WHAT_IT_SAYS: "This file is not what its name says.",
    Why.TOO_MANY_PIXELS: "A picture has at most 40 million pixels.",
    Why.DAMAGED: "This file is damaged. Save it anew and try again.",
    Why.DANGEROUS: "This file holds something that could do harm.",
    Why.NOT_CHECKED: "This file could not be checked.",
}


class NotTaken(Exception):  # noqa: N818
    """A file that is not attached, and why."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why.value)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it is kept: a name without a way in it, and bytes that are what they say."""

    name: str
    kind: FileKind
    content: bytes


def take(name: str, content: bytes) -> Taken:
    """The file as it may be kept. Raises NotTaken; what is dangerous inside is for `scan`, which runs later."""
    if not content:
        raise NotTaken(Why.EMPTY)
    if len(content) > LARGEST:
        raise NotTaken(Why.TOO_LARGE)
    kind = EXTENSIONS.get(base_of(name).rpartition(".")[2].lower())
    if kind is None:
        raise NotTaken(Why.KIND)
    if kind is not kind_of(content):
        raise NotTaken(Why.NOT_WHAT_IT_SAYS)
    if kind in {FileKind.PNG, FileKind.JPEG}:
        content = drawn_anew(content, kind)
    return Taken(tidy(name, kind), kind, content)


def base_of(name: str) -> str:
    """The last part of a path, of whatever system."""
    return re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].strip()


def tidy(name: str, kind: FileKind) -> str:
    """A name for people: no path, no second ending, no character that is not seen, and the ending of what it is."""
    stem = base_of(name).rpartition(".")[0]
    seen = "".join(char for char in stem if char.isprintable() and unicodedata.category(char) not in {"Cf", "Co", "Cn"})
    plain = re.sub(r"[.:*?\"<>|;%\s]+", "_", seen).strip("_- ")
    return f"{plain[:LONGEST_NAME] or 'file'}.{ENDINGS[kind]}"


def kind_of(content: bytes) -> FileKind | None:
    """What the first bytes say; text is what no other kind claims and what reads as text to its end."""
    found = filetype.guess(content[:8192])
    if found is None:
        return FileKind.TEXT if is_text(content) else None
    # The library looks for %PDF behind a byte order mark too; readers differ on that, so we do not take it.
    if found.mime == "application/pdf":
        return FileKind.PDF if content.startswith(b"%PDF-") else None
    return {"image/png": FileKind.PNG, "image/apng": FileKind.PNG, "image/jpeg": FileKind.JPEG}.get(found.mime)


MARKUP = re.compile(r"\s*(?:<[a-z!?/]|%pdf|#!|\{\\rtf)", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def is_text(content: bytes) -> bool:
    """UTF-8 without control characters that does not begin like markup or a program."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not CONTROL.search(text) and not MARKUP.match(text)


def drawn_anew(content: bytes, kind: FileKind) -> bytes:
    """The pixels alone: place, camera, comments, colour profile, further frames and whatever hung on behind are gone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=[kind.value.upper()]) as picture:
                # Before a pixel is unpacked: a flood of them fits into a few kilobytes.
                if picture.width * picture.height > MOST_PIXELS:
                    raise NotTaken(Why.TOO_MANY_PIXELS)
                picture.load()
                upright = ImageOps.exif_transpose(picture)
                plain = upright.convert(_mode_for(upright.mode, kind))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise NotTaken(Why.TOO_MANY_PIXELS) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Warning, KeyError, IndexError, TypeError):
        raise NotTaken(Why.DAMAGED) from None
    plain.info = {}
    kept = io.BytesIO()
    plain.save(kept, kind.value.upper(), **({"quality": 90} if kind is FileKind.JPEG else {}))
    if kept.tell() > LARGEST:
        raise NotTaken(Why.TOO_LARGE)
    return kept.getvalue()


def _mode_for(mode: str, kind: FileKind) -> str:
    if kind is FileKind.JPEG:
        return "L" if mode == "L" else "RGB"
    return mode if mode in {"1", "L", "LA", "RGB", "RGBA"} else "RGBA"


# -- The scan ----------------------------------------------------------------------------------------------------------------

Scanner = Callable[[FileKind, bytes], Why | None]
# Written in two parts, so that no scanner of source code takes this file for what it looks for.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE)\b")
# What makes a document open as an archive, a program or a page as well.
OTHER_FACES = (b"PK\x03\x04", b"PK\x05\x06", b"\x7fELF", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"<script", b"<html", b"<svg", b"<?php")
ARCHIVE_END, ARCHIVE_TAIL = b"PK\x05\x06", 66 * 1024
STREAM = re.compile(rb"\bstream\r?\n.*?endstream", re.DOTALL)


def scan(kind: FileKind, content: bytes) -> Why | None:
    """The scanner of an installation that names no other: structure alone. None where nothing was found.

    It knows no virus but the test file. An installation puts its own in by the setting ATTACHMENT_SCANNER.
    """
    if EICAR in content:
        return Why.DANGEROUS
    if kind is not FileKind.PDF:
        return None
    if b"%%EOF" not in content[-ARCHIVE_TAIL:]:
        return Why.DAMAGED
    # Packed streams are noise in which any three letters turn up; names of a document's parts stand outside of them.
    parts = STREAM.sub(b"", content)
    named = re.sub(rb"#([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), parts)
    lower = parts.lower()
    if ACTIVE.search(named) or any(face in parts or face in lower for face in OTHER_FACES) or ARCHIVE_END in content[-ARCHIVE_TAIL:]:
        return Why.DANGEROUS
    return None
