# ruff: noqa: F811  fixtures are imported
"""A message whose card number was blotted out: its page says so, and nobody verifies it again."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.models import ChannelNotification
from tests.instants import NOON
from tests.payments.admin.test_notification_buttons import WHY, address, jobs, press, refused
from tests.payments.api.test_notifications import notify
from tests.payments.api.test_told_card_numbers import CARD, account, order, told  # noqa: F401
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db

BLOTTED = "A card's number was blotted out before this was kept."


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def genuine(account, order) -> ChannelNotification:
    return kept(account, told(order))


@pytest.fixture
def forged(account, order) -> ChannelNotification:
    return kept(account, told(order).replace(b"respCode=00", b"respCode=01"))


def kept(account, body: bytes) -> ChannelNotification:
    notify(account.pk, body)
    ProcrastinateJob.objects.all().delete()
    return ChannelNotification.objects.get()


@pytest.mark.parametrize("verdict", ["genuine", "forged"])
def test_its_page_says_so_and_offers_no_second_judgement(request, verdict):
    # Given
    message, officer = request.getfixturevalue(verdict), desk("security_admin")
    assert (message.verdict, message.is_masked) == (verdict, True)

    # When
    seen = words(officer.get(address("change", message)))

    # Then
    assert BLOTTED in seen
    assert "Verify again" not in seen
    assert CARD not in seen


def test_what_was_kept_as_it_came_says_nothing_of_it(account, order):
    # Given
    message = kept(account, told(order, "6226****0048").replace(b"respCode=00", b"respCode=01"))
    officer = desk("security_admin")

    # When
    seen = words(officer.get(address("change", message)))

    # Then
    assert (BLOTTED in seen, "Verify again" in seen) == (False, True)


@pytest.mark.parametrize(
    ("verdict", "why"),
    [("forged", "cannot be verified again"), ("genuine", "nothing was changed")],
)
def test_who_presses_it_all_the_same_is_refused(request, verdict, why):
    # Given
    message, officer = request.getfixturevalue(verdict), desk("security_admin")

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(officer, "reverify", message, **WHY)
    refused(response, 409, why)
    message.refresh_from_db()
    assert (message.verdict, jobs()) == (verdict, [])


def test_of_a_genuine_one_the_channel_is_asked_again(genuine):
    # Given
    maker = desk("finance_maker")

    # When
    assert press(maker, "replay", genuine, reason="Nothing happened.").status_code == 302

    # Then
    assert len(jobs()) == 1
