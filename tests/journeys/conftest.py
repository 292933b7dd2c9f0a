"""The stage of a journey: a live server, a real channel, a clock, and doors for everyone."""

import re
from collections.abc import Iterator

import httpx
import pytest

from settlements.rehearsal.marketplace import take_in_merchants
from tests.instants import NOON
from tests.journeys.recipes import Recipe
from tests.journeys.story import Story
from tests.journeys.tills import PATIENCE_MS
from tests.rig.partner import the_platform

PASSWORD = "correct horse battery"


@pytest.fixture
def story(marketplace, simulator, live_server, settings, tmp_path) -> Iterator[Story]:
    """It is Thursday noon: a marketplace with a tea house and a book shop is open."""
    clock = tmp_path / "clock"
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.PUBLIC_URL = live_server.url
    settings.STAFF_SECOND_FACTOR = False
    clock.write_text(NOON.isoformat())
    bearer = {"Authorization": f"Bearer {the_platform().secret}"}
    with httpx.Client(base_url=live_server.url, headers=bearer, trust_env=False) as partner:
        names = {"tea": "Old Tea House", "books": "Corner Books"}
        yield Story(
            market=marketplace,
            other_side=simulator,
            partner=partner,
            merchants=take_in_merchants(marketplace, names, at=NOON),
            clock=clock,
        )


@pytest.fixture
def phone_of(new_context, live_server):
    """Return a function that opens a browser of a payer's own, as large as a telephone."""

    def open_browser(**terms):
        phone = {"width": 390, "height": 844}
        context = new_context(
            locale="en-GB", base_url=live_server.url, **{"viewport": phone, **terms}
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    return open_browser


@pytest.fixture
def desk_of(new_context, live_server):
    """Return a function that signs somebody in with the journeys' password, in their browser."""

    def sign_in(username):
        page = new_context(locale="en-GB", base_url=live_server.url).new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(username)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(re.compile(r"/(admin|portal)/$"))
        return page

    return sign_in


@pytest.fixture
def recipe_of():
    """Return a function that opens a recipe; at the end, each of its steps was taken in order."""
    opened = []

    def open_recipe(page: str) -> Recipe:
        opened.append(Recipe(page))
        return opened[-1]

    yield open_recipe
    for recipe in opened:
        assert len(recipe.steps) == 5
        assert recipe.taken == recipe.steps
