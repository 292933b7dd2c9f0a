"""What every channel's adapter promises of closing orders, held against the simulator."""

from datetime import timedelta

import httpx
import pytest

from payments.channels.base import NOT_FOUND, OutcomeKind
from tests.contracts.counterparts import CHANNELS
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)
CLOSING = [name for name, expected in CHANNELS.items() if expected.closes]
ENDING = [name for name, expected in CHANNELS.items() if not expected.closes]


def opened(other):
    """Place an order that a payer has opened, and not paid."""
    order = other.order()
    other.channel.pay(order)
    other.open_code(order)
    return order


@pytest.mark.parametrize("name", CLOSING)
def test_an_order_that_was_closed_stays_closed_and_takes_no_money(other):
    # Given
    order = opened(other)

    # When
    outcome = other.channel.close(order.channel_no, at=NOON)

    # Then
    assert outcome.kind is OutcomeKind.CLOSED
    assert other.channel.query(order.channel_no, at=NOON).kind is OutcomeKind.CLOSED
    with pytest.raises(httpx.HTTPStatusError):
        other.pay(order, at=PAID_AT)
    assert "paid" not in other.effects(order)


@pytest.mark.parametrize("name", CLOSING)
def test_closing_again_is_closed_still(other):
    # Given
    order = opened(other)
    other.channel.close(order.channel_no, at=NOON)

    # When
    outcome = other.channel.close(order.channel_no, at=NOON)

    # Then
    assert outcome.kind is OutcomeKind.CLOSED
    assert other.effects(order).count("closed") == 1


@pytest.mark.parametrize("name", ENDING)
def test_an_order_that_cannot_be_closed_is_never_called_closed_before_its_time(other):
    # Given
    order = opened(other)

    # When
    outcome = other.channel.close(order.channel_no, at=NOON)

    # Then: it says what is true, and the payer can still pay
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.code != NOT_FOUND
    other.pay(order, at=PAID_AT)
    assert other.channel.query(order.channel_no, at=NOON).kind is OutcomeKind.SUCCEEDED


def test_an_order_whose_time_is_over_is_closed_by_nobody_s_wish(other):
    # Given
    order = opened(other)
    other.other_side.set_clock(order.expires_at)

    # When
    outcome = other.channel.close(order.channel_no, at=order.expires_at)

    # Then
    assert outcome.kind is OutcomeKind.CLOSED


def test_an_order_that_nobody_has_opened_is_closed_as_the_channel_can(other):
    # Given
    order = other.order()
    other.channel.pay(order)

    # When
    outcome = other.channel.close(order.channel_no, at=NOON)

    # Then
    assert (outcome.kind, outcome.code) == other.expected.unopened_closed


def test_a_number_that_was_never_ordered_is_not_closed(other):
    # When
    outcome = other.channel.close(other.order().channel_no, at=NOON)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, NOT_FOUND)


def test_an_order_that_is_paid_is_not_closed(other):
    # Given
    order = other.paid_order(at=PAID_AT)

    # When
    outcome = other.channel.close(order.channel_no, at=NOON)

    # Then
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.code != NOT_FOUND
    assert other.channel.query(order.channel_no, at=NOON).kind is OutcomeKind.SUCCEEDED
