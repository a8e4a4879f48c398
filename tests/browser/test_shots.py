"""Photographs of every page, wide and narrow, light and dark: `make shots`, then look at them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(not os.environ.get("SHOTS"), reason="make shots"),
]
FOLDER = Path(os.environ.get("SHOTS_DIR", "var/shots"))
GAPS = {
    "gaps": "/gaps/",
    "gaps-access": "/gaps/?list=areas&layer=access&view=map",
    "gaps-areas": "/gaps/?list=areas&layer=need",
    "gaps-frictions": "/gaps/?list=frictions",
    "gaps-partners": "/gaps/?list=partners",
    "gaps-links": "/gaps/?list=links",
    "gaps-none": "/gaps/?need=nothing-has-this-code",
    "gaps-month": "/gaps/?month=2001-01",
}
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 375, "height": 800}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_photographs(reported, desk, size, scheme):
    FOLDER.mkdir(parents=True, exist_ok=True)
    page = desk("worker@harbour.demo.invalid", viewport=SIZES[size], color_scheme=scheme).page
    page.goto("/")
    inbox = page.locator("[data-row] h2 a")
    detail = inbox.first.get_attribute("href") if inbox.count() else None
    page.goto("/?box=held")
    held = page.locator("[data-row] h2 a").first.get_attribute("href")
    page.goto("/people/")
    person = page.locator("tbody a").first.get_attribute("href")
    paths = {
        "inbox": "/",
        "held": "/?box=held",
        "sent": "/?box=sent",
        "closed": "/?box=closed",
        "drafts": "/?box=drafts",
        "asked": detail,
        "accepted": held,
        "refer": "/refer/?need=housing-support",
        "people": "/people/",
        "person": person,
        "safety": f"{person}safety/",
        "services": "/services/?q=counselling&where=Northside",
        "search": "/services/",
        "outcomes": "/outcomes/",
        "organisation": "/organisation/",
        "readiness": "/organisation/crisis/",
        "crisis-team": "/crisis/team/",
        "settings": "/settings/",
        "help": "/help/",
        "crisis": "/crisis/",
    }
    for name, path in paths.items():
        if path:
            page.goto(path)
            page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=True)
    page = desk("coordinator@county.demo.invalid", viewport=SIZES[size], color_scheme=scheme).page
    page.goto("/coordination/")
    page.screenshot(path=FOLDER / f"coordination-{size}-{scheme}.png", full_page=True)
    for name, path in GAPS.items():
        page.goto(path)
        if page.locator("#map[data-url]").count() and page.locator("#map").is_visible():
            page.locator("#map[data-ready=yes]").wait_for()
        page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=True)
    page.goto("/gaps/")
    page.locator("[data-row] a[data-opens]").first.click()
    page.get_by_role("heading", name="What it rests on").wait_for()
    page.screenshot(path=FOLDER / f"gap-{size}-{scheme}.png", full_page=True)
    page.goto("/outcomes/?by=language")
    page.screenshot(path=FOLDER / f"outcomes-language-{size}-{scheme}.png", full_page=True)
    page = desk(viewport=SIZES[size], color_scheme=scheme).page
    page.goto("/accounts/login/")
    page.screenshot(path=FOLDER / f"sign-in-{size}-{scheme}.png", full_page=True)
