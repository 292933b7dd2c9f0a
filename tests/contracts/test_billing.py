"""What every adapter promises of the bill of a day. F47 in a channel's own tests."""

from datetime import timedelta

import pytest

from payments.channels.base import NOT_FOUND, OutcomeKind
from tests.contracts.operations import PAID_AT
from tests.contracts.suites import ALIPAY, WECHATPAY
from tests.instants import AFTER_MIDNIGHT, NEXT_NOON, NOON, THURSDAY


def bill(other, *, at):
    return other.channel.fetch_bill(THURSDAY, kind=other.expected.bill, at=at)


def test_a_day_s_bill_comes_whole_the_next_day_and_the_same_again(other):
    # Given
    other.paid_order(at=PAID_AT)
    other.other_side.set_clock(NEXT_NOON)

    # When
    first, second = bill(other, at=NEXT_NOON), bill(other, at=NEXT_NOON)

    # Then
    assert isinstance(first, bytes)
    assert first
    assert len(first) == len(second)


# UnionPay's is there when the day is over.
@pytest.mark.parametrize("name", [*ALIPAY, *WECHATPAY])
def test_a_bill_that_is_not_written_yet_is_not_found(other):
    # Given the night after
    other.paid_order(at=PAID_AT)
    at = AFTER_MIDNIGHT + timedelta(hours=1)
    other.other_side.set_clock(at)

    # When
    outcome = bill(other, at=at)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, NOT_FOUND)


def test_a_day_that_is_not_over_has_no_bill(other):
    # Given
    other.paid_order(at=PAID_AT)
    at = NOON + timedelta(hours=1)
    other.other_side.set_clock(at)

    # When
    outcome = bill(other, at=at)

    # Then
    assert outcome.kind is OutcomeKind.UNKNOWN
