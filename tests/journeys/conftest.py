"""The stage of a journey: a live server, a real channel, a clock, and doors for everyone."""

from collections.abc import Iterator

import httpx
import pytest

from settlements.rehearsal.marketplace import take_in_merchants
from tests.instants import NOON
from tests.journeys.story import Story
from tests.rig.partner import the_platform


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
