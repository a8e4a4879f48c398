"""Every page and its states in six modes: axe finds nothing, and no page scrolls sideways."""

from __future__ import annotations

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]
TAGS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
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
    "/settings/",
    "/help/",
    "/services/?q=housing",
]
PUBLIC = ["/accounts/login/", "/accounts/password/reset/", "/services/", "/services/?q=nothing-fits-this", "/crisis/"]
QUICK = ("light", "dark") if not os.environ.get("LONG") else tuple(MODES)


def findings(page):
    found = Axe().run(page, options=TAGS).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found]


def look(page, path, mode):
    answer = page.goto(path)
    assert answer.status in {200, 404}, (path, answer.status)
    if mode == "large":
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    if mode == "rtl":
        page.evaluate("document.documentElement.dir = 'rtl'")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return ([("scrolls sideways", wide)] if wide > 1 else []) + findings(page)


@pytest.mark.parametrize("mode", MODES)
def test_pages_of_a_caseworker(desk, mode):
    made = desk("worker@harbour.demo.invalid", **MODES[mode])
    page = made.page
    page.goto("/?box=held")
    detail = page.locator("[data-row] h2 a").first.get_attribute("href")
    page.goto("/people/")
    person = page.locator("tbody a").first.get_attribute("href")
    paths = [*WORKER, detail, person, f"{person}change/", f"{person}safety/"]
    if mode not in QUICK:
        paths = ["/", "/refer/", detail, person, "/services/?q=housing"]
    assert {path: found for path in paths if (found := look(page, path, mode))} == {}


@pytest.mark.parametrize("mode", MODES)
def test_public_pages(desk, mode):
    page = desk(**MODES[mode])
    result = {path: found for path in PUBLIC if (found := look(page.page, path, mode))}
    assert result == {}


@pytest.mark.parametrize("email", ["coordinator@county.demo.invalid", "admin@harbour.demo.invalid"])
def test_pages_of_coordinators_and_admins(desk, email):
    page = desk(email).page
    paths = ["/coordination/", "/outcomes/?by=organisation"] if email.startswith("coordinator") else ["/organisation/"]
    assert {path: found for path in paths if (found := look(page, path, "light"))} == {}


def test_a_form_with_errors(desk):
    page = desk("worker@harbour.demo.invalid").page
    page.goto("/refer/")
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator(".error_summary").wait_for()
    assert findings(page) == []
