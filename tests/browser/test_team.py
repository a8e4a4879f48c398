"""A team at work in two browsers: keys, who is looking, handing over, putting aside."""

from __future__ import annotations

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]
SAM, ALEX = "worker@harbour.demo.invalid", "admin@harbour.demo.invalid"


@pytest.fixture
def waiting(desk):
    """The address of a row that waits at Harbour House and that nobody has."""
    page = desk(SAM).page
    page.goto("/")
    rows = page.locator("[data-row]").filter(has_text=re.compile("I take care of it")).filter(has_not_text="has it")
    return rows.first.get_attribute("id"), rows.first.locator("h2 a").get_attribute("href")


def test_a_colleague_who_opens_a_referral_is_named_in_the_row_and_a_claim_shows_at_once(desk, site, waiting):
    row, href = waiting
    sam, alex = desk(SAM).page, desk(ALEX, port=site.there).page
    sam.goto("/")
    sam.mouse.move(2, 2)  # nothing is swapped under the pointer
    alex.goto(href)
    sam.locator(f"#{row} .presence", has_text="Alex Harbour is looking at this").wait_for(timeout=8000)
    assert alex.locator("#referral .presence").inner_text() == ""

    alex.locator(".steps [aria-current]", has_text="Seen").wait_for()  # drawn again once it was seen
    alex.get_by_text("More", exact=True).click()
    alex.get_by_role("button", name="I take care of it").click()
    sam.locator(f"#{row}", has_text="Alex Harbour has it").wait_for(timeout=8000)
    sam.locator(f"#{row}").get_by_role("button", name=re.compile("Take over and accept")).wait_for()


def test_keys_select_and_put_aside(desk):
    page = desk(SAM).page
    page.goto("/")
    page.locator("h1").click()
    for _ in range(10):
        page.keyboard.press("j")
        if page.locator("[data-row][data-selected]:not(.crisis)").count():  # a crisis is never put aside
            break
    page.keyboard.press("x")
    page.locator("#bulk").wait_for(state="visible")
    page.keyboard.press("x")
    page.locator("#bulk").wait_for(state="hidden")
    name = page.locator("[data-row][data-selected] h2 a").get_attribute("href")
    page.keyboard.press("s")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("Put aside until")).first.wait_for()
    assert page.locator(f'[data-row] a[href="{name}"]').count() == 0
    page.goto("/?box=snoozed")
    page.locator("[data-row]", has=page.locator(f'a[href="{name}"]')).get_by_role("button", name=re.compile("Show it again")).click()
    page.get_by_text("It is in the inbox again.").wait_for()


def test_the_selected_are_handed_over_without_script(desk):
    page = desk(java_script_enabled=False).sign_in(SAM)
    page.goto("/")
    page.locator("[data-row]").first.get_by_label(re.compile("Select")).check()
    page.get_by_label("Hand the selected to").select_option(label="Alex Harbour")
    page.get_by_role("button", name="Hand over").click()
    assert "1 is with Alex Harbour now." in page.inner_text("main")
