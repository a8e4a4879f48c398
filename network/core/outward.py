"""The one door to other hosts: every address that came from outside is dialled here, and only if it leads to the public internet.

A name is resolved at each call, refused if any of its addresses is, and the checked address itself is dialled, so that a name
which answers differently a moment later leads nowhere else. Redirects are not followed and proxies of the environment ignored.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
from django.conf import settings

CONNECT_SECONDS, TOTAL_SECONDS = 3.0, 15.0
LONGEST_ANSWER = 64 * 1024
LONGEST_URL = 1000

# `ipaddress.is_global` is not enough: it is true of multicast, NAT64, 6to4 and site-local addresses.
REFUSED_V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # a cloud's metadata behind a public address
    )
)  # fmt: skip
# Only 2000::/3 is handed out; of it not what tunnels elsewhere or was set aside. The rest of IPv6 needs no list.
ALLOWED_V6 = IPv6Network("2000::/3")
REFUSED_V6 = tuple(ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))

LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
# The last label begins with a letter: no decimal, octal, hex or short way of writing an address passes as a name.
HOST = re.compile(rf"(?:{LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
URL = re.compile(r"https://(?P<host>[^/?#:@\[\]\\]+)(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?][^#]*)?", re.IGNORECASE)


class NotOutward(ValueError):  # noqa: N818
    """An address that is never dialled; the message says which rule it breaks and quotes nothing of it."""


class Unreachable(Exception):  # noqa: N818
    """No answer: the name is unknown, nobody listens, the certificate is another's, or it took too long."""


@dataclass(frozen=True, slots=True)
class Place:
    """A checked URL: where to dial and what to ask for."""

    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        return f"https://{self.host}" if self.port == 443 else f"https://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What may be known of an answer: nothing that was in it."""

    status: int
    milliseconds: int
    retry_after: int | None = None  # seconds, where the other side asked for patience


Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


def is_refused(address: Address) -> bool:
    """Whether an address lies in our own networks, another's private ones, or nowhere."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in REFUSED_V4)
    return address not in ALLOWED_V6 or any(address in network for network in REFUSED_V6)


def checked(url: str) -> Place:
    """The place a URL names, or NotOutward. Its name is not resolved here: that is done at each call."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NotOutward("An address has at most 1,000 characters, all of them plain ASCII.")
    found = URL.fullmatch(url)
    if found is None:
        raise NotOutward("An address is https://name/path, without a user or a fragment.")
    host, port = found["host"].lower(), int(found["port"] or 443)
    if len(host) > 253 or not HOST.fullmatch(host):
        raise NotOutward("An address names a host of the public internet, not a number.")
    if str(port) not in settings.OUTWARD_PORTS:
        raise NotOutward("Port 443 is the one that is dialled.")
    rest = found["rest"] or "/"
    return Place(host, port, rest if rest.startswith("/") else f"/{rest}")


def fetch(url: str, *, method: str = "POST", headers: Mapping[str, str] | None = None, content: bytes = b"") -> Answer:
    """One request. Raises NotOutward for an address that is never dialled, Unreachable where no answer came in time."""
    return asyncio.run(fetch_async(url, method=method, headers=headers, content=content))


async def fetch_async(
    url: str, *, method: str = "POST", headers: Mapping[str, str] | None = None, content: bytes = b"", resolve: Resolve | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Answer:  # fmt: skip
    """The same for many at once. `resolve` and `transport` are seams for tests."""
    place = checked(url)
    begun = time.monotonic()
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            addresses = await addresses_of(place, resolve or _resolve)
            status, retry = await _dial(place, addresses, method, headers or {}, content, transport)
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError):
        # The library's words may quote the address.
        raise Unreachable from None
    return Answer(status, round((time.monotonic() - begun) * 1000), retry)


async def addresses_of(place: Place, resolve: Resolve) -> list[Address]:
    """What the name stands for now; NotOutward if any one of them is refused."""
    found = [ip_address(text.partition("%")[0]) for text in await resolve(place.host, place.port)]
    if not found:
        raise Unreachable
    if any(is_refused(address) for address in found):
        raise NotOutward("The name leads into a network that is not dialled.")
    return found


async def _resolve(host: str, port: int) -> list[str]:
    rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


async def _dial(
    place: Place, addresses: list[Address], method: str, headers: Mapping[str, str], content: bytes,
    transport: httpx.AsyncBaseTransport | None,
) -> tuple[int, int | None]:  # fmt: skip
    """Try the checked addresses in turn; the name goes into Host, SNI and the check of the certificate."""
    timeout = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout, transport=transport) as client:
        for number, address in enumerate(addresses, start=1):
            literal = f"[{address}]" if isinstance(address, IPv6Address) else str(address)
            request = client.build_request(
                method, f"https://{literal}:{place.port}{place.path}", content=content,
                headers={**headers, "Host": place.origin.removeprefix("https://"), "Accept-Encoding": "identity"},
                extensions={"sni_hostname": place.host},
            )  # fmt: skip
            try:
                answer = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(addresses):
                    raise
                continue
            try:
                await _read_a_little(answer)
                return answer.status_code, _seconds(answer.headers.get("Retry-After", ""))
            finally:
                await answer.aclose()
    raise Unreachable


async def _read_a_little(answer: httpx.Response) -> None:
    """Let the other side finish a short answer; a long one is cut."""
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > LONGEST_ANSWER:
            return


def _seconds(text: str) -> int | None:
    return min(int(text), 24 * 3600) if text.isascii() and text.isdigit() and len(text) < 9 else None
