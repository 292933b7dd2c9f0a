"""F01 to F05: a process dies at each fault point, of each kind of order, and nothing is lost."""

import signal

import pytest
from django.urls import get_resolver

from config import clock
from ledger import fault_points
from settlements.rehearsal.marketplace import take_in_merchants
from tests.contracts.mailbox import Mailbox
from tests.crashes import stories
from tests.crashes.scene import Scene, assert_it_happened_once
from tests.crashes.stories import STORIES
from tests.crashes.survival import Survivor, crashing_at, killed_at, noting_visits
from tests.instants import NOON
from tests.rig.partner import the_platform
from tests.rig.stage import run_jobs

get_resolver().url_patterns  # noqa: B018  all doors are imported, and their points known
POINTS = sorted(fault_points.REGISTRY)
CASES = [
    (kind, point)
    for kind, story in STORIES.items()
    for point in POINTS
    if point.partition(".")[0] in story.passes
]
DEADLY = ("exchange.intended", "exchange.answered", "order.recording", "exchange.recorded")
"""Where a real process is killed as well."""


@pytest.fixture
def mailbox():
    """Keep what the channel tells us."""
    mailbox = Mailbox()
    yield mailbox
    mailbox.close()


@pytest.fixture
def scene(marketplace, simulator, mailbox, settings, tmp_path):
    """Set a marketplace with one merchant at Thursday noon, and a partner of it."""
    settings.PUBLIC_URL = mailbox.url.partition("/notify")[0]
    settings.CHANNEL_SETTLE_WINDOW_SECONDS = 0
    settings.SANDBOX_CLOCK_FILE = str(tmp_path / "clock")
    clock.set_virtual_now(tmp_path / "clock", at=NOON)
    merchants = take_in_merchants(marketplace, {"tea": "Tea"}, at=NOON)
    return Scene(
        market=marketplace,
        other_side=simulator,
        mailbox=mailbox,
        partner=the_platform(),
        merchant=merchants["tea"],
        survivor=Survivor(),
    )


@pytest.mark.parametrize(("kind", "point"), CASES)
def test_a_crash_costs_nothing_but_time(scene, kind, point):
    # Given
    story = STORIES[kind]
    if story.before is not None:
        story.before(scene)

    # When
    with crashing_at(point):
        number = story.tell(scene)

    # Then
    assert scene.survivor.crashes == 1
    assert_it_happened_once(scene, number, story)


def test_every_fault_point_is_in_a_family_that_a_story_passes():
    families = {point.partition(".")[0] for point in POINTS}

    assert families == set().union(*(story.passes for story in STORIES.values()))


@pytest.mark.parametrize("kind", STORIES)
def test_every_fault_point_of_its_families_is_visited(scene, kind):
    # Given
    story = STORIES[kind]
    if story.before is not None:
        story.before(scene)

    # When
    with noting_visits() as visited:
        story.tell(scene)

    # Then
    assert visited >= {point for told, point in CASES if told == kind}


@pytest.mark.parametrize("point", DEADLY)
def test_a_process_that_is_killed_leaves_what_others_can_finish(scene, point):
    """The same with kill -9: nothing of the dead process is there to clean up."""
    # Given
    pay, refund = STORIES["pay"], STORIES["refund"]
    pay.tell(scene)
    stories.ask_for_refund(scene)

    # When
    ended = killed_at(point, run_jobs)

    # Then
    assert ended == -signal.SIGKILL
    number = refund.tell(scene)
    assert_it_happened_once(scene, number, refund)
