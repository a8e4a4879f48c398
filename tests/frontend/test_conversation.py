"""The conversation on the page of a referral, without a script: said, refused in words, opened and read."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from network.referrals import actions
from network.referrals.actions import Said
from network.referrals.actions.conversation import scan
from network.referrals.files import EICAR, take
from network.referrals.models import Attachment, Message, ReadMark, Scanned

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def quayside(town):
    return signed_in(town.quayside_user)


@pytest.fixture
def harbour(town):
    return signed_in(town.harbour_user)


@pytest.fixture
def referral(accepted):
    return accepted.referral


def say(client, referral, files=(), **values):
    values = {"text": "", "template": "", "once": uuid.uuid4().hex, **values}
    return client.post(f"/r/{referral.pk}/say/", {**values, "files": list(files)})


def shown(client, referral):
    return client.get(f"/r/{referral.pk}/").content.decode()


def test_what_one_side_says_the_other_reads_with_a_mark_that_it_is_new(referral, quayside, harbour):
    assert say(quayside, referral, text="Is Thursday good?").status_code == 302

    page = shown(harbour, referral)
    assert "Is Thursday good?" in page
    assert "Quayside Advice" in page
    assert "1 new" in page
    assert "1 new message" in harbour.get("/?box=held").content.decode()
    assert "1 new" not in shown(quayside, referral)


def test_reading_is_a_press_of_its_own(referral, quayside, harbour, town):
    say(quayside, referral, text="Hello")
    shown(harbour, referral)
    assert not ReadMark.objects.filter(user=town.harbour_user).exists()

    assert harbour.post(f"/r/{referral.pk}/read/", {"upto": "nonsense"}).status_code == 302

    assert "1 new" not in shown(harbour, referral)
    assert signed_in(town.eastfield_user).post(f"/r/{referral.pk}/read/").status_code == 404


def test_what_happened_does_not_repeat_what_was_said(referral, quayside):
    say(quayside, referral, text="Only-Once")

    assert shown(quayside, referral).count("Only-Once") == 1


def test_a_file_travels_with_a_message_and_is_opened_once_it_was_looked_into(referral, quayside, harbour):
    say(quayside, referral, [SimpleUploadedFile("letter.txt", b"Dear all,")], text="See the letter.")
    assert "being checked" in shown(harbour, referral)
    row = Attachment.objects.get()
    waiting = harbour.get(f"/files/{row.pk}/")
    assert waiting.status_code == 302
    scan(row)

    assert f'href="/files/{row.pk}/"' in shown(harbour, referral)
    answer = harbour.get(f"/files/{row.pk}/")
    assert (answer.content, answer["Content-Disposition"]) == (b"Dear all,", 'attachment; filename="letter.txt"')
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; sandbox")


def test_of_several_files_the_refused_one_is_named_by_its_number_and_the_rest_is_sent(referral, quayside):
    files = [SimpleUploadedFile("letter.txt", b"Dear all,"), SimpleUploadedFile("Hidden-Name.svg", b"<svg/>")]
    answer = say(quayside, referral, files, text="Two files")

    page = quayside.get(answer["Location"]).content.decode()
    assert "File 2 was not attached. PDF, PNG, JPEG and plain text can be attached." in page
    assert "Hidden" not in page
    assert Attachment.objects.get().message.verb == "message"


def test_a_file_that_did_not_pass_says_so_in_words(referral, quayside, town):
    file = actions.attach(referral, by=town.quayside_worker, file=take("letter.txt", EICAR))
    actions.send_message(referral, by=town.quayside_worker, attachments=[file.pk])
    scan(file)

    assert Attachment.objects.get().state == Scanned.REFUSED
    assert "did not pass the check" in shown(quayside, referral)
    assert f"/files/{file.pk}/" not in shown(quayside, referral)


def test_nothing_at_all_is_not_sent_and_says_what_is_missing(referral, quayside):
    answer = say(quayside, referral, [SimpleUploadedFile("a.exe", b"MZ")])

    assert answer.status_code == 422
    assert b"Write a few words, or attach a file." in answer.content
    assert b"File 1 was not attached." in answer.content
    assert not Message.objects.filter(verb="message").exists()


def test_a_text_that_is_too_long_is_kept_and_refused(referral, quayside):
    answer = say(quayside, referral, text="x" * 2001)

    assert answer.status_code == 422
    assert b"x" * 2001 in answer.content


def test_where_the_referral_has_ended_meanwhile_the_text_is_still_there(referral, town, quayside):
    actions.move_referral(referral, "cancel", by=town.quayside_worker, said=Said(reason="no-longer-needed"))
    files = [SimpleUploadedFile("letter.txt", b"Dear all,")]
    answer = say(quayside, referral, files, text="My long letter")

    assert answer.status_code == 409
    assert b"Not sent. Your text is still here." in answer.content
    assert b"My long letter" in answer.content
    assert not Attachment.objects.exists()


def test_two_presses_of_one_button_say_it_once(referral, quayside):
    for _ in range(2):
        assert say(quayside, referral, text="Once", once="one").status_code == 302

    assert Message.objects.filter(verb="message").count() == 1


def test_a_refused_press_can_be_mended_and_pressed_again(referral, quayside):
    assert say(quayside, referral, once="one").status_code == 422

    assert say(quayside, referral, once="one", text="Now with words").status_code == 302
    assert Message.objects.filter(verb="message").count() == 1


def test_a_sentence_to_begin_with_needs_no_script(referral, quayside):
    say(quayside, referral, template="thank-you", text="See you.")

    assert re.search(r"Thank you\. That is what we needed to know\.\s+See you\.", shown(quayside, referral))


def test_a_question_can_begin_with_a_sentence_too(town, offer, harbour):
    from network.core import etags

    harbour.post(f"/o/{offer.pk}/do/ask/", {"tag": etags.tag(offer), "template": "times", "text": ""})

    assert "Which days and times are good for the person?" in shown(harbour, offer.referral)


def test_before_an_acceptance_there_is_no_form_and_no_stranger_finds_one(town, sent, harbour):
    assert "say-form" not in shown(harbour, sent)
    assert say(signed_in(town.eastfield_user), sent, text="x").status_code == 404
    assert say(signed_in(town.quayside_admin_user), sent, text="x").status_code == 403


def test_a_long_conversation_shows_its_end_and_leads_to_the_rest_in_as_many_queries(town, referral, quayside):
    counts = []
    quayside.get(f"/r/{referral.pk}/")
    for more in (3, 42):
        for number in range(more):
            actions.send_message(referral, by=town.harbour_worker, text=f"Words-{number}.")
        with CaptureQueriesContext(connection) as queries:
            page = shown(quayside, referral)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert "Show 5 earlier" in page
    assert "Words-0." in quayside.get(f"/r/{referral.pk}/?all=1").content.decode()


def test_a_request_larger_than_ten_files_is_refused_unread(referral, quayside):
    answer = quayside.post(f"/r/{referral.pk}/say/", b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=200_000_000)

    assert answer.status_code == 413
    assert b"Nothing was sent" in answer.content
