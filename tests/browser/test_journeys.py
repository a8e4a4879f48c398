"""What people do, in real browsers: two caseworkers at two web processes while the worker writes beside them."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HARBOUR, HELD, QUAYSIDE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


def fill_referral(page, name):
    page.goto("/refer/")
    page.get_by_label("Name to use").fill(name)
    page.locator("#id_need").select_option("housing-support")
    page.get_by_text("Soon: within 2 working days").click()
    page.get_by_label("Text message").check()
    page.get_by_label("Number or address").fill("202-555-0123")
    page.get_by_role("button", name="Find services").click()
    page.get_by_role("checkbox", name=re.compile("Harbour House")).first.check()
    page.get_by_label("Agreed", exact=True).check()
    page.get_by_label("In person").check()


def send_referral(page, name):
    fill_referral(page, name)
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url(re.compile(r"/r/"))
    return page.locator("main .number").first.inner_text()


def test_a_loop_is_closed_while_both_watch(site, desk):
    quayside, harbour = desk(QUAYSIDE, site.here).page, desk(HARBOUR, site.there).page
    harbour.goto("/")
    harbour.mouse.move(0, 0)

    reference = send_referral(quayside, "Nadia Journey")
    row = harbour.locator("[data-row]", has_text=reference)
    expect(row).to_be_visible(timeout=10_000)  # no reload: the other process wrote it
    expect(row).not_to_contain_text("Nadia")

    row.get_by_role("button", name="Accept").click()
    expect(quayside.locator("main .status").first).to_contain_text("Accepted", timeout=10_000)

    harbour.goto("/?box=held")
    harbour.locator("[data-row]", has_text=reference).get_by_role("link").first.click()
    expect(harbour.get_by_text("Nadia Journey")).to_be_visible()
    harbour.get_by_role("button", name="Support has started").click()
    expect(quayside.locator("main .status").first).to_contain_text("Support started", timeout=10_000)
    harbour.locator("details#complete summary").click()
    harbour.locator("details#complete").get_by_label("Yes").check()
    harbour.locator("details#complete button").click()
    expect(quayside.locator("main .status").first).to_contain_text("got help", timeout=10_000)


def test_who_is_ticked_while_the_services_are_asked_for_again_stays_ticked(site, desk):
    page = desk(QUAYSIDE, **HELD).page
    page.goto("/refer/?need=housing-support")
    asked = []

    def late(route):
        asked.append(route.request.post_data)
        page.wait_for_timeout(600 if len(asked) == 1 else 0)
        route.continue_()

    page.route("**/refer/services/", late)
    page.get_by_text("Urgent: within 4 open hours").click()
    box = page.get_by_role("checkbox", name=re.compile("Harbour House")).first
    box.check()
    pk = box.get_attribute("value")
    page.wait_for_function(
        "asked => performance.getEntriesByType('resource').filter(e => e.name.includes('/refer/services/')).length >= asked", arg=2
    )
    page.wait_for_function("() => !document.querySelector('.htmx-request')")

    expect(box).to_be_checked()
    assert page.locator("[data-order]").input_value() == pk
    assert [pk in words for words in asked] == [False, True]


def test_two_quick_presses_of_send_make_one_referral(site, desk):
    page = desk(QUAYSIDE).page
    fill_referral(page, f"Twice {uuid.uuid4().hex[:6]}")
    form = page.locator("form[data-send]")
    body = form.evaluate("form => new URLSearchParams(new FormData(form)).toString()")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": page.url}

    first = page.request.post("/refer/", data=body, headers=headers, max_redirects=0)
    second = page.request.post("/refer/", data=body, headers=headers, max_redirects=0)

    assert first.status == second.status == 302
    assert first.headers["location"] == second.headers["location"]


def test_by_keyboard_alone_a_referral_is_accepted(site, desk):
    reference = send_referral(desk(QUAYSIDE).page, "Kim Keys")
    page = desk(HARBOUR).page
    page.goto("/")
    for _ in range(60):
        page.keyboard.press("j")
        if reference in page.locator("[data-row][data-selected]").inner_text():
            break
    page.keyboard.press("a")
    expect(page.get_by_text("You said yes.")).to_be_visible()


def test_without_script_a_referral_is_sent_and_declined(site, desk):
    page = desk(QUAYSIDE, java_script_enabled=False).page
    reference = send_referral(page, "Noor Noscript")
    other = desk(HARBOUR, java_script_enabled=False).page
    other.goto("/")
    other.locator("[data-row]", has_text=reference).get_by_role("link", name=re.compile("Decline")).click()
    other.locator("details#reject summary").click()
    other.locator("details#reject").get_by_label("No place at the moment").check()
    other.locator("details#reject button").click()
    expect(other.get_by_text("Nobody is told yet.")).to_be_visible()  # it can be undone, by a button without script too
    other.get_by_role("button", name="Decline now").first.click()
    expect(other.get_by_text("Declined.")).to_be_visible()
    page.reload()
    expect(page.locator("main .status").first).to_contain_text("Nobody has said yes")


def test_what_is_missing_is_named_and_nothing_typed_is_lost(site, desk):
    page = desk(QUAYSIDE).page
    page.goto("/refer/")
    page.get_by_label("Name to use").fill("Mia Missing")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator(".error_summary")).to_contain_text("Choose what would help")
    expect(page.get_by_label("Name to use")).to_have_value("Mia Missing")
    assert page.title().startswith("Check:")


def test_a_signed_out_reader_is_led_back_to_the_page(site, desk):
    made = desk()
    made.page.goto("/people/")
    assert "/accounts/login/" in made.page.url


def test_a_coordinator_begins_at_approvals_and_sees_no_people(site, desk):
    page = desk("coordinator@county.demo.invalid").page
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Coordination")
    assert page.request.get("/people/").url.endswith("/coordination/")


EXPIRE = """
from datetime import timedelta
from network.core.clock import now
from network.referrals.models import Offer
from network.referrals.tasks import expire
offer = Offer.objects.get(referral__reference="%s")
Offer.objects.filter(pk=offer.pk).update(respond_by=now() - timedelta(seconds=1))
expire.enqueue(str(offer.pk))
"""


def test_an_offer_that_lapses_in_the_worker_leaves_the_open_inbox(site, desk):
    quayside, harbour = desk(QUAYSIDE, site.here).page, desk(HARBOUR, site.there).page
    reference = send_referral(quayside, "Ella Expired")
    harbour.goto("/")
    row = harbour.locator("[data-row]", has_text=reference)
    expect(row).to_be_visible()
    harbour.mouse.move(0, 0)

    site.manage("shell", "-v", "0", "-c", EXPIRE % reference)

    expect(row).to_have_count(0, timeout=15_000)
    expect(quayside.locator("main .status").first).to_contain_text("Nobody has said yes", timeout=15_000)
    expect(quayside.get_by_text("No reply in time").first).to_be_visible()
