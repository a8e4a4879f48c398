"""Every page and its states in six modes: axe finds nothing, and no page scrolls sideways."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]
# Only what is wrong is told whole: to describe each node that is right takes as long as to look at it.
TAGS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
MODES = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
    "phone": {"viewport": {"width": 375, "height": 800}},
    "large": {},
    "rtl": {},
}
WORKER = [
    "/",
    "/?box=held",
    "/?box=sent",
    "/?box=drafts",
    "/?box=closed",
    "/refer/",
    "/people/",
    "/people/new/",
    "/outcomes/",
    "/organisation/",
    "/organisation/crisis/",
    "/crisis/team/",
    "/settings/",
    "/help/",
    "/services/?q=housing",
]
GAPS = [
    "/gaps/",
    "/gaps/?list=areas&layer=access",
    "/gaps/?list=frictions",
    "/gaps/?list=partners&layer=need",
    "/gaps/?list=links",
    "/gaps/?need=nothing-has-this-code",
    "/gaps/?month=2001-01",
    "/gaps/?settings=0123456789abcdef01234567",
    "/gaps/?view=map",
]
PUBLIC = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/join/",
    "/join/no-such-link",
    "/services/",
    "/services/?q=nothing-fits-this",
    "/crisis/",
]
# Every page in these; in the others a short run looks at the pages that hold each part, a long one at all.
WHOLE = ("light",) if not os.environ.get("LONG") else tuple(MODES)
PARTS = ["/gaps/", "/gaps/?list=partners&layer=need", "/gaps/?month=2001-01"]


def findings(page, within=None):
    """What axe finds on the page, or in the part of it that has come since the whole was looked at."""
    found = Axe().run(page, context=within, options=TAGS).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found]


def shown_as(page, mode):
    """Large print and right to left are no wish of a browser's: they are set on the page."""
    if mode == "large":
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    if mode == "rtl":
        page.evaluate("document.documentElement.dir = 'rtl'")


def look(page, path, mode, ready=lambda _page: None):
    answer = page.goto(path)
    assert answer.status in {200, 403, 404, 410}, (path, answer.status)
    ready(page)
    shown_as(page, mode)
    wide = wider_than_the_window(page)
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    wide = max(wide, wider_than_the_window(page))
    return ([("scrolls sideways", wide)] if wide > 1 else []) + findings(page)


def wider_than_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def first(page, path, link):
    """Where the first such link of a page leads."""
    page.goto(path)
    return page.locator(link).first.get_attribute("href")


@pytest.mark.parametrize("mode", MODES)
def test_pages_of_a_caseworker(desk, mode):
    made = desk("worker@harbour.demo.invalid", **MODES[mode])
    page = made.page
    page.goto("/?box=held")
    detail = page.locator("[data-row] h2 a").first.get_attribute("href")
    page.goto("/people/")
    person = page.locator("tbody a").first.get_attribute("href")
    paths = [*WORKER, detail, person, f"{person}change/", f"{person}safety/"]
    if mode not in WHOLE:
        paths = ["/", "/refer/", detail, person, "/services/?q=housing"]
    assert {path: found for path in paths if (found := look(page, path, mode))} == {}


@pytest.mark.parametrize("mode", WHOLE)
def test_pages_that_others_lead_to(desk, mode):
    """A referral in each box of both sides, a draft, an organisation, a service, a claim, the account's own pages, and no page."""
    made = desk("worker@harbour.demo.invalid", **MODES[mode])
    page = made.page
    boxes = [first(page, f"/?box={box}", "[data-row] h2 a") for box in ("inbox", "sent", "closed")]
    leads = ["main a[href^='/services/'][href$='/']", "main a[href^='/organisations/']"]
    directory = [first(page, "/services/?q=housing", leads[0])]
    directory.append(first(page, directory[0], leads[1]))
    mine = ["/settings/away/", "/settings/notices/", "/accounts/password/change/", "/accounts/email/", "/accounts/2fa/"]
    paths = [
        *boxes,
        *directory,
        f"{directory[1]}claim/",
        *mine,
        "/coordination/",
        "/no-such-page/",
        "/people/00000000-0000-4000-8000-000000000000/",
    ]
    assert {path: found for path in paths if (found := look(page, path, mode))} == {}


@pytest.mark.parametrize("mode", MODES)
def test_public_pages(desk, mode):
    page = desk(**MODES[mode])
    result = {path: found for path in PUBLIC if (found := look(page.page, path, mode))}
    assert result == {}


@pytest.mark.parametrize("mode", WHOLE)
@pytest.mark.parametrize("email", ["coordinator@county.demo.invalid", "admin@harbour.demo.invalid"])
def test_pages_of_coordinators_and_admins(desk, email, mode):
    page = desk(email, **MODES[mode]).page
    paths = (
        ["/coordination/", "/outcomes/?by=organisation"] if email.startswith("coordinator") else ["/organisation/", "/organisation/crisis/"]
    )
    assert {path: found for path in paths if (found := look(page, path, mode))} == {}


def drawn(page):
    """Wait for the map where there is one on the screen."""
    if page.locator("#map[data-url]").count() and page.locator("#map").is_visible():
        page.locator("#map[data-ready=yes]").wait_for()


@pytest.mark.parametrize("mode", MODES)
def test_the_gap_map_in_each_of_its_states(reported, desk, mode):
    made = desk("coordinator@county.demo.invalid", **MODES[mode])
    page = made.page
    lists = ["/gaps/", "/gaps/?list=areas", "/gaps/?list=partners"] if mode in WHOLE else ["/gaps/"]
    paths = [*(GAPS if mode in WHOLE else PARTS), *(first(page, path, "[data-row] a") for path in lists)]
    result = {path: found for path in paths if (found := look(page, path, mode, drawn))}

    page.goto("/gaps/")
    drawn(page)
    page.locator("[data-row] a[data-opens]").first.click()
    page.locator("#drawer [data-focus], main h1.drawer_title").first.wait_for()
    shown_as(page, mode)
    came = "#drawer" if mode not in WHOLE and page.locator("#drawer [data-focus]").count() else None
    result["drawer"] = findings(page, came)
    page.goto("/gaps/")
    page.get_by_label("low: Of 100").fill("50")
    page.get_by_role("button", name="Compute with these").click()
    page.locator(".error_summary").wait_for()
    shown_as(page, mode)
    result["assumptions"] = findings(page, ".error_summary, form:has(.field.wrong)" if mode not in WHOLE else None)

    assert {path: found for path, found in result.items() if found} == {}


@pytest.mark.parametrize("mode", WHOLE)
def test_the_gap_map_for_those_whose_page_it_is_not(reported, desk, mode):
    page = desk("worker@harbour.demo.invalid", **MODES[mode]).page

    assert look(page, "/gaps/", mode) == []


@pytest.mark.parametrize("mode", WHOLE)
def test_a_form_with_errors(desk, mode):
    page = desk("worker@harbour.demo.invalid", **MODES[mode]).page
    page.goto("/refer/")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".error_summary").wait_for()
    shown_as(page, mode)
    assert findings(page) == []
