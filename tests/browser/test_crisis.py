"""Crises in a browser: who is alerted hears it where they are, the page survives a cut network, and a crisis is sent without script."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]


def test_an_alarm_calls_the_one_who_is_alerted_and_one_press_ends_it_for_both(desk, site):
    worker = desk("worker@harbour.demo.invalid").page
    admin = desk("admin@harbour.demo.invalid", port=site.there).page
    other = desk("worker@quayside.demo.invalid").page
    worker.goto("/people/")
    other.goto("/people/")
    admin.goto("/organisation/crisis/")
    admin.get_by_role("button", name="Start a drill now").click()

    bar = worker.locator("#alarms .alarm_bar.drill")
    bar.wait_for(timeout=20_000)
    assert worker.locator("#urgent").text_content() == "DRILL. Practice alarm. Acknowledge it."
    assert other.locator("#alarms .alarm_bar").count() == 0
    assert other.locator("#urgent").text_content() == ""
    bar.get_by_role("button", name="Acknowledge").click()
    worker.wait_for_url("**/alarms/*/")
    admin.get_by_text("Sam Harbour is responsible").wait_for(timeout=20_000)

    admin.get_by_role("button", name="End the drill").click()
    admin.get_by_text("Acknowledged by Sam Harbour after 0 minutes").wait_for()


def test_the_crisis_page_is_there_once_the_network_is_cut(desk):
    made = desk()
    made.page.goto("/services/")
    made.page.evaluate("navigator.serviceWorker.ready")
    made.page.wait_for_function("async () => Boolean(await caches.match('/crisis/', { ignoreVary: true }))")
    made.context.set_offline(True)
    made.page.goto("/crisis/")

    assert "988" in made.page.content()
    assert made.page.locator(".card").first.evaluate("card => getComputedStyle(card).borderRadius") == "8px"
    made.complaints[:] = [words for words in made.complaints if "ERR_INTERNET_DISCONNECTED" not in words]


def test_a_crisis_is_sent_without_script_after_one_interruption_and_nothing_typed_is_lost(desk, site):
    signed_in = desk("worker@quayside.demo.invalid").context.storage_state()
    page = desk(storage_state=signed_in, java_script_enabled=False, viewport={"width": 375, "height": 800}).page
    page.goto("/refer/?need=counselling")
    page.locator("[name=name]").fill("Testing Person")
    page.locator("[name=note]").fill("What they must know.")
    for name, value in (("urgency", "crisis"), ("way", "keeper"), ("consent", "agreed"), ("how", "in-person")):
        page.locator(f"[name={name}][value={value}]").check()
    page.locator("input[name=service]").first.check()
    page.get_by_role("button", name="Send", exact=True).click()

    assert page.locator("h1").text_content() == "Before you send: a crisis"
    page.get_by_role("button", name="Back to the form").click()
    assert page.locator("[name=note]").input_value() == "What they must know."
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Continue and send").click()
    page.wait_for_url("**/r/*/")
    page.get_by_text("Crisis", exact=False).first.wait_for()
