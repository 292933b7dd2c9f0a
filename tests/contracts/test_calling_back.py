"""What an adapter promises of transfers that wait for their payee."""

import pytest

from payments.channels.base import OutcomeKind
from tests.contracts.suites import SUITES
from tests.instants import NOON

pytestmark = pytest.mark.parametrize("name", SUITES["calling_back"])


def test_one_that_is_called_back_is_never_taken_afterwards(other):
    # Given
    transfer = other.transfer()
    other.channel.transfer(transfer)

    # When
    outcome = other.channel.cancel_transfer(transfer.channel_no, at=NOON)

    # Then: only a question tells, and it never tells of a success
    assert outcome.kind is OutcomeKind.PROCESSING
    told = other.channel.query_transfer(transfer.channel_no, at=NOON)
    assert told.kind in (OutcomeKind.PROCESSING, OutcomeKind.FAILED)
    assert other.effects(transfer).count("transfer_canceling") == 1


def test_a_number_that_was_never_ordered_is_not_called_back(other):
    # When
    outcome = other.channel.cancel_transfer(other.transfer().channel_no, at=NOON)

    # Then
    assert outcome.kind is OutcomeKind.UNKNOWN
