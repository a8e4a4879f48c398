"""What is dialled and what is never: every way of writing one's own machine, and names that lead there."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import threading

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from network.core import outward
from network.core.outward import Answer, NotOutward, Unreachable, checked, fetch_async, is_refused

REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.0.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1",
    "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fec0::1", "ff02::1", "4000::1", "1fff::1",
]  # fmt: skip
ALLOWED = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1", "172.15.0.1",
    "172.32.0.1", "192.0.1.1", "192.167.0.1", "198.17.0.1", "198.20.0.1", "223.255.255.255", "2001:4860:4860::8888", "2001:200::1",
    "2003::1", "2606:4700::1111", "2a00:1450:4001::200e",
]  # fmt: skip
HOSTILE = [
    "http://push.example.org/", "ftp://push.example.org/", "https:push.example.org", "https:///push.example.org", "//push.example.org/",
    "https://", "https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://017700000001/",
    "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/",
    "https://localhost/", "https://localhost./", "https://push.example.org./", "https://intranet/", "https://user@push.example.org/",
    "https://user:word@push.example.org/", "https://push.example.org@127.0.0.1/", "https://127.0.0.1#@push.example.org/",
    "https://push.example.org\\@127.0.0.1/", "https://push.example.org\\.evil.test/", "https://push.example.org:22/",
    "https://push.example.org:80/", "https://push.example.org:8443/", "https://push.example.org:443x/", "https://push.example.org:/x:99999",
    "https://push.example.org:99999/", "https://push example.org/", "https://push.example.org/\n", "https://push.example.org/\r\nHost: x",
    "https://push.example.org/\x00", "https://１２７.0.0.1/", "https://ⓔxample.org/", "https://bücher.example/", "https://-push.example.org/",
    "https://push-.example.org/", "https://push..example.org/", "https://.example.org/", "https://push.example.org/#part",
    "https://push.example.0x7f/", "https://push.example.1/", "https://%31%32%37.0.0.1/", "https://push.example.org%2f@evil.test/",
    "https://" + "a" * 64 + ".example.org/", "https://" + "a." * 130 + "example/", "https://push.example.org/" + "a" * 1000, "",
    "javascript:alert(1)", "file:///etc/passwd", "gopher://push.example.org/", "https://push.example.org:0443443/",
]  # fmt: skip


def test_the_corpus_is_large_enough():
    assert len(REFUSED) + len(HOSTILE) >= 100


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_that_is_not_the_public_internet_is_refused(text):
    assert is_refused(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ALLOWED)
def test_an_address_of_the_public_internet_is_dialled(text):
    assert not is_refused(ipaddress.ip_address(text))


@given(st.ip_addresses())
def test_nothing_is_dialled_that_the_standard_library_calls_private(address):
    if not address.is_global:
        assert is_refused(address)


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_and_not_quoted(url):
    with pytest.raises(NotOutward) as refusal:
        checked(url)
    assert "evil" not in str(refusal.value)
    assert "127" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://push.example.org", "/"),
        ("https://PUSH.example.org/a/b?c=d", "/a/b?c=d"),
        ("https://push.example.org:443/x", "/x"),
        ("https://push.example.org?c=d", "/?c=d"),
        ("https://xn--bcher-kva.example/x@y", "/x@y"),
    ],
)
def test_an_ordinary_address_is_taken_apart(url, path):
    place = checked(url)

    assert (place.port, place.path, place.host) == (443, path, place.host.lower())


def test_another_port_is_a_setting(settings):
    settings.OUTWARD_PORTS = ["443", "8443"]

    assert checked("https://push.example.org:8443/").origin == "https://push.example.org:8443"


class Names:
    """A resolver that answers in turn, and counts."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host, port):
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


class Empty(httpx.AsyncByteStream):
    """A body that was not read yet, as a line gives it."""

    async def __aiter__(self):
        yield b""


def response(status, **more):
    return httpx.Response(status, stream=Empty(), **more)


def ask(names, answer=None, url="https://push.example.org/x"):
    seen = []

    def handle(request):
        seen.append(request)
        found = answer(request) if callable(answer) else answer
        return found or response(201)

    found = asyncio.run(fetch_async(url, resolve=names, transport=httpx.MockTransport(handle)))
    return found, seen


def test_a_name_with_one_bad_address_among_good_ones_is_refused():
    with pytest.raises(NotOutward):
        ask(Names(["8.8.8.8", "127.0.0.1"]))


def test_the_address_that_was_checked_is_the_one_that_is_dialled():
    names = Names(["8.8.8.8"], ["169.254.169.254"])  # rebinds after the first answer

    answer, (request,) = ask(names)

    assert isinstance(answer, Answer)
    assert (answer.status, names.asked) == (201, 1)
    assert request.url.host == "8.8.8.8"
    assert request.headers["Host"] == "push.example.org"
    assert request.extensions["sni_hostname"] == "push.example.org"


def test_the_next_call_resolves_again():
    names = Names(["8.8.8.8"], ["169.254.169.254"])
    ask(names)

    with pytest.raises(NotOutward):
        ask(names)


def test_a_redirect_is_an_answer_and_not_followed():
    answer, seen = ask(Names(["8.8.8.8"]), response(302, headers={"Location": "http://169.254.169.254/latest/meta-data"}))

    assert (answer.status, len(seen)) == (302, 1)


def test_where_one_address_does_not_listen_the_next_is_tried():
    def handle(request):
        if request.url.host == "8.8.8.8":
            raise httpx.ConnectError("no", request=request)
        return response(200)

    answer, seen = ask(Names(["8.8.8.8", "2606:4700::1111"]), handle)

    assert [request.url.host for request in seen] == ["8.8.8.8", "2606:4700::1111"]
    assert answer.status == 200


def test_a_name_that_nobody_knows_is_unreachable():
    with pytest.raises(Unreachable):
        ask(Names([]))


def test_an_answer_without_end_is_cut():
    class Endless(httpx.AsyncByteStream):
        sent = 0

        async def __aiter__(self):
            while True:
                Endless.sent += 1
                yield b"x" * 8192

    answer, _ = ask(Names(["8.8.8.8"]), lambda request: httpx.Response(200, stream=Endless()))

    assert answer.status == 200
    assert Endless.sent * 8192 <= outward.LONGEST_ANSWER + 2 * 8192


def test_one_that_never_finishes_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(outward, "TOTAL_SECONDS", 0.2)

    class Slow(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                await asyncio.sleep(0.05)
                yield b"x"

    with pytest.raises(Unreachable):
        ask(Names(["8.8.8.8"]), lambda request: httpx.Response(200, stream=Slow()))


def test_patience_that_was_asked_for_is_told_and_bounded():
    answer, _ = ask(Names(["8.8.8.8"]), response(429, headers={"Retry-After": "120"}))
    assert answer.retry_after == 120
    answer, _ = ask(Names(["8.8.8.8"]), response(429, headers={"Retry-After": "99999999"}))
    assert answer.retry_after == 24 * 3600


# -- A real line: the certificate is checked against the name, though the address is dialled --------------------------------


def certificate(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    at = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def receiver(tmp_path):
    """A TLS server on loopback that answers 201 under the name push.example.org; its port and its certificate."""
    path = certificate(tmp_path, "push.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    ready, loop = threading.Event(), asyncio.new_event_loop()
    found = {}

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def serve():
        server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        found["port"] = server.sockets[0].getsockname()[1]
        ready.set()

    thread = threading.Thread(target=lambda: (loop.create_task(serve()), loop.run_forever()), daemon=True)
    thread.start()
    ready.wait(5)
    yield found["port"], path
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.mark.parametrize(("name", "fits"), [("push.example.org", True), ("other.example.org", False)])
def test_the_certificate_must_be_the_names_own(receiver, monkeypatch, settings, name, fits):
    port, path = receiver
    settings.OUTWARD_PORTS = [str(port)]
    monkeypatch.setattr(outward, "is_refused", lambda address: False)
    trust = ssl.create_default_context(cafile=str(path))
    work = fetch_async(f"https://{name}:{port}/", resolve=Names(["127.0.0.1"]), transport=httpx.AsyncHTTPTransport(verify=trust))

    if fits:
        assert asyncio.run(work).status == 201
    else:
        with pytest.raises(Unreachable):
            asyncio.run(work)
