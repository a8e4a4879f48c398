"""What may be attached: by name and by what it is, drawn anew, and never what would do harm."""

from __future__ import annotations

import contextlib
import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from network.referrals import files
from network.referrals.files import LARGEST, FileKind, NotTaken, Why, drawn_anew, kind_of, scan, take, tidy

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def picture(kind="PNG", size=(40, 30), **more):
    out = io.BytesIO()
    Image.new("RGB", size, (10, 90, 115)).save(out, kind, **more)
    return out.getvalue()


def archive(content=b"0" * 1000):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(zipfile.ZipInfo("inside.txt"), content, zipfile.ZIP_DEFLATED)  # this has a date of its own, not that of now
    return out.getvalue()


def flood():
    """A picture of 10,000 million pixels in less than a kilobyte: nothing of it may be unpacked."""

    def chunk(name, data):
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    head = (100_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("letter.pdf", PDF, FileKind.PDF),
        ("photo.png", picture(), FileKind.PNG),
        ("photo.JPG", picture("JPEG"), FileKind.JPEG),
        ("photo.jpeg", picture("JPEG"), FileKind.JPEG),
        ("notes.txt", "Grüße, ಠ".encode(), FileKind.TEXT),
        ("notes.txt", b"\xef\xbb\xbfwith a mark", FileKind.TEXT),
    ],
)
def test_an_ordinary_file_is_taken(name, content, kind):
    found = take(name, content)

    assert found.kind is kind
    assert scan(found.kind, found.content) is None


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.pdf", b"", Why.EMPTY),
        ("large.pdf", PDF + b"0" * LARGEST, Why.TOO_LARGE),
        ("page.svg", SVG, Why.KIND),
        ("page.svg.png", SVG, Why.NOT_WHAT_IT_SAYS),
        ("page.txt", SVG, Why.NOT_WHAT_IT_SAYS),
        ("page.txt", b"  <html><script>alert(1)</script>", Why.NOT_WHAT_IT_SAYS),
        ("page.html", b"<html></html>", Why.KIND),
        ("invoice.pdf.exe", PDF, Why.KIND),
        ("invoice.pdf.", PDF, Why.KIND),
        ("invoice", PDF, Why.KIND),
        (".pdf/..", PDF, Why.KIND),
        ("bomb.pdf", archive(b"0" * 10_000_000), Why.NOT_WHAT_IT_SAYS),
        ("photo.png", picture("JPEG"), Why.NOT_WHAT_IT_SAYS),
        ("photo.jpg", picture(), Why.NOT_WHAT_IT_SAYS),
        ("photo.pdf", picture(), Why.NOT_WHAT_IT_SAYS),
        ("letter.txt", PDF, Why.NOT_WHAT_IT_SAYS),
        ("letter.pdf", b"\xef\xbb\xbf" + PDF, Why.NOT_WHAT_IT_SAYS),
        ("program.pdf", b"MZ" + b"\0" * 200, Why.NOT_WHAT_IT_SAYS),
        ("program.txt", b"\x7fELF" + b"\0" * 200, Why.NOT_WHAT_IT_SAYS),
        ("program.txt", b"#!/bin/sh\nrm -rf /", Why.NOT_WHAT_IT_SAYS),
        ("latin.txt", b"caf\xe9", Why.NOT_WHAT_IT_SAYS),
        ("null.txt", b"a\0b", Why.NOT_WHAT_IT_SAYS),
        ("escape.txt", b"\x1b]0;title\x07", Why.NOT_WHAT_IT_SAYS),
        ("flood.png", flood(), Why.TOO_MANY_PIXELS),
        ("cut.png", picture()[:60], Why.DAMAGED),
        ("cut.jpg", picture("JPEG")[:200], Why.DAMAGED),
        ("head.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, Why.DAMAGED),
    ],
)  # fmt: skip
def test_a_file_that_is_not_taken_says_why(name, content, why):
    with pytest.raises(NotTaken) as refused:
        take(name, content)
    assert refused.value.why is why
    assert files.WORDS[why]


@pytest.mark.parametrize(
    "content",
    [
        PDF.replace(b"/Type /Catalog", b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
        PDF.replace(b"/Type /Catalog", b"/S /J#61vaScript /J#53 (x)"),
        PDF.replace(b"/Type /Catalog", b"/S /Launch /F (cmd.exe)"),
        PDF.replace(b"/Type /Catalog", b"/Names << /EmbeddedFiles 2 0 R >>"),
        PDF + archive(),
        PDF.replace(b"endobj\n", b"endobj\n<script>alert(1)</script>\n", 1),
        PDF + b"\x7fELF",
        PDF + files.EICAR,
    ],
)
def test_a_document_with_another_face_is_dangerous(content):
    assert kind_of(content) is FileKind.PDF
    assert scan(FileKind.PDF, content) is Why.DANGEROUS


def test_the_test_virus_is_found_in_plain_text_too():
    assert scan(FileKind.TEXT, files.EICAR) is Why.DANGEROUS


def test_a_document_without_an_end_is_damaged():
    assert scan(FileKind.PDF, PDF.replace(b"%%EOF", b"")) is Why.DAMAGED


def test_letters_in_a_packed_stream_are_no_danger():
    packed = PDF.replace(b"endobj\n", b"<< /Length 30 >>\nstream\n\x01/JS \x02 PK\x03\x04 <script\nendstream\nendobj\n", 1)

    assert scan(FileKind.PDF, packed) is None


def test_a_picture_keeps_its_pixels_and_nothing_else():
    exif = Image.Exif()
    exif[0x010E] = "Canary-Place 51.5, -0.1"
    exif[0x0112] = 6  # turned by a quarter
    content = picture("JPEG", (40, 30), exif=exif, comment=b"Canary-Comment", icc_profile=b"Canary-Profile") + b"Canary-Tail" + archive()

    plain = take("photo.jpg", content).content

    assert b"Canary" not in plain
    assert b"PK" not in plain
    with Image.open(io.BytesIO(plain)) as found:
        assert (found.size, dict(found.getexif())) == ((30, 40), {})


def test_words_and_further_frames_of_a_png_are_gone():
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("Author", "Canary-Name", zip=True)
    out = io.BytesIO()
    frames = [Image.new("RGBA", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:], pnginfo=said)

    plain = take("moving.png", out.getvalue()).content

    assert b"Canary" not in plain
    assert b"acTL" not in plain
    assert b"Author" not in plain


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"), ("..\\..\\boot.pdf", "boot.pdf"), ("/a/b/c.pdf", "c.pdf"), ("C:\\x\\y.pdf", "y.pdf"),
        ("invoice.exe.pdf", "invoice_exe.pdf"), ("a\u202efdp.exe.pdf", "afdp_exe.pdf"), ("nul\x00l.pdf", "null.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_x.pdf"), ("two  words.pdf", "two_words.pdf"), ("...pdf", "file.pdf"),
        ("ü" * 300 + ".pdf", "ü" * 100 + ".pdf"), ('a"b;c.pdf', "a_b_c.pdf"), ("%2e%2e%2f.pdf", "2e_2e_2f.pdf"),
    ],
)  # fmt: skip
def test_a_name_has_no_way_in_it(name, kept):
    assert tidy(name, FileKind.PDF) == kept


@given(st.text(max_size=300))
def test_whatever_the_name_is_it_is_one_short_visible_part(name):
    found = tidy(name, FileKind.TEXT)

    assert found.endswith(".txt")
    assert found.isprintable()
    assert len(found) <= 104
    assert found.count(".") == 1
    assert not set(found) & set("/\\:\r\n\0")


@given(st.binary(max_size=2000))
def test_whatever_the_bytes_are_they_are_taken_or_refused(content):
    for name in ("a.pdf", "a.png", "a.jpg", "a.txt"):
        try:
            found = take(name, content)
        except NotTaken:
            continue
        assert scan(found.kind, found.content) in {None, *Why}


@given(st.binary(min_size=1, max_size=600), st.integers(0, 400))
def test_a_picture_that_was_tampered_with_is_drawn_or_refused(noise, at):
    content = bytearray(picture())
    content[at % len(content) : at % len(content) + len(noise)] = noise
    with contextlib.suppress(NotTaken):
        drawn_anew(bytes(content), FileKind.PNG)
