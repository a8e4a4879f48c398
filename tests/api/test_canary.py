"""What is known of a person stands in the answers to those who may know it, and nowhere else.

A world in which each such thing is a word of its own is taken through everything that can be done; then the words are looked for
in all that leaves the service or stays in it: logs, mail, push, frames, tables, cache, addresses, titles, headers, and answers.
"""

from __future__ import annotations

import base64
import logging
import uuid
import zlib
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from frontend.urls import urlpatterns
from network.core import bell, outward
from network.core.clock import now
from network.core.logs import log
from network.demo import region
from network.notify import tasks as knocks
from network.notify.models import PushSubscription
from network.referrals import actions, tasks
from network.referrals.actions import Said
from network.referrals.actions.conversation import scan
from network.referrals.actions.follow_ups import fall_due
from network.referrals.models import Alarm, Attachment, Offer, Outcome
from tests import canary
from tests.api import world as builder
from tests.api.test_matrix import ids_of, routes_of_urls
from tests.client import Caller
from tests.conftest import token_of

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
VAPID = "ERERERERERERERERERERERERERERERERERERERERERE"

# -- Who may be told, and of what ------------------------------------------------------------------------------------------------

IDENTITY = {"name", "birth date", "address"}
SAFETY = {"phone", "text number", "e-mail", "safe name", "contact note"}
NEED = {"note", "hopes", "crisis note"}
FILE = {"file name", "file"}
ASKED = {"question", "answer"}
TALK = {*ASKED, *FILE, "sender's message", "receiver's message", "page message"}
SAID = {"words of hold", "words of note"}
DECLINED = {"words of decline", "words of held decline"}
OWN = {"code name", "words of cancel", "words of duplicate"}
BY_PAGE = {
    "page code name", "page name", "page address", "page phone", "page contact note", "referred name", "referred number", "referred note",
    "referred hopes",
}  # fmt: skip
TYPED = {"typed into an address", "typed too late"}

VERBS = ("accept", "answer", "ask", "complete", "hold", "note", "reject", "start")

# Whoever asks, and what any answer may tell them: their part in the case, and nothing to the rest.
MAY_BE_TOLD: dict[str, set[str]] = {
    "sender": IDENTITY | SAFETY | NEED | TALK | SAID | DECLINED | OWN | BY_PAGE,  # keeps the record and sends it
    "sender admin": NEED | ASKED | SAID | DECLINED | OWN | {"page code name"},  # off the case: triage, and the list
    "receiver": IDENTITY | SAFETY | NEED | TALK | SAID,  # said yes, and the consent names it
    "receiver admin": NEED | ASKED | SAID,  # off the case: what triage needs
    "asked only": DECLINED,  # its own words back
    "application": IDENTITY | SAFETY | NEED | TALK | SAID | DECLINED | OWN | BY_PAGE,  # the sender's system, with the scope for identity
    "stranger": set(), "coordinator": set(), "narrow application": set(), "nobody": set(),
}  # fmt: skip
# The routes whose bodies are about a person to somebody on the case; each other route tells nobody anything.
OF_A_PERSON = {
    "api/v1/people": "the keeper's list", "api/v1/people/find": "found by name, by its keeper",
    "api/v1/people/<uuid:pk>": "the record", "api/v1/people/<uuid:pk>/safe-contact": "how it is safe to reach them",
    "api/v1/referrals": "the list has names for who may know them", "api/v1/referrals/<uuid:pk>": "the case",
    "api/v1/referrals/<uuid:pk>/timeline": "what was said with moves", "api/v1/referrals/<uuid:pk>/messages": "the conversation",
    "api/v1/referrals/<uuid:pk>/attachments": "names of files", "api/v1/attachments/<uuid:pk>": "a file and its name",
    "api/v1/offers": "one's own words with a decline", "api/v1/offers/<uuid:pk>": "the last words of the other side",
    "api/v1/referrals/<uuid:pk>/send": "the case after it", "api/v1/referrals/<uuid:pk>/cancel": "the case after it",
    **{f"api/v1/offers/<uuid:pk>/{verb}": "the offer after it" for verb in VERBS},
    "": "the inbox has names for who may know them", "people/": "the keeper's list", "people/new/": "a form with what was typed",
    "people/<uuid:pk>/": "the record", "people/<uuid:pk>/change/": "its form", "people/<uuid:pk>/safety/": "its form",
    "refer/": "a form with what was typed, and code names", "r/<uuid:pk>/": "the case", "files/<uuid:pk>/": "a file and its name",
    "o/<uuid:pk>/do/<slug:verb>/": "the case, with what was typed too late",
}  # fmt: skip
# A page may repeat the address that its reader typed: in the search field, in its tabs, and in where a sign-in leads to.
REPEATS = {"", "people/", "services/"}
# By table and column: what is plain because it is meant to be.
PLAIN = {("people_person", "code_name"): {"code name", "page code name"}}  # initials or an invented name, by which records are listed


def told_wrongly(answers):
    """Answers in which somebody is told what they may not know, or anything stands outside a body."""
    for each in answers:
        typed = TYPED if each.route in REPEATS or each.who == "receiver" else set()
        may = MAY_BE_TOLD[each.who] if each.route in OF_A_PERSON and each.status in {200, 201, 409, 422} else set()
        is_problem = each.route.startswith("api/") and each.status >= 400
        if (each.body - (set() if is_problem else may) - typed) or each.outside - (typed & {"typed into an address"}):
            yield each


# -- The world -------------------------------------------------------------------------------------------------------------------


def run(rows):
    """Each task as the worker runs it."""
    worker = Worker(
        queue_names=["*"], interval=0, batch=True, backend_name="default", startup_delay=False, max_tasks=None, worker_id="w",
        excluded_queue_names=[],
    )  # fmt: skip
    for row in list(rows):
        row.claim("w")
        worker.run_task(row)


class Walk:
    """Everybody who asks, and what they do."""

    def __init__(self, town, world, words, commits):
        self.town, self.world, self.words, self.commits = town, world, words, commits
        self.sender = self.caller("sender", town.quayside_user)
        self.receiver = self.caller("receiver", town.harbour_user)
        self.asked = self.caller("asked only", town.eastfield_user)
        self.stranger = self.caller("stranger", region.member(region.organization("Far Away"), "far@away.test", region.Role.CASEWORKER))
        self.others = [
            self.caller("sender admin", town.quayside_admin_user), self.caller("receiver admin", town.harbour_admin_user),
            self.caller("coordinator", town.coordinator_user), self.caller("nobody"),
            self.caller("application", token=token_of(world.application, world.secret)),
            self.caller("narrow application", token=token_of(world.narrow, world.narrow_secret)),
        ]  # fmt: skip

    def caller(self, who, user=None, token=""):
        made = Caller(user, token)
        made.client.who, made.who, made.user = who, who, user
        made.client.raise_request_exception = False
        return made

    def page(self, caller):
        client = Client(raise_request_exception=False)
        if caller.user is not None:
            client.force_login(caller.user)
        client.who = caller.who
        return client

    def ok(self, caller, path, body, method="POST"):
        with self.commits(execute=True):
            answer = caller.send(method, path, body, tag="*")
        assert answer.status_code < 300, (path, answer.status_code, answer.content[:300])
        return answer.json() if answer.content else None

    def person(self):
        new = self.words.new
        self.identity = {"name": new("name"), "birth_date": new("birth date", like="1911-02-03"), "address": f"7 {new('address')} Street"}
        self.row = self.ok(self.sender, "people", {"code_name": new("code name"), "languages": ["ar"], **self.identity})["id"]
        self.ok(self.sender, f"people/{self.row}/safe-contact", {
            "through_keeper": False, "safe_name": new("safe name"), "note": new("contact note"), "channels": [
                {"channel": "phone", "rule": "allowed", "may_leave_message": False, "address": new("phone", like="202-555-0173")},
                {"channel": "text", "rule": "allowed", "address": new("text number", like="202-555-0174")},
                {"channel": "email", "rule": "allowed", "address": new("e-mail", like="?@example.test")},
            ],
        }, "PUT")  # fmt: skip
        until = (now() + timedelta(days=300)).isoformat()
        fields = ["identity", "contact", "languages", "note", "messages"]
        recipients = [self.town.harbour.pk, self.town.eastfield.pk]
        consent = {"recipients": recipients, "fields": fields, "until": until, "how": "in-person"}
        self.consent = self.ok(self.sender, f"people/{self.row}/consents", consent)["id"]
        self.ok(self.sender, "people/find", {"name": self.identity["name"]})

    def send(self, service, **more):
        said = {key: more.pop(key) for key in ("reason", "text") if key in more}
        draft = {"person": self.row, "need": "housing-support", "urgency": "soon", **more}
        row = self.ok(self.sender, "referrals", draft)["id"]
        self.ok(self.sender, f"referrals/{row}/send", {"services": [service.pk], "consent": self.consent, **said})
        offer = Offer.objects.get(referral=row)
        return SimpleNamespace(pk=row, offer=offer)

    def talk(self):
        """One that is accepted: all that can be said on the way to its end."""
        new, day = self.words.new, (now() + timedelta(days=4)).date().isoformat()
        self.case = case = self.send(self.town.harbour_service, note=new("note"), hopes=new("hopes"), desired_outcomes=[])
        offer, row = f"offers/{case.offer.pk}", f"referrals/{case.pk}"
        for verb in ("see", "claim"):
            self.ok(self.receiver, f"{offer}/{verb}", {})
        self.ok(self.receiver, f"{offer}/ask", {"text": new("question")})
        self.ok(self.sender, f"{offer}/answer", {"text": new("answer")})
        self.look(self.receiver)
        self.ok(self.receiver, f"{offer}/accept", {})
        self.ok(self.sender, f"{row}/messages", {"text": new("sender's message")})
        self.ok(self.receiver, f"{row}/messages", {"text": new("receiver's message")})
        self.file(case)
        self.page(self.sender).post(f"/r/{case.pk}/say/", {"text": new("page message"), "template": "", "once": uuid.uuid4().hex})
        self.ok(self.receiver, f"{offer}/start", {})
        self.ok(self.receiver, f"{offer}/hold", {"reason": "other", "on": day, "text": new("words of hold")})
        self.ok(self.receiver, f"{offer}/start", {})
        self.ok(self.receiver, f"{offer}/note", {"reason": "appointment-booked", "text": new("words of note")})
        self.look(self.sender, self.receiver, self.asked, self.stranger, *self.others)

    def file(self, case):
        content = f"Dear all, {self.words.new('file')}".encode()
        file = SimpleUploadedFile(f"{self.words.new('file name')}.txt", content)
        with self.commits(execute=True):
            answer = self.sender.client.post(
                f"/api/v1/referrals/{case.pk}/attachments", {"file": file}, format="multipart", headers={"Idempotency-Key": "file"}
            )
        assert answer.status_code == 201, answer.content
        self.attachment = Attachment.objects.get(pk=answer.json()["id"])
        scan(self.attachment)
        self.ok(self.sender, f"referrals/{case.pk}/messages", {"text": "See the letter.", "attachments": [self.attachment.pk]})

    def declines(self):
        """One that is declined at once, one by the page, which waits; and one that is cancelled."""
        new, why = self.words.new, {"reason": "other"}
        again = self.send(self.town.eastfield_service, **why, text=new("words of duplicate"))
        self.again = again
        self.ok(self.asked, f"offers/{again.offer.pk}/reject", {**why, "text": new("words of decline")})
        self.ok(self.sender, f"referrals/{again.pk}/cancel", {**why, "text": new("words of cancel")})
        held = self.send(self.town.eastfield_service, **why, text="Again.")
        tag = self.asked.tag(f"offers/{held.offer.pk}")
        self.held = held
        with self.commits(execute=True):
            answer = self.page(self.asked).post(
                f"/o/{held.offer.pk}/do/reject/", {"reason": "other", "text": new("words of held decline"), "tag": tag}
            )
        assert answer.status_code == 302, answer.content[:500]
        assert Offer.objects.get(pk=held.offer.pk).decline_at is not None

    def pages(self):
        """The forms of the pages, right and wrong."""
        new, client = self.words.new, self.page(self.sender)
        typed = {"code_name": new("page code name"), "name": new("page name"), "birth_date": "1911-02-03", "address": new("page address")}
        assert client.post("/people/new/", {**typed, "birth_date": "soon"}).status_code in {200, 422}
        made = client.post("/people/new/", typed)
        assert made.status_code == 302, made.content[:400]
        pk = made["Location"].split("/")[2]
        safety = {
            "through_keeper": "no", "phone_rule": "allowed", "phone_message": "no", "phone_address": new("page phone", like="202-555-0175"),
            "note": new("page contact note"),
        }  # fmt: skip
        assert client.post(f"/people/{pk}/safety/", {**safety, "opens_at": "09:00"}).status_code in {200, 422}
        assert client.post(f"/people/{pk}/safety/", safety).status_code == 302
        client.post("/people/", {"name": self.identity["name"]})
        refer = {
            "once": "one", "who": "new", "name": new("referred name"), "need": "housing-support", "urgency": "soon", "way": "text",
            "address": new("referred number", like="202-555-0176"), "note": new("referred note"), "hopes": new("referred hopes"),
            "consent": "agreed", "how": "in-person", "service": [str(self.town.harbour_service.pk)], "strategy": "direct",
        }  # fmt: skip
        client.post("/refer/", {**refer, "find": "1"})
        client.post("/refer/", {**refer, "consent": ""})
        client.post("/refer/", {**refer, "urgency": "crisis"})
        with self.commits(execute=True):
            sent = client.post("/refer/", refer)
        assert sent.status_code == 302, sent.content[:600]
        client.get(sent["Location"])
        old = self.page(self.receiver).post(f"/o/{self.case.offer.pk}/do/note/", {"tag": '"old"', "text": new("typed too late")})
        assert old.status_code == 409
        self.page_person = pk

    def crisis(self):
        """A crisis that nobody answers, its alarm, and who takes it on."""
        row = self.send(self.town.harbour_service, urgency="crisis", note=self.words.new("crisis note"), reason="other", text="Once more.")
        with time_machine.travel(now() + timedelta(minutes=16), tick=False):
            tasks.sweep_once()
            self.work()
            ours = [(Alarm.objects.get(referral=row.pk, organization=org), caller) for org, caller in [(self.town.harbour, self.receiver)]]
            for alarm, caller in ours:
                caller.client.logout()
                caller.client.force_login(caller.user)  # the session has been idle for too long
                self.ok(caller, f"alarms/{alarm.pk}/acknowledge", {})
                self.ok(caller, f"alarms/{alarm.pk}/hand-over", {"to": self.town.harbour_admin_user.pk})
                self.page(caller).get(f"/alarms/{alarm.pk}/")
            self.ok(self.receiver, f"offers/{row.offer.pk}/accept", {})

    def end(self):
        offer = f"offers/{self.case.offer.pk}"
        self.ok(self.receiver, f"{offer}/complete", {"outcome": "got-help", "may_ask_again": True})
        outcome = Outcome.objects.get(offer=self.case.offer)
        Outcome.objects.filter(pk=outcome.pk).update(at=now() - timedelta(days=31))
        follow_up = fall_due(Outcome.objects.get(pk=outcome.pk), 30)
        self.ok(self.receiver, f"follow-ups/{follow_up.pk}/answer", {"answer": "still-helped"})
        for caller in (self.sender, self.receiver, self.asked, self.others[0]):
            for row in (self.case, self.again, self.held):
                for path in (f"referrals/{row.pk}", f"referrals/{row.pk}/timeline", f"offers/{row.offer.pk}", "offers"):
                    caller.get(path)

    # -- What goes wrong ---------------------------------------------------------------------------------------------------------

    def wrong(self):
        """Refused bodies, wrong addresses, strangers; the words travel in each."""
        word, row, offer = self.identity["name"], self.case.pk, self.case.offer.pk
        typed = self.words.new("typed into an address")
        for path in (
            "people",
            f"people/{self.row}/consents",
            "referrals",
            f"referrals/{row}/messages",
            f"offers/{offer}/note",
            "people/find",
        ):
            for body in ({"code_name": word * 9, "name": [word], "birth_date": word, "languages": [word * 2], "need": word, "urgency": word,
                          "note": {"a": word}, "text": [word], "person": word, "fields": [word], "how": word, "recipients": [word],
                          "outcome": word, "reason": word, "until": word}, f'{{"name": "{word}', [word], word):  # fmt: skip
                for caller in (self.sender, self.receiver, self.stranger):
                    assert 400 <= caller.send("POST", path, body, tag="*").status_code < 500
            self.sender.send("POST", path, {"name": word}, tag=f'"{word}"')
        safe = {
            "through_keeper": word,
            "channels": [{"channel": word, "rule": word, "address": word}],
            "weekdays": [word],
            "opens_at": word,
        }
        assert self.sender.send("PUT", f"people/{self.row}/safe-contact", safe, tag="*").status_code == 422
        for caller in (self.sender, self.stranger, *self.others):
            for path in (
                f"people/{typed}",
                f"people/{self.row}/{typed}",
                f"referrals?q={typed}",
                f"referrals?cursor={typed}",
                f"services?q={typed}",
            ):
                caller.get(path)
            client = self.page(caller)
            for path in (f"/people/{typed}/", f"/nowhere/{typed}", f"/?box={typed}", f"/people/?name={typed}", f"/services/?q={typed}"):
                client.get(path, headers={"Referer": f"https://x.test/{typed}"})
                client.post(path, {"name": typed})
        Client(enforce_csrf_checks=True).post("/people/new/", {"name": word})

    def broken(self, monkeypatch):
        """A mistake of ours, with the words in its variables and in what it says; by the API, by a page, and in a task."""
        word = self.identity["name"]

        def boom(*_, **__):
            local = f"It is {word}"
            raise ValueError(local)

        with monkeypatch.context() as patched:
            patched.setattr("network.referrals.actions.send_message", boom)
            patched.setattr("frontend.views.people.fields_of", boom)
            answer = self.sender.post(f"referrals/{self.case.pk}/messages", {"text": word})
            page = self.page(self.sender).get(f"/people/{self.row}/")
        assert (answer.status_code, page.status_code) == (500, 500)
        with monkeypatch.context() as patched:
            patched.setattr("network.referrals.tasks.now", boom)
            tasks.run_decline.enqueue(str(self.case.offer.pk))
            self.work()

    # -- What follows ------------------------------------------------------------------------------------------------------------

    def work(self):
        """The worker's own loop, until nothing is due."""
        knocks.tell.func()
        for _ in range(3):
            run(DBTaskResult.objects.ready().exclude(task_path__startswith="network.graph"))

    def later(self):
        for minutes in (1, 200, 60 * 24):
            with time_machine.travel(now() + timedelta(minutes=minutes), tick=False):
                tasks.sweep_once()
                self.work()

    def look(self, *callers):
        """Every route that reads, and every page."""
        case = SimpleNamespace(person=SimpleNamespace(pk=self.row), referral=SimpleNamespace(pk=self.case.pk), offer=self.case.offer)
        self.world.canary = case
        self.world.attachment = getattr(self, "attachment", self.world.attachment)
        routes = [path for method, path in routes_of_urls() if method == "get"]
        ids = {
            "people": self.row, "r": self.case.pk, "o": self.case.offer.pk, "files": self.world.attachment.pk, "refer": self.case.pk,
            "alarms": self.world.alarm.pk, "services": self.town.harbour_service.pk, "organisations": self.town.harbour.pk,
        }  # fmt: skip
        for caller in callers:
            cache.clear()  # the throttles
            for path in routes:
                known = ids_of(path, self.world, self.town, "canary")
                caller.get(path.replace("{id}", known or "").replace("{gap}", self.world.report))
            if caller.who not in {"sender", "receiver", "stranger", "coordinator"}:
                continue
            client = self.page(caller)
            for entry in urlpatterns:
                path = "/" + str(entry.pattern)
                pk = str(ids.get(path.split("/")[1], uuid.uuid4()))
                if "<slug" not in path and "<str" not in path:
                    client.get(path.replace("<uuid:pk>", pk).replace("<uuid:consent>", str(uuid.uuid4())))
            for box in ("sent", "held", "closed") if caller.who in {"sender", "receiver"} else ():
                client.get(f"/?box={box}")


@pytest.fixture
def words():
    return canary.Words()


@pytest.fixture
def pushed(monkeypatch, settings):
    settings.VAPID_KEY = VAPID
    heard = []

    def fetch(url, *, method="POST", headers=None, content=b""):
        heard.append((url, method, headers, content))
        return outward.Answer(201, 1)

    monkeypatch.setattr(outward, "fetch", fetch)
    return heard


@pytest.fixture
def framed(monkeypatch):
    """What is told to the processes that hold sockets; a socket's own frames are made of the log's columns."""
    heard = []

    async def send(message):
        heard.append(message)

    monkeypatch.setattr(bell, "_send", send)
    return heard


def test_each_word_of_a_person_is_found_where_it_belongs_and_nowhere_else(
    town, words, pushed, framed, monkeypatch, capfd, django_capture_on_commit_callbacks
):
    world = builder.build(town)
    for user in (town.quayside_user, town.harbour_user, town.harbour_admin_user):
        PushSubscription.objects.create(user=user, endpoint=f"https://push.example.org/{user.pk}", made_at=now())
    ears = canary.Listener(words)
    with canary.logged() as lines, ears.listening(monkeypatch):
        walk = Walk(town, world, words, django_capture_on_commit_callbacks)
        walk.person()
        walk.talk()
        walk.declines()
        walk.pages()
        walk.crisis()
        walk.wrong()
        walk.broken(monkeypatch)
        walk.later()
        walk.end()
        walk.work()
    written = capfd.readouterr()

    # Each word was taken, and is read by who may know it: else nothing below would prove anything.
    read = set().union(*(each.body for each in ears.answers if each.who in {"sender", "receiver", "asked only"}))
    assert set(words.known.values()) - read == set()
    assert {each.who for each in ears.answers} == set(MAY_BE_TOLD)
    # It went everywhere it could have leaked from.
    kinds = {row.task_path.rpartition(".")[2] for row in DBTaskResult.objects.filter(status="SUCCESSFUL")}
    assert kinds >= {"knock", "knock_at", "call", "step_alarm", "run_decline", "scan_attachment"}
    assert DBTaskResult.objects.filter(status="FAILED", traceback__contains="in boom").exists()
    assert len(mail.outbox) > 3
    assert len(pushed) > 3
    assert len(framed) > 10
    assert '"status": 500' in lines.getvalue()

    assert list(told_wrongly(ears.answers)) == []
    assert words.found_in(lines.getvalue()) == words.found_in(written.out) == words.found_in(written.err) == set()
    assert canary.in_mail(words) == words.found_in(pushed) == words.found_in(framed) == canary.in_cache(words) == set()
    assert canary.in_tables(words) == PLAIN


# -- The search itself -----------------------------------------------------------------------------------------------------------


def test_a_planted_word_is_found_in_a_log_whatever_writes_it(words):
    word = words.new("a name")
    with canary.logged() as lines:
        log.info("request", subject=word)
        logging.getLogger("a.library").error("It is %s", word)
        try:
            int(word)
        except ValueError:
            logging.getLogger("a.library").exception("It is %s", word)
            log.exception("our own")

    found = [words.found_in(line) for line in lines.getvalue().splitlines()]
    assert found == [{"a name"}, set(), set(), set()]  # the first is a key that is allowed; of the others nothing is written


@pytest.mark.parametrize(
    "hide", [str, str.upper, lambda word: base64.b64encode(f"x{word}x".encode()).decode(), lambda word: word.encode().hex()]
)
def test_a_planted_word_is_found_in_a_table_also_in_disguise(town, words, hide):
    planted = hide(words.new("a name"))
    type(town.quayside).objects.filter(pk=town.quayside.pk).update(description=planted, extra={"x": [planted]})
    tasks.lapse.enqueue(planted)

    found = canary.in_tables(words)
    assert set(found) == {
        ("partners_organization", "description"), ("partners_organization", "extra"), ("django_tasks_database_dbtaskresult", "args_kwargs"),
    }  # fmt: skip


def test_a_planted_word_is_found_packed_in_the_cache_in_a_session_and_in_a_mail(words, db):
    word = words.new("a name")
    cache.set("x", {"y": [word]})
    session = SessionStore()
    session["said"] = word
    session.save()
    mail.send_mail("News", f"Über {word}", None, ["a@b.test"])

    assert words.found_in(zlib.compress(word.encode())) == canary.in_cache(words) == canary.in_mail(words) == {"a name"}
    assert canary.in_tables(words) == {("django_session", "session_data"): {"a name"}}


def test_a_planted_word_is_found_outside_of_a_body(words, monkeypatch):
    word, ears = words.new("typed"), canary.Listener(words)
    with ears.listening(monkeypatch):
        Client().get(f"/people/?name={word}")

    (answer,) = ears.answers
    assert (answer.outside, answer.body) == ({"typed"}, set())


# -- What it found ---------------------------------------------------------------------------------------------------------------


def test_a_task_that_fails_keeps_its_frames_and_not_its_words(db, words, monkeypatch):
    word = words.new("a name")

    def boom():
        raise ValueError(f"It is {word}\nand {word}")

    monkeypatch.setattr("network.referrals.tasks.now", boom)
    tasks.lapse.enqueue(str(uuid.uuid4()))
    run(DBTaskResult.objects.all())

    row = DBTaskResult.objects.get()
    assert (row.status, row.exception_class_path) == ("FAILED", "builtins.ValueError")
    assert row.traceback.splitlines()[-1].endswith("in boom")
    assert canary.in_tables(words) == {}


def test_a_refusal_does_not_repeat_a_name_in_the_wrong_field(town, call):
    caller = call(town.quayside_user)
    answer = caller.send("PUT", f"people/{town.person.pk}/safe-contact", {"through_keeper": True, "weekdays": ["Amina"]}, tag="*")

    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == ["invalid_choice"]
    assert b"Amina" not in answer.content


def test_an_admin_of_the_receiver_knows_the_person_once_they_are_on_the_case(town, accepted, call):
    path, admin = f"people/{town.person.pk}", call(town.harbour_admin_user)
    assert "name" not in admin.get(path).json()
    assert admin.get(f"{path}/safe-contact").status_code == 404

    said = Said(assignee=town.harbour_admin_user.pk)
    actions.move_referral(accepted.referral, "assign", by=town.harbour_worker, said=said)
    assert admin.get(path).json()["name"] == "Amina Canary-Name"
    assert admin.get(f"{path}/safe-contact").status_code == 200


def test_no_title_names_a_record(town, client):
    client.force_login(town.quayside_user)
    page = client.get(f"/people/{town.person.pk}/change/").content.decode()

    assert "AK" in page
    assert "AK" not in page[: page.index("</title>")]
