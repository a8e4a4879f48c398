"""Requests that mean harm or are merely broken: each is refused below 500, as a problem with a stable code, and nothing is written."""

from __future__ import annotations

import json
import uuid

import pytest
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings

from network.core.models import Event
from tests.client import Caller

pytestmark = pytest.mark.django_db

PEOPLE, REFERRALS = "/api/v1/people", "/api/v1/referrals"
MISSING = uuid.UUID(int=7)


def deep(opening, closing, count):
    return (opening * count + closing * count).encode()


def named(text):
    return json.dumps({"code_name": text}).encode()


# name: (body, status, code), each posted as a new person
BODIES = {
    "arrays 100,000 deep": (deep("[", "]", 100_000), 400, "request_malformed"),
    "objects 10,000 deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "request_malformed"),
    "33 deep": (b'{"code_name":' + deep("[", "]", 33) + b"}", 400, "request_malformed"),
    "unclosed arrays": (b"[" * 50_000, 400, "request_malformed"),
    "300 KB": (b'{"code_name":"' + b"a" * 300_000 + b'"}', 413, "too_large"),
    "300 KB of spaces": (b" " * 300_000, 413, "too_large"),
    "20,001 values": (json.dumps({"languages": [1] * 20_001}).encode(), 400, "request_malformed"),
    "text of 10,001 characters": (named("a" * 10_001), 400, "request_malformed"),
    "infinity": (b'{"code_name": Infinity}', 400, "request_malformed"),
    "minus infinity": (b'{"code_name": -Infinity}', 400, "request_malformed"),
    "not a number": (b'{"code_name": NaN}', 400, "request_malformed"),
    "a number that overflows": (b'{"code_name": 1e999}', 400, "request_malformed"),
    "an integer over 2^53": (b'{"code_name": 9007199254740993}', 400, "request_malformed"),
    "an integer of 5,000 digits": (b'{"code_name": ' + b"9" * 5_000 + b"}", 400, "request_malformed"),
    "an integer far below": (b'{"code_name": -99999999999999999999}', 400, "request_malformed"),
    "NUL in a text": (b'{"code_name": "a\\u0000b"}', 400, "request_malformed"),
    "NUL in a key": (b'{"a\\u0000": 1}', 400, "request_malformed"),
    "NUL bytes": (b'{"code_name": "a\x00b"}', 400, "request_malformed"),
    "a lone high surrogate": (b'{"code_name": "\\ud800"}', 400, "request_malformed"),
    "a lone low surrogate": (b'{"code_name": "\\udfff"}', 400, "request_malformed"),
    "a surrogate in a key": (b'{"\\ud800": 1}', 400, "request_malformed"),
    "a key twice": (b'{"code_name": "A", "code_name": "B"}', 400, "request_malformed"),
    "a key twice, once escaped": (b'{"code_name": "A", "code\\u005fname": "B"}', 400, "request_malformed"),
    "a byte order mark": (b"\xef\xbb\xbf" + named("A"), 400, "request_malformed"),
    "UTF-16": ('{"code_name": "A"}'.encode("utf-16"), 400, "request_malformed"),
    "Latin-1": (b'{"code_name": "\xe9"}', 400, "request_malformed"),
    "an overlong encoding": (b'{"code_name": "\xc0\xaf"}', 400, "request_malformed"),
    "an unfinished character": (b'{"code_name": "\xf0\x9f"}', 400, "request_malformed"),
    "nothing": (b"", 422, "bad_input"),
    "null": (b"null", 400, "request_malformed"),
    "true": (b"true", 400, "request_malformed"),
    "a number": (b"7", 400, "request_malformed"),
    "a text": (b'"text"', 400, "request_malformed"),
    "an array": (b"[]", 400, "request_malformed"),
    "an array of objects": (b'[{"code_name": "A"}]', 400, "request_malformed"),
    "two values": (b'{"code_name": "A"}{"code_name": "B"}', 400, "request_malformed"),
    "a comma too many": (b'{"code_name": "A",}', 400, "request_malformed"),
    "single quotes": (b"{'code_name': 'A'}", 400, "request_malformed"),
    "a comment": (b'{"code_name": "A"} // name', 400, "request_malformed"),
    "a raw line feed in a text": (b'{"code_name": "a\nb"}', 400, "request_malformed"),
    "XML": (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", 400, "request_malformed"),
    "an unknown field": (b'{"code_name": "A", "is_admin": true}', 422, "bad_input"),
    "a field that is ours to set": (b'{"code_name": "A", "organization": "6f1b1a52-3f0e-4b7e-9d0c-000000000001"}', 422, "bad_input"),
    "a prototype": (b'{"code_name": "A", "__proto__": {}}', 422, "bad_input"),
    "an object for a text": (b'{"code_name": {"$ne": null}}', 422, "bad_input"),
    "an array for a text": (b'{"code_name": ["A"]}', 422, "bad_input"),
    "a truth for a text": (b'{"code_name": true}', 422, "bad_input"),
    "null for a text": (b'{"code_name": null}', 422, "bad_input"),
    "an empty text": (named(""), 422, "bad_input"),
    "spaces alone": (named("   "), 422, "bad_input"),
    "a text that is too long": (named("a" * 41), 422, "bad_input"),
    "a text for a list": (b'{"code_name": "A", "languages": "ar"}', 422, "bad_input"),
    "a list of lists": (b'{"code_name": "A", "languages": [["ar"]]}', 422, "bad_input"),
    "a day that is none": (b'{"code_name": "A", "birth_date": "2026-02-30"}', 422, "bad_input"),
    "the year zero": (b'{"code_name": "A", "birth_date": "0000-01-01"}', 422, "bad_input"),
}

# name: (path and query, status, code), each read by a caseworker
PATHS = {
    "an id that is no id": ("referrals/1", 404, "not_found"),
    "an id with a quote": ("referrals/'%20OR%201=1--", 404, "not_found"),
    "an id above": (f"referrals/{MISSING}/../people", 404, "not_found"),
    "an id in capitals": (f"referrals/{str(uuid.UUID(int=2**128 - 1)).upper()}", 404, "not_found"),
    "an id with NUL": ("referrals/%00", 404, "not_found"),
    "an id of bad bytes": ("referrals/%ff%fe", 404, "not_found"),
    "an id that is missing": (f"referrals/{MISSING}", 404, "not_found"),
    "an id in braces": (f"referrals/%7B{MISSING}%7D", 404, "not_found"),
    "a line feed after the id": (f"referrals/{MISSING}%0a", 404, "not_found"),
    "a slash after the id": (f"referrals/{MISSING}/", 404, "not_found"),
    "a path of 4,000 characters": ("referrals/" + "a" * 4_000, 404, "not_found"),
    "a route that is none": ("secrets", 404, "not_found"),
    "a cursor of rubbish": ("referrals?cursor=abc", 400, "cursor_invalid"),
    "an empty seal": ("referrals?cursor=AAAA", 400, "cursor_invalid"),
    "a cursor that is no base64": ("referrals?cursor=%%%", 400, "cursor_invalid"),
    "a cursor of bad bytes": ("referrals?cursor=%ff%fe", 400, "cursor_invalid"),
    "a cursor beyond ASCII": ("referrals?cursor=%C3%A9", 400, "cursor_invalid"),
    "a cursor of 3,000 characters": ("referrals?cursor=" + "A" * 3_000, 400, "cursor_invalid"),
    "a cursor of the feed that is rubbish": ("events?after=abc", 400, "cursor_invalid"),
    "a limit of nought": ("referrals?limit=0", 400, "request_malformed"),
    "a limit below nought": ("referrals?limit=-1", 400, "request_malformed"),
    "a limit too high": ("referrals?limit=201", 400, "request_malformed"),
    "a limit that is a word": ("referrals?limit=all", 400, "request_malformed"),
    "a limit in Arabic digits": ("referrals?limit=%D9%A3", 400, "request_malformed"),
    "a limit with a sign": ("referrals?limit=%2B5", 400, "request_malformed"),
    "a limit of 400 digits": ("referrals?limit=" + "1" * 400, 400, "request_malformed"),
    "an empty limit": ("referrals?limit=", 400, "request_malformed"),
    "an unknown filter": ("referrals?colour=red", 400, "request_malformed"),
    "a look-up as a filter": ("referrals?sender__name=Quayside", 400, "request_malformed"),
    "an ordering": ("referrals?ordering=person__name", 400, "request_malformed"),
    "a filter with NUL": ("referrals?need=%00", 400, "request_malformed"),
    "a filter with a line feed": ("organizations?q=a%0ab", 400, "request_malformed"),
    "a filter that turns the reading direction": ("organizations?q=a%E2%80%AEb", 400, "request_malformed"),
    "a filter that is too long": ("organizations?q=" + "a" * 101, 400, "request_malformed"),
    "a box that is none": ("referrals?box=all", 400, "request_malformed"),
    "an id filter that is none": ("referrals?person=7", 400, "request_malformed"),
    "an id filter without hyphens": ("referrals?person=" + MISSING.hex, 400, "request_malformed"),
    "a distance that is not a number": ("services?km=nan", 400, "request_malformed"),
    "a distance without end": ("services?km=inf", 400, "request_malformed"),
    "a truth that is none": ("services?free=1", 400, "request_malformed"),
    "a day that is none": ("people/{person}/disclosures?since=2026-13-01", 400, "request_malformed"),
    "a query string of 5,000 characters": ("referrals?need=" + "a" * 5_000, 400, "request_malformed"),
    "a thousand filters": ("referrals?" + "&".join(f"a{n}=1" for n in range(900)), 400, "request_malformed"),
}

# name: (headers, status, code), each with a good body that begins a person
HEADERS = {
    "a key of 256 characters": ({"Idempotency-Key": "k" * 256}, 400, "request_malformed"),
    "a key with a control character": ({"Idempotency-Key": "a\x01b"}, 400, "request_malformed"),
    "a bearer that is none": ({"Authorization": "Bearer rubbish"}, 401, "not_signed_in"),
    "an empty bearer": ({"Authorization": "Bearer "}, 401, "not_signed_in"),
    "a bearer of 8,000 characters": ({"Authorization": "Bearer " + "a" * 8_000}, 401, "not_signed_in"),
    "a password": ({"Authorization": "Basic YTpi"}, 401, "not_signed_in"),
    "a scheme that is none": ({"Authorization": "Negotiate x"}, 401, "not_signed_in"),
    "bytes beyond ASCII for a bearer": ({"Authorization": "Bearer \xff\xfe"}, 401, "not_signed_in"),
    "plain text": ({"Content-Type": "text/plain"}, 415, "media_type_unsupported"),
    "a form": ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "media_type_unsupported"),
    "a multipart form": ({"Content-Type": "multipart/form-data; boundary=x"}, 415, "media_type_unsupported"),
    "a multipart form without a boundary": ({"Content-Type": "multipart/form-data"}, 415, "media_type_unsupported"),
    "XML by name": ({"Content-Type": "application/xml"}, 415, "media_type_unsupported"),
    "a type that is none": ({"Content-Type": "////"}, 415, "media_type_unsupported"),
    "an answer as XML": ({"Accept": "application/xml"}, 406, "not_acceptable"),
    "an answer as a page": ({"Accept": "text/html"}, 406, "not_acceptable"),
}


def check(answer, status, code):
    assert answer.status_code == status, answer.content[:300]
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert "Traceback" not in problem["detail"]


@pytest.fixture
def worker(town):
    cache.clear()
    caller = Caller(town.quayside_user)
    caller.client.raise_request_exception = False
    return caller


def test_the_corpus_is_large_enough():
    assert len(BODIES) + len(PATHS) + len(HEADERS) >= 100


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body(worker, name):
    body, status, code = BODIES[name]
    events = Event.objects.count()

    check(worker.client.generic("POST", PEOPLE, body, content_type="application/json"), status, code)
    assert Event.objects.count() == events


@pytest.mark.parametrize("name", PATHS)
def test_a_hostile_path_or_query(town, worker, name):
    path, status, code = PATHS[name]

    check(worker.get(path.replace("{person}", str(town.person.pk))), status, code)


@pytest.mark.parametrize("name", HEADERS)
def test_a_hostile_header(worker, name):
    headers, status, code = HEADERS[name]
    more = {"content_type": headers.get("Content-Type", "application/json")}
    events = Event.objects.count()

    answer = worker.client.generic("POST", PEOPLE, named("A"), headers={k: v for k, v in headers.items() if k != "Content-Type"}, **more)
    check(answer, status, code)
    assert Event.objects.count() == events


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "CONNECT", "DELETE", "PUT", "PATCH", "A" * 300])
def test_a_method_that_is_none_here(worker, method):
    check(worker.client.generic(method, REFERRALS, b"{}", content_type="application/json"), 405, "method_not_allowed")


@pytest.mark.parametrize("tag", ["rubbish", '"0123456789abcdef01234567"', 'W/"a"', "\xff", '"' + "a" * 8_000 + '"', ",,,", "**"])
def test_a_tag_that_is_none_of_ours_is_stale(town, worker, tag):
    check(worker.send("PATCH", f"people/{town.person.pk}", {"languages": []}, tag=tag), 412, "stale")


def test_a_change_from_another_site_is_refused(town):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(town.quayside_user)

    check(
        client.post(PEOPLE, named("A"), content_type="application/json", headers={"Origin": "https://elsewhere.test"}), 403, "missing_scope"
    )


def test_a_cursor_of_somebody_elses_is_invalid(town, world, worker):
    cursor = worker.get("referrals?limit=1").json()["next"]

    assert worker.get(f"referrals?limit=1&cursor={cursor}").status_code == 200
    check(Caller(town.harbour_user).get(f"referrals?limit=1&cursor={cursor}"), 400, "cursor_invalid")
    check(worker.get(f"people?limit=1&cursor={cursor}"), 400, "cursor_invalid")
    check(worker.get(f"referrals?limit=1&status=draft&cursor={cursor}"), 400, "cursor_invalid")


@override_settings(ALLOWED_HOSTS=["network.test"])
def test_a_host_that_is_not_ours_is_400(worker):
    answer = worker.client.get(REFERRALS, headers={"Host": "elsewhere.test"})

    assert answer.status_code == 400


def test_one_caller_too_often_is_429_with_a_time_to_wait(worker):
    answers = [worker.get("me") for _ in range(101)]

    assert {answer.status_code for answer in answers[:100]} == {200}
    check(answers[100], 429, "too_many_requests")
    assert int(answers[100]["Retry-After"]) > 0
