"""What sender and holder say to each other: who may speak and read, what travels with it, and that nothing of it gets out."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from network.core.actor import Role
from network.core.clock import now
from network.core.errors import NotYours, SayMore, WrongState
from network.core.models import Event, IdempotencyKey
from network.demo import region
from network.people.models import Grant, PersonKey
from network.referrals import actions, files, phrases
from network.referrals.actions import Decision, Draft, Said
from network.referrals.actions import conversation as talk
from network.referrals.conversation import content_of
from network.referrals.files import Why, take
from network.referrals.models import Attachment, AttachmentChunk, Message, Offer, ReadMark, Referral, Scanned

pytestmark = pytest.mark.django_db
LETTER = take("Canary-File letter.txt", b"Dear Canary-Content, " + b"x" * 600_000)


@pytest.fixture
def referral(accepted):
    return accepted.referral


@pytest.fixture
def quayside(town, call):
    return call(town.quayside_user)


@pytest.fixture
def harbour(town, call):
    return call(town.harbour_user)


def say(referral, by, text="Canary-Words", **more):
    return actions.send_message(referral, by=by, text=text, **more)


def upload(caller, referral, content=b"Dear all,", name="letter.txt", **more):
    file = SimpleUploadedFile(name, content)
    return caller.client.post(f"/api/v1/referrals/{referral.pk}/attachments", {"file": file}, format="multipart", **more)


def sent_file(town, referral):
    file = actions.attach(referral, by=town.quayside_worker, file=LETTER)
    talk.scan(file)
    say(referral, town.quayside_worker, attachments=[file.pk])
    return Attachment.objects.get(pk=file.pk)


# -- Who may speak, and when ---------------------------------------------------------------------------------------------------


def test_each_side_reads_what_the_other_said(referral, quayside, harbour):
    assert quayside.post(f"referrals/{referral.pk}/messages", {"text": "Is Thursday good?"}).status_code == 201
    assert harbour.post(f"referrals/{referral.pk}/messages", {"text": "Yes."}).status_code == 201

    for caller in (quayside, harbour):
        rows = caller.get(f"referrals/{referral.pk}/messages").json()["results"]
        assert [row["text"] for row in rows] == ["Yes.", "Is Thursday good?"]
    assert [(row["by"], row["is_ours"]) for row in rows] == [("Worker of harbour", True), ("Quayside Advice", False)]


def test_before_an_acceptance_there_are_questions_and_answers_only(town, sent, offer, quayside, harbour):
    for caller in (quayside, harbour):
        refused = caller.post(f"referrals/{sent.pk}/messages", {"text": "Hello"})
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    actions.move(offer, "ask", by=town.harbour_worker, said=Said(text="Which language?"))
    offer.refresh_from_db()
    actions.move(offer, "answer", by=town.quayside_worker, said=Said(text="Arabic."))

    for caller in (quayside, harbour):
        rows = caller.get(f"referrals/{sent.pk}/messages").json()["results"]
        assert [(row["verb"], row["text"]) for row in rows] == [("answer", "Arabic."), ("ask", "Which language?")]


def test_a_candidate_reads_no_question_of_another(town, sent, offer, call):
    actions.move_referral(sent, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
    actions.move(offer, "ask", by=town.harbour_worker, said=Said(text="Canary-Question"))

    assert call(town.eastfield_user).get(f"referrals/{sent.pk}/messages").json()["results"] == []


def test_a_stranger_finds_nothing_and_a_coordinator_neither(town, referral, call):
    for user in (town.eastfield_user, town.coordinator_user):
        assert call(user).get(f"referrals/{referral.pk}/messages").status_code == 404
        assert call(user).post(f"referrals/{referral.pk}/messages", {"text": "x"}).status_code == 404


def test_an_admin_off_the_case_neither_reads_nor_speaks(town, referral, call):
    say(referral, town.harbour_worker)
    for user in (town.quayside_admin_user, town.harbour_admin_user):
        caller = call(user)
        assert b"Canary-Words" not in caller.get(f"referrals/{referral.pk}/messages").content
        assert b"Canary-Words" not in caller.get(f"referrals/{referral.pk}/timeline").content
        assert caller.post(f"referrals/{referral.pk}/messages", {"text": "x"}).status_code == 403


def test_a_partner_system_needs_the_scope_for_identity(town, referral, system, call):
    say(referral, town.harbour_worker)
    narrow, wide = call(token=system(scopes=("referrals.read", "referrals.write"))), call(token=system())

    assert narrow.get(f"referrals/{referral.pk}/messages").json()["results"] == []
    assert narrow.post(f"referrals/{referral.pk}/messages", {"text": "x"}).status_code == 403
    assert wide.get(f"referrals/{referral.pk}/messages").json()["results"][0]["text"] == "Canary-Words"
    assert wide.post(f"referrals/{referral.pk}/messages", {"text": "x"}).status_code == 201
    assert wide.client.post(f"/api/v1/referrals/{referral.pk}/messages", {"text": "x"}, format="json").status_code == 400


def test_by_the_code_name_route_the_sides_talk_though_nothing_is_shared(town, draft):
    actions.edit_draft(
        draft,
        Draft(person=town.person.pk, need="housing-support", urgency="soon", contact_through_sender=True),
        by=town.quayside_worker,
        version=draft.version,
    )
    row = actions.send(
        Referral.objects.get(pk=draft.pk), by=town.quayside_worker, said=Said(services=(town.harbour_service.pk,)), decision=Decision()
    )
    offer = Offer.objects.select_related("referral").get(referral=row)
    actions.move(offer, "accept", by=town.harbour_worker)

    say(row, town.harbour_worker, "When may we call you?")

    from network.referrals.reading import Reader

    for by in (town.harbour_worker, town.quayside_worker):
        reader = Reader([Referral.objects.select_related("consent", "person").get(pk=row.pk)], by)
        assert reader.may_talk(reader.referrals[0])


@pytest.mark.parametrize("verb", ["cancel", "withdraw", "complete"])
def test_with_the_referral_the_conversation_ends(town, referral, accepted, verb, harbour):
    say(referral, town.harbour_worker)
    if verb == "complete":
        actions.move(accepted, verb, by=town.harbour_worker, said=Said(outcome="got-help"))
    else:
        said = Said(reason="no-longer-needed") if verb == "cancel" else Said()
        actions.move_referral(referral, verb, by=town.quayside_worker, said=said)

    with pytest.raises((WrongState, NotYours)):
        say(referral, town.harbour_worker)
    with pytest.raises(WrongState):
        say(referral, town.quayside_worker)
    answer = harbour.get(f"referrals/{referral.pk}/messages")
    assert answer.status_code == 404 or b"Canary-Words" not in answer.content


def test_a_consent_that_ran_out_ends_it_as_well(town, referral, harbour):
    say(referral, town.quayside_worker)
    Grant.objects.update(until=now())
    referral.consent.__class__.objects.update(until=now())

    with pytest.raises(WrongState):
        say(referral, town.quayside_worker)
    assert harbour.get(f"referrals/{referral.pk}/messages").json()["results"] == []


def test_who_held_it_before_leaves_its_words_to_the_sender_alone(town, draft, call, quayside):
    terms = actions.usual_terms({town.harbour.pk, town.eastfield.pk}, how="in-person")
    said = Said(services=(town.harbour_service.pk,))
    referral = actions.send(draft, by=town.quayside_worker, said=said, decision=Decision(terms=terms))
    first = Offer.objects.select_related("referral").get(referral=referral)
    accepted = actions.move(first, "accept", by=town.harbour_worker)
    say(referral, town.harbour_worker, "Canary-First")
    actions.move(accepted, "unaccept", by=town.harbour_worker, said=Said(reason="no-capacity-after-all"))
    actions.move_referral(referral, "offer", by=town.quayside_worker, said=Said(services=(town.eastfield_service.pk,)))
    second = Offer.objects.select_related("referral").get(referral=referral, organization=town.eastfield)
    actions.move(second, "accept", by=town.eastfield_worker)
    say(referral, town.eastfield_worker, "Second")

    eastfield = call(town.eastfield_user).get(f"referrals/{referral.pk}/messages").json()["results"]
    assert [row["text"] for row in eastfield] == ["Second"]
    assert call(town.harbour_user).get(f"referrals/{referral.pk}/messages").status_code == 404
    both = quayside.get(f"referrals/{referral.pk}/messages").json()["results"]
    assert [row["text"] for row in both] == ["Second", "Canary-First"]


# -- What is said ----------------------------------------------------------------------------------------------------------------


def test_a_message_needs_words_or_a_file(town, referral, quayside):
    empty = quayside.post(f"referrals/{referral.pk}/messages", {"text": "  "})
    unknown = quayside.post(f"referrals/{referral.pk}/messages", {"template": "nonsense"})
    long = quayside.post(f"referrals/{referral.pk}/messages", {"text": "x" * 2001})
    stray = quayside.post(f"referrals/{referral.pk}/messages", {"text": "x", "attachments": [str(uuid.uuid4())]})

    assert [(a.status_code, a.json()["errors"][0]["pointer"]) for a in (empty, unknown, long, stray)] == [
        (422, "/text"), (422, "/template"), (422, "/text"), (422, "/attachments"),
    ]  # fmt: skip
    assert not Message.objects.filter(verb="message").exists()


def test_a_listed_sentence_stands_before_ones_own_words(town, referral):
    row = say(referral, town.harbour_worker, "Tuesday?", template="first-appointment")

    from network.core.crypto import Keyring

    text = Keyring.for_people([town.person.pk]).read(row, "text")
    assert text.startswith("We can offer a first appointment.")
    assert text.endswith("\n\nTuesday?")


def test_every_listed_sentence_is_short_whole_and_belongs_to_a_reason_that_exists():
    from network.referrals.reasons import REASONS

    for phrase in phrases.phrases():
        assert 0 < len(phrase.text) <= 300
        assert not set(phrase.text) & set("{}[]<>%…")
        if phrase.reason:
            assert phrase.reason in {code for code, _, _ in REASONS[phrase.verb]}
    found = [(phrase.verb, phrase.code) for phrase in phrases.phrases()]
    assert len(set(found)) == len(found)


def test_the_sentences_are_read_by_the_api(quayside, referral):
    rows = quayside.get("phrases?verb=reject").json()

    assert rows[0]["reason"] == "full"
    assert {row["verb"] for row in rows} == {"reject"}


def test_a_message_tells_both_sides_once_and_names_nobody(town, referral):
    say(referral, town.harbour_worker)

    rows = Event.objects.filter(kind="message.sent")
    assert {(row.organization.name, row.actor) for row in rows} == {
        ("Quayside Advice", f"organization/{town.harbour.pk}"),
        ("Harbour House", f"user/{town.harbour_user.pk}"),
    }
    assert {row.subject for row in rows} == {f"referral/{referral.pk}"}


def test_a_message_is_a_sign_of_life_and_changes_no_tag(town, referral, quayside):
    tag = quayside.tag(f"referrals/{referral.pk}")
    Referral.objects.update(nudges=2)
    before = Referral.objects.get().moved_at

    say(referral, town.harbour_worker)

    row = Referral.objects.get()
    assert (row.nudges, row.moved_at > before) == (0, True)
    assert quayside.tag(f"referrals/{referral.pk}") == tag


def test_a_repeat_says_it_once(referral, quayside):
    first = quayside.post(f"referrals/{referral.pk}/messages", {"text": "Once"}, key="k")
    second = quayside.post(f"referrals/{referral.pk}/messages", {"text": "Once"}, key="k")

    assert (second.json(), second["Idempotency-Replayed"]) == (first.json(), "true")
    assert Message.objects.filter(verb="message").count() == 1


def test_a_refused_message_leaves_neither_words_nor_event(town, referral):
    with pytest.raises(SayMore):
        say(referral, town.quayside_worker, attachments=[uuid.uuid4()])

    assert not Message.objects.filter(verb="message").exists()
    assert not Event.objects.filter(kind="message.sent").exists()


def test_a_page_of_messages_takes_the_same_queries_for_three_as_for_thirty(town, referral, harbour):
    counts = []
    harbour.get("me")
    for more in (3, 27):
        for number in range(more):
            file = actions.attach(referral, by=town.quayside_worker, file=take("a.txt", b"x"))
            say(referral, town.quayside_worker, f"Words {number}", attachments=[file.pk])
        with CaptureQueriesContext(connection) as queries:
            assert len(harbour.get(f"referrals/{referral.pk}/messages").json()["results"]) in {3, 30}
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_pages_follow_each_other_by_cursor(town, referral, quayside):
    for number in range(5):
        say(referral, town.quayside_worker, f"Words {number}")
    first = quayside.get(f"referrals/{referral.pk}/messages?limit=3").json()
    second = quayside.get(f"referrals/{referral.pk}/messages?limit=3&cursor={first['next']}").json()

    assert [row["text"][-1] for row in first["results"] + second["results"]] == list("43210")
    assert second["next"] is None


# -- How far somebody has read -------------------------------------------------------------------------------------------------


def unread(caller, referral):
    return caller.get(f"referrals/{referral.pk}").json()["unread"]


def test_what_the_other_side_said_is_unread_until_it_was_read(town, referral, quayside, harbour):
    say(referral, town.harbour_worker)
    say(referral, town.harbour_worker)
    assert (unread(quayside, referral), unread(harbour, referral)) == (2, 0)
    assert quayside.get("referrals?box=sent").json()["results"][0]["unread"] == 2

    assert quayside.post(f"referrals/{referral.pk}/read").status_code == 204

    assert unread(quayside, referral) == 0
    assert not Event.objects.filter(kind__startswith="read").exists()


def test_what_came_after_the_page_was_drawn_stays_unread(town, referral, quayside):
    say(referral, town.harbour_worker)
    drawn = now()
    say(referral, town.harbour_worker)

    quayside.post(f"referrals/{referral.pk}/read", {"upto": drawn})
    assert unread(quayside, referral) == 1
    quayside.post(f"referrals/{referral.pk}/read")
    quayside.post(f"referrals/{referral.pk}/read", {"upto": drawn})
    assert unread(quayside, referral) == 0


def test_each_colleague_has_a_mark_of_their_own(town, referral, quayside, call):
    say(referral, town.harbour_worker)
    colleague = call(region.member(town.quayside, "second@quayside.test", Role.CASEWORKER))
    quayside.post(f"referrals/{referral.pk}/read")

    assert (unread(quayside, referral), unread(colleague, referral)) == (0, 1)


def test_a_question_counts_as_unread_for_the_sender(town, sent, offer, quayside, harbour):
    actions.move(offer, "ask", by=town.harbour_worker, said=Said(text="Which language?"))

    assert (unread(quayside, sent), unread(harbour, sent)) == (1, 0)


def test_who_may_not_read_the_words_is_not_told_how_many(town, referral, call):
    say(referral, town.harbour_worker)

    assert unread(call(town.quayside_admin_user), referral) == 0


def test_who_writes_has_read_what_came_before(town, referral, quayside):
    say(referral, town.harbour_worker)
    say(referral, town.quayside_worker)

    assert unread(quayside, referral) == 0


# -- Files -----------------------------------------------------------------------------------------------------------------------


def test_a_file_is_uploaded_looked_into_sent_and_opened(town, referral, quayside, harbour):
    file = upload(quayside, referral)
    assert (file.status_code, file.json()["state"], file.json()["href"]) == (201, "pending", None)
    pk = file.json()["id"]
    assert harbour.get(f"attachments/{pk}").status_code == 404  # not sent yet
    talk.scan(Attachment.objects.get())
    said = quayside.post(f"referrals/{referral.pk}/messages", {"attachments": [pk]})
    assert said.status_code == 201, said.json()

    (row,) = harbour.get(f"referrals/{referral.pk}/messages").json()["results"]
    assert [(f["name"], f["kind"], f["state"]) for f in row["attachments"]] == [("letter.txt", "text", "clean")]
    answer = harbour.get(row["attachments"][0]["href"])
    assert (answer.status_code, answer.content) == (200, b"Dear all,")
    assert answer["Content-Disposition"] == 'attachment; filename="letter.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_opening_a_file_is_recorded_before_it_leaves(town, referral, harbour):
    file = sent_file(town, referral)
    Event.objects.filter(kind="person.disclosed").count()
    before = Event.objects.filter(kind="person.disclosed", organization=town.quayside).count()

    harbour.get(f"attachments/{file.pk}")

    assert Event.objects.filter(kind="person.disclosed", organization=town.quayside).count() == before + 1


def test_a_file_that_waits_or_was_refused_is_not_served(town, referral, quayside):
    file = actions.attach(referral, by=town.quayside_worker, file=take("letter.txt", files.EICAR))
    waiting = quayside.get(f"attachments/{file.pk}")
    talk.scan(file)
    refused = quayside.get(f"attachments/{file.pk}")

    assert (waiting.status_code, waiting.json()["state"]) == (409, "pending")
    assert (refused.status_code, refused.json()["state"], refused.json()["detail"]) == (409, "refused", files.WORDS[Why.DANGEROUS])
    assert not AttachmentChunk.objects.exists()
    assert quayside.post(f"referrals/{referral.pk}/messages", {"attachments": [str(file.pk)]}).status_code == 422


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("page.svg", b"<svg/>", 422, "kind"),
        ("photo.png", b"%PDF-1.7", 422, "not_what_it_says"),
        ("empty.txt", b"", 422, "empty"),
        ("large.txt", b"x" * (files.LARGEST + 1), 413, None),
        ("invoice.pdf.exe", b"MZ", 422, "kind"),
    ],
)
def test_a_file_that_is_not_taken_is_refused_in_words(referral, quayside, name, content, status, code):
    answer = upload(quayside, referral, content, name)

    assert answer.status_code == status
    if code:
        assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == ("/file", code)
    assert not Attachment.objects.exists()


def test_a_request_that_is_larger_than_any_file_is_refused_unread(referral, quayside):
    answer = quayside.client.post(
        f"/api/v1/referrals/{referral.pk}/attachments", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=12_000_000
    )

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("name", ["../../etc/passwd.txt", "..\\boot.txt", "a\u202etxt.exe.txt"])
def test_a_name_leads_nowhere(referral, quayside, name):
    kept = upload(quayside, referral, name=name).json()["name"]

    assert not set(kept) & set("/\\\u202e")
    assert kept.endswith(".txt")


def test_an_upload_repeated_with_its_key_is_one_file(referral, quayside):
    headers = {"HTTP_IDEMPOTENCY_KEY": "same"}
    first, second = upload(quayside, referral, **headers), upload(quayside, referral, **headers)
    other = upload(quayside, referral, b"another", **headers)

    assert (first.json()["id"], second["Idempotency-Replayed"]) == (second.json()["id"], "true")
    assert other.json()["code"] == "key_reused"
    assert Attachment.objects.count() == 1


def test_ten_files_at_most_wait_for_a_message(town, referral):
    for _ in range(10):
        actions.attach(referral, by=town.quayside_worker, file=take("a.txt", b"x"))

    with pytest.raises(SayMore):
        actions.attach(referral, by=town.quayside_worker, file=take("a.txt", b"x"))


def test_a_file_of_another_side_or_referral_cannot_be_sent_along(town, referral):
    file = actions.attach(referral, by=town.quayside_worker, file=take("a.txt", b"x"))

    with pytest.raises(SayMore):
        say(referral, town.harbour_worker, attachments=[file.pk])
    say(referral, town.quayside_worker, attachments=[file.pk])
    with pytest.raises(SayMore):
        say(referral, town.quayside_worker, attachments=[file.pk])


def test_a_file_that_was_not_sent_can_be_taken_back_and_a_sent_one_cannot(town, referral, quayside):
    waiting = actions.attach(referral, by=town.quayside_worker, file=LETTER)
    assert quayside.send("DELETE", f"attachments/{waiting.pk}", {}).status_code == 204
    assert not AttachmentChunk.objects.exists()

    assert quayside.send("DELETE", f"attachments/{sent_file(town, referral).pk}", {}).status_code == 409


def test_the_bytes_are_kept_sealed_and_only_the_persons_key_opens_them(town, referral):
    file = sent_file(town, referral)
    chunks = list(AttachmentChunk.objects.order_by("number"))

    assert len(chunks) == 3
    assert not any(b"Canary" in bytes(chunk.blob) for chunk in chunks)
    assert b"Canary" not in bytes(file.name)
    assert content_of(file) == LETTER.content
    PersonKey.objects.all().delete()
    assert content_of(file) is None


def test_after_erasure_a_file_is_as_if_it_had_never_been(town, referral, quayside):
    file = sent_file(town, referral)
    PersonKey.objects.all().delete()

    assert quayside.get(f"attachments/{file.pk}").status_code == 404


def test_parts_that_were_swapped_open_nothing(town, referral):
    from network.core.crypto import Unreadable

    file = sent_file(town, referral)
    first, second = AttachmentChunk.objects.order_by("number")[:2]
    AttachmentChunk.objects.filter(pk=first.pk).update(blob=bytes(second.blob))

    with pytest.raises(Unreadable):
        content_of(file)


def test_a_withdrawn_consent_closes_the_files_too(town, referral, harbour):
    file = sent_file(town, referral)
    assert harbour.get(f"attachments/{file.pk}").status_code == 200

    actions.move_referral(referral, "withdraw", by=town.quayside_worker)

    assert harbour.get(f"attachments/{file.pk}").status_code == 404


def test_a_scanner_of_the_installation_is_asked_instead(town, referral, settings):
    settings.ATTACHMENT_SCANNER = "tests.referrals.test_conversation.finds_everything"
    file = actions.attach(referral, by=town.quayside_worker, file=LETTER)
    talk.scan(file)

    assert Attachment.objects.get().state == Scanned.REFUSED


def finds_everything(kind, content):
    return Why.DANGEROUS


def breaks(kind, content):
    raise RuntimeError("Canary-Scanner")


def test_a_scanner_that_fails_is_tried_again_and_then_the_file_is_never_served(town, referral, settings, caplog):
    settings.ATTACHMENT_SCANNER = "tests.referrals.test_conversation.breaks"
    actions.attach(referral, by=town.quayside_worker, file=LETTER)
    for _ in range(talk.SCAN_TRIES):
        assert Attachment.objects.get().state == Scanned.PENDING
        talk.sweep(now() + talk.SCAN_WITHIN)

    assert (Attachment.objects.get().state, Attachment.objects.get().why) == (Scanned.REFUSED, Why.NOT_CHECKED)
    assert "Canary" not in caplog.text


def test_a_lost_look_is_found_by_the_sweep_and_what_was_never_sent_is_let_go(town, referral):
    actions.attach(referral, by=town.quayside_worker, file=LETTER)
    talk.sweep(now() + talk.SCAN_WITHIN)
    assert Attachment.objects.get().state == Scanned.CLEAN

    talk.sweep(now() + talk.UNSENT_KEPT)

    assert not Attachment.objects.exists()
    assert Event.objects.filter(kind="attachment.removed", organization=town.quayside).count() == 1


def test_what_a_scan_found_is_told_to_those_who_have_the_file(town, referral):
    file = actions.attach(referral, by=town.quayside_worker, file=LETTER)
    say(referral, town.quayside_worker, attachments=[file.pk])
    talk.scan(file)
    talk.scan(file)

    told = Event.objects.filter(kind="attachment.checked").values_list("organization__name", flat=True)
    assert sorted(told) == ["Harbour House", "Quayside Advice"]


@pytest.mark.parametrize(
    "values", [{"kind": "exe"}, {"state": "fine"}, {"state": "refused"}, {"why": "empty"}, {"why": "nonsense", "state": "refused"}]
)
def test_the_database_refuses_a_file_that_lies(town, referral, values):
    file = actions.attach(referral, by=town.quayside_worker, file=LETTER)

    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment.objects.filter(pk=file.pk).update(**values)


def test_the_database_keeps_one_mark_a_reader_and_one_part_a_number(town, referral):
    file = actions.attach(referral, by=town.quayside_worker, file=LETTER)
    actions.mark_read(referral, by=town.quayside_worker)

    with pytest.raises(IntegrityError), transaction.atomic():
        AttachmentChunk.objects.create(attachment=file, number=0, blob=b"x")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadMark.objects.create(user=town.quayside_user, referral=referral, at=now())


def test_nothing_that_was_said_is_where_it_should_not_be(town, referral, quayside, caplog):
    sent_file(town, referral)
    upload(quayside, referral, b"Canary-Upload", "Canary-Name.txt", HTTP_IDEMPOTENCY_KEY="k")
    quayside.post(f"referrals/{referral.pk}/messages", {"text": "Canary-Again"}, key="m")

    for row in Event.objects.values_list("kind", "subject", "actor"):
        assert "Canary" not in "".join(row)
    assert b"Canary" not in b"".join(bytes(row.answer or b"") for row in IdempotencyKey.objects.all())
    assert "Canary" not in str(list(DBTaskResult.objects.values_list("args_kwargs", "task_path")))
    assert "Canary" not in caplog.text
    with connection.cursor() as cursor:
        for table in ("referrals_message", "referrals_attachment", "referrals_attachmentchunk", "referrals_readmark"):
            cursor.execute(f"SELECT * FROM {table}")
            assert all(b"Canary" not in str(value).encode() + (bytes(value) if isinstance(value, bytes) else b"")
                       for row in cursor.fetchall() for value in row)  # fmt: skip


def test_the_sender_may_still_speak_to_a_waiting_list(town, referral, accepted):
    from datetime import timedelta

    actions.move(accepted, "waitlist", by=town.harbour_worker, said=Said(on=(now() + timedelta(days=20)).date()))

    assert say(referral, town.quayside_worker).offer_id == accepted.pk
