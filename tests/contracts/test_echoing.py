"""What an adapter promises of proving its keys without money."""

import pytest

from payments.channels.base import NotificationAbout, OutcomeKind
from tests.contracts.suites import SUITES
from tests.instants import NOON

pytestmark = pytest.mark.parametrize("name", SUITES["echoing"])


def test_the_text_comes_back_and_is_repeated_at_our_door(other, mailbox):
    # When
    outcome = other.channel.echo(at=NOON)
    letter = mailbox.sent_to(other.config.notify_url)

    # Then
    assert outcome.kind is OutcomeKind.SUCCEEDED
    told = other.channel.verify_notification(
        headers=letter.headers, body=letter.body, at=letter.arrived_at
    )
    assert (told.about, told.channel_no) == (NotificationAbout.ECHO, outcome.channel_ref)
