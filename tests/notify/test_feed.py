"""The socket, by truth: a real server, a real worker beside it, a real client."""

from __future__ import annotations

import asyncio
import json
import time

import httpx
import pytest
import websockets

from tests.servers import Site
from tests.systems import Partner, found, run_async

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("servers"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("feed"), {"SESSION_IDLE_SECONDS": "900"})
    made.migrate()
    made.partners = found(made)
    try:
        made.here, made.there = made.start_web(), made.start_web()
        yield made
    finally:
        made.stop()


def address(site):
    return f"ws://127.0.0.1:{site.here}/ws/feed/"


async def frames(socket, until, seconds=8):
    """Frames up to the one that `until` accepts."""
    heard = []
    async with asyncio.timeout(seconds):
        while True:
            heard.append(json.loads(await socket.recv()))
            if until(heard[-1]):
                return heard


def test_a_write_in_another_process_arrives_as_a_hint_within_two_seconds(site):
    quayside, harbour = Partner(site.there, site.partners["Quayside"]), Partner(site.here, site.partners["Harbour"])

    async def watch():
        async with websockets.connect(address(site), additional_headers={"Authorization": f"Bearer {harbour.token}"}) as socket:
            assert json.loads(await socket.recv()) == {"seq": 0, "kind": "hello", "subject": ""}
            cursor = harbour.get("events?after=now")["next"]
            begun = time.monotonic()
            sent = await asyncio.to_thread(quayside.send_to, site.partners["Harbour"], "W1")
            heard = await frames(socket, lambda frame: frame["kind"] == "offer.asked")
            return sent, heard, cursor, time.monotonic() - begun

    sent, heard, cursor, seconds = run_async(watch())
    assert all(set(frame) == {"seq", "kind", "subject"} for frame in heard)
    assert [frame["seq"] for frame in heard] == list(range(1, len(heard) + 1))
    told = harbour.get(f"events?after={cursor}")["events"]
    assert heard[-1]["subject"] in {event["subject"] for event in told}
    assert heard[-1]["subject"] == f"offer/{sent['offers'][0]['id']}"
    assert seconds < 4  # four requests and at most two seconds of waiting


LOOK = (
    "from django.db import transaction; from network.accounts.models import User; from network.accounts.oauth import actor_of_user;"
    "from network.referrals import actions; from network.referrals.models import Looking, Referral;"
)


def test_a_colleague_who_looks_is_told_within_the_organisation_and_moves_no_cursor(site):
    """Without Redis: the look is written by a process that has no socket, and read from the table."""
    quayside = Partner(site.there, site.partners["Quayside"])
    sent = quayside.send_to(site.partners["Harbour"], "W3")
    look = LOOK + f"actions.look(Referral.objects.get(pk='{sent['id']}'), by=actor_of_user(User.objects.get(email='admin@harbour.test')))"
    gone = (
        LOOK + "from datetime import timedelta; from django.db.models import F; Looking.objects.update(at=F('at') - timedelta(minutes=1))"
    )
    presence = {"kind": "presence", "subject": f"referral/{sent['id']}"}

    def is_presence(frame):
        return frame["kind"] == "presence"

    async def watch():
        harbour = {"Cookie": f"session={site.partners['Harbour']['session']}"}
        sender = {"Authorization": f"Bearer {quayside.token}"}
        own = f"http://127.0.0.1:{site.here}"
        async with (
            websockets.connect(address(site), origin=own, additional_headers=harbour) as colleague,
            websockets.connect(address(site), additional_headers=sender) as other,
        ):
            await asyncio.to_thread(site.manage, "shell", "-v", "0", "-c", look)
            came = (await frames(colleague, is_presence, 10))[-1]
            await asyncio.to_thread(site.manage, "shell", "-v", "0", "-c", gone)
            went = (await frames(colleague, is_presence, 10))[-1]
            with pytest.raises(TimeoutError):
                await frames(other, is_presence, 2)
            return came, went

    came, went = run_async(watch())
    assert came == went == {"seq": 0, **presence}


def test_no_frame_carries_anything_of_a_person(site):
    quayside, harbour = Partner(site.there, site.partners["Quayside"]), Partner(site.here, site.partners["Harbour"])

    async def watch():
        async with websockets.connect(address(site), additional_headers={"Authorization": f"Bearer {quayside.token}"}) as socket:
            await socket.recv()
            sent = await asyncio.to_thread(quayside.send_to, site.partners["Harbour"], "W2")
            await asyncio.to_thread(harbour.post, f"offers/{sent['offers'][0]['id']}/accept")
            return await frames(socket, lambda frame: frame["kind"] == "referral.accept")

    assert "Canary" not in json.dumps(run_async(watch()))


async def _code_of(uri, **options):
    """How the server ends or refuses a connection."""
    try:
        async with websockets.connect(uri, **options) as socket:
            with_frames = await socket.recv()
            if "hello" in with_frames:
                return "open"
            return "?"
    except websockets.InvalidStatus as refused:
        return refused.response.status_code
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code


@pytest.mark.parametrize(
    ("origin", "expected"),
    [("own", "open"), (None, 403), ("null", 403), ("http://evil.test", 403), ("https://own", 403), ("suffix", 403), ("port", 403)],
)
def test_a_browser_must_come_from_our_own_origin(site, origin, expected):
    own = f"http://127.0.0.1:{site.here}"
    wanted = {"own": own, "https://own": own.replace("http", "https"), "suffix": own + ".evil.test", "port": own + "1"}.get(origin, origin)
    cookie = f"session={site.partners['Quayside']['session']}"

    assert run_async(_code_of(address(site), origin=wanted, additional_headers={"Cookie": cookie})) == expected


def test_nobody_signed_in_hears_nothing(site):
    own = f"http://127.0.0.1:{site.here}"

    assert run_async(_code_of(address(site), origin=own)) == 4401
    assert run_async(_code_of(address(site), additional_headers={"Authorization": "Bearer nonsense"})) == 4401


def test_a_sixth_socket_of_one_user_is_refused_and_a_talkative_one_let_go(site):
    own = f"http://127.0.0.1:{site.here}"
    headers = {"Cookie": f"session={site.partners['Harbour']['session']}"}

    async def crowd():
        sockets = [await websockets.connect(address(site), origin=own, additional_headers=headers) for _ in range(5)]
        for socket in sockets:
            await socket.recv()
        sixth = await _code_of(address(site), origin=own, additional_headers=headers)
        try:
            for _ in range(30):
                await sockets[0].send("x")
            await asyncio.wait_for(sockets[0].recv(), 5)
        except websockets.ConnectionClosed as closed:
            talkative = closed.rcvd.code
        for socket in sockets:
            await socket.close()
        return sixth, talkative

    assert run_async(crowd()) == (4429, 4429)


async def let_go(socket):
    """The code with which the server ends a connection, and the seconds until it does."""
    begun = time.monotonic()
    try:
        while True:
            await asyncio.wait_for(socket.recv(), 6)
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code, time.monotonic() - begun


def test_a_sign_out_closes_the_sockets_it_opened_within_two_seconds(site):
    own = f"http://127.0.0.1:{site.here}"
    key = site.partners["Eastfield"]["session"]

    async def watch():
        async with websockets.connect(address(site), origin=own, additional_headers={"Cookie": f"session={key}"}) as socket:
            await socket.recv()
            async with httpx.AsyncClient(base_url=own, cookies={"session": key}) as browser:
                page = await browser.get("/accounts/logout/")
                token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
                assert (await browser.post("/accounts/logout/", data={"csrfmiddlewaretoken": token})).status_code == 302
            return await let_go(socket)

    code, seconds = run_async(watch())
    assert code == 4401
    assert seconds < 2


def test_whose_rights_end_is_let_go_within_three_seconds(site):
    own = f"http://127.0.0.1:{site.here}"
    worker = site.partners["Quayside"]["worker"]
    end = (
        "from network.accounts.models import Membership; from network.accounts.actions import end_membership;"
        "from network.accounts.oauth import actor_of_user;"
        f"m = Membership.objects.get(user={worker!r}); a = Membership.objects.get(organization=m.organization, role='admin');"
        "end_membership(m, by=actor_of_user(a.user), version=m.version)"
    )

    async def watch():
        headers = {"Cookie": f"session={site.partners['Quayside']['session']}"}
        async with websockets.connect(address(site), origin=own, additional_headers=headers) as socket:
            await socket.recv()
            await asyncio.to_thread(site.manage, "shell", "-v", "0", "-c", end)
            return await let_go(socket)

    code, seconds = run_async(watch())
    assert code == 4403
    assert seconds < 3
