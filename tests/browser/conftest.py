"""A running site with a demo region, and browsers that look at it."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from tests.servers import Site

QUAYSIDE, HARBOUR = "worker@quayside.demo.invalid", "worker@harbour.demo.invalid"
HELD = {"service_workers": "block"}  # of a desk whose answers are held back: what passes a service worker cannot be
# The shell draws as the browser does, without the windows around it: a third of the work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Two web processes and the worker over one demo region: what one of them writes, the others show."""
    here = {"DATABASE_URL": os.environ["DATABASE_URL"]} if "DATABASE_URL" in os.environ else {}
    made = Site(tmp_path_factory.mktemp("site"), here)
    made.migrate()
    made.manage("load_demo", "--referrals", "250")
    made.password = (made.folder / "demo-password").read_text()
    try:
        made.here, made.there = made.start_web(), made.start_web()
        made.start_worker()
        yield made
    finally:
        made.stop()


KEPT = """
from network.graph.models import GapReport, State
print(GapReport.objects.filter(settings_key="standard", state=State.READY).count())
"""


@pytest.fixture(scope="session")
def reported(site):
    """A first gap report: made here, where the worker has not been asked for one before."""
    if "0" in site.manage("shell", "-v", "0", "-c", KEPT).split():
        site.manage("compute_report")
    return site


@pytest.fixture(scope="module")
def browser():
    """Closed with the module: while Playwright runs, nothing else in this process can run a loop of its own."""
    if not CHROMIUM:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("Chromium is missing")
        pytest.skip("needs Chromium: set CHROMIUM to its path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


class Desk:
    """One person's browser, with what it complained about."""

    def __init__(self, browser, site, port, **options):
        self.site, self.port = site, port
        self.context = browser.new_context(base_url=f"http://127.0.0.1:{port}", **options)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def hear(self, message):
        """Errors count, but an answer of 4xx that a test asked for is none."""
        if message.type == "error" and not re.search(r"status of 4(03|04|09|10|22)", message.text):
            self.complaints.append(message.text)

    def sign_in(self, email):
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(self.site.password)
        self.page.locator("main form button[type=submit]").click()
        self.page.wait_for_url(lambda url: "login" not in url)
        return self.page


@pytest.fixture(scope="module")
def signed_in(site, browser):
    """The cookies of who signed in once: of so many desks each would ask for the same page and give the same password."""
    kept = {}

    def cookies(email):
        if email not in kept:
            door = Desk(browser, site, site.here)
            door.sign_in(email)
            kept[email] = door.context.storage_state()
            door.context.close()
            assert door.complaints == [], door.complaints
        return kept[email]

    return cookies


@pytest.fixture
def desk(browser, site, signed_in):
    opened = []

    def open_desk(email=None, port=None, **options):
        if email:
            options["storage_state"] = signed_in(email)
        made = Desk(browser, site, port or site.here, **options)
        opened.append(made)
        if email:
            made.page.goto("/")
        return made

    yield open_desk
    for made in opened:
        made.context.close()
    for made in opened:
        assert made.complaints == [], made.complaints
