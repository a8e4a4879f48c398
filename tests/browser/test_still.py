"""Nothing moves under a hand, and what has just come is not pressed by mistake."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HARBOUR, HELD, QUAYSIDE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]
TALL = {"width": 1280, "height": 2600}
BAND = '<div class="alarm_bar"><p>Somebody is called.</p></div>'


def services_late(page):
    """The next answer with services waits until it is let go."""
    kept = []

    def keep(route):
        kept.append(route)

    page.route("**/refer/services/", keep, times=1)

    def let_go():
        while not kept:
            page.wait_for_timeout(20)
        before = page.evaluate("performance.getEntriesByType('resource').length")
        kept[0].continue_()
        page.wait_for_function("n => performance.getEntriesByType('resource').length > n", arg=before)

    return let_go


def middle(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_services_wait_for_the_end_of_a_press(site, desk):
    page = desk(QUAYSIDE, **HELD, viewport=TALL).page
    page.goto("/refer/")
    let_go = services_late(page)
    page.locator("#id_need").select_option("housing-support")
    page.locator(".htmx-request .updating").wait_for()
    way = page.get_by_label("Text message")
    place = middle(way)

    page.mouse.move(*place)
    page.mouse.down()
    let_go()
    page.wait_for_timeout(200)
    assert middle(way) == place
    page.mouse.up()

    expect(way).to_be_checked()
    expect(page.locator("#services fieldset.matches")).to_be_visible()


def test_who_fills_what_is_below_the_services_keeps_it_in_view(site, desk):
    page = desk(QUAYSIDE, **HELD, viewport={"width": 1280, "height": 1000}).page
    page.goto("/refer/")
    let_go = services_late(page)
    page.locator("#id_need").select_option("housing-support")
    way = page.get_by_label("Text message")
    way.check()
    place = middle(way)
    expect(page.locator("#services .updating")).to_be_in_viewport()

    let_go()
    expect(page.locator("#services fieldset.matches")).to_have_count(1)

    assert middle(way) == pytest.approx(place, abs=1)


def test_a_service_that_has_just_come_takes_no_press(site, desk):
    page = desk(QUAYSIDE, **HELD, viewport=TALL).page
    page.goto("/refer/")
    let_go = services_late(page)
    page.locator("#id_need").select_option("housing-support")
    page.evaluate(
        """() => document.querySelector("#services").addEventListener("htmx:afterSettle", () => {
            const box = document.querySelector("#services input[type=checkbox][name=service]:not(:checked)");
            const { x, y } = box.getBoundingClientRect();
            window.hit = Boolean(document.elementFromPoint(x + 5, y + 5).closest("#services"));
        })"""
    )

    let_go()
    box = page.locator("#services input[type=checkbox][name=service]:not(:checked)").first
    expect(box).to_be_visible()

    page.wait_for_function("() => window.hit !== undefined")  # looked at once it has settled
    assert page.evaluate("window.hit") is False
    name = box.get_attribute("value")
    box.click()  # in a moment it does
    expect(page.locator(f"#services input[type=checkbox][value='{name}']")).to_be_checked()


def test_a_band_of_alarms_waits_for_the_end_of_a_press_and_what_it_pushed_takes_none(site, desk):
    page = desk(HARBOUR, **HELD, viewport=TALL).page
    page.goto("/?box=held")
    page.route("**/alarms/bar/", lambda route: route.fulfill(body=BAND, content_type="text/html"))
    words = page.locator("[data-row] p").first
    x, y = middle(words)
    page.evaluate(
        """([x, y]) => document.querySelector("#alarms").addEventListener("htmx:afterSettle", () => {
            window.hit = document.elementFromPoint(x, y).tagName;
        })""",
        [x, y],
    )

    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("document.querySelector('#alarms').dispatchEvent(new CustomEvent('changed'))")
    page.wait_for_timeout(300)
    assert middle(words) == (x, y)
    page.mouse.up()

    expect(page.locator("#alarms .alarm_bar")).to_be_visible()
    assert middle(words)[1] > y
    page.wait_for_function("() => window.hit !== undefined")
    assert page.evaluate("window.hit") == "HTML"
    page.wait_for_function("([x, y]) => document.elementFromPoint(x, y).tagName !== 'HTML'", arg=[x, y])


def test_a_press_on_a_list_of_choices_that_never_ends_does_not_hold_services_back(site, desk):
    page = desk(QUAYSIDE, **HELD).page
    page.goto("/refer/")
    page.evaluate("document.querySelector('#id_need').dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))")
    page.locator("#id_need").select_option("housing-support")

    expect(page.locator("#services fieldset.matches")).to_have_count(1)
