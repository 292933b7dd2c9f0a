"""What every adapter promises of our own money that is sent, held against the simulator."""

from dataclasses import replace

import pytest

from payments.channels import base
from payments.channels.base import NOT_FOUND, OutcomeKind
from tests.contracts.suites import SUITES
from tests.instants import NOON

SENDING = [name for name in SUITES["transferring"] if name != "alipay"]
sends = pytest.mark.parametrize("name", SENDING)


@pytest.mark.parametrize("name", ["alipay"])
def test_an_account_that_may_send_nothing_says_so_before_anything_leaves(other):
    # Given
    transfer = other.transfer()

    # When
    outcome = other.channel.transfer(transfer)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, base.REFUSED_HERE)
    assert other.effects(transfer) == []


@sends
def test_is_ordered_and_told_with_all_that_the_caller_compares(other):
    # Given
    transfer = other.transfer()

    # When
    ordered = other.channel.transfer(transfer)
    told = other.channel.query_transfer(transfer.channel_no, at=NOON)

    # Then: an order is never a success, a question says it
    assert ordered.kind in (OutcomeKind.PROCESSING, OutcomeKind.AWAITING_PAYER)
    assert told.kind is other.expected.transfer_ordered
    assert told.channel_ref == ordered.channel_ref != ""
    if told.kind is OutcomeKind.SUCCEEDED:
        assert (told.amount_minor, told.currency, told.paid_at) == (2_500, "CNY", NOON)


@sends
@pytest.mark.resends_blindly
def test_the_same_again_is_the_same(other):
    # Given
    transfer = other.transfer()
    first = other.channel.transfer(transfer)

    # When
    second = other.channel.transfer(transfer)

    # Then
    assert (second.kind, second.channel_ref) == (first.kind, first.channel_ref)
    assert other.effects(transfer).count("transfer_accepted") == 1


@sends
@pytest.mark.resends_blindly
def test_another_under_a_used_number_is_not_taken_for_the_first(other):
    # Given
    transfer = other.transfer()
    other.channel.transfer(transfer)

    # When
    outcome = other.channel.transfer(replace(transfer, amount_minor=2_501))

    # Then
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert other.effects(transfer).count("transfer_accepted") == 1


@sends
def test_a_number_that_was_never_ordered_is_unknown_and_not_failed(other):
    # When
    outcome = other.channel.query_transfer(other.transfer().channel_no, at=NOON)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, base.NOT_FOUND)


@sends
def test_a_refusal_for_want_of_money_is_no_failure(other):
    # Given: the same number goes once there is more
    transfer = other.transfer()
    code = "NOT_ENOUGH" if other.expected.channel == "wechatpay" else "PAYER_BALANCE_NOT_ENOUGH"
    other.plan("transfer_refused", transfer, error_code=code)

    # When
    outcome = other.channel.transfer(transfer)
    asked = other.channel.query_transfer(transfer.channel_no, at=NOON)
    again = other.channel.transfer(transfer)

    # Then
    assert outcome.kind is not OutcomeKind.SUCCEEDED
    assert (asked.kind, asked.code) == (OutcomeKind.UNKNOWN, NOT_FOUND)
    assert other.effects(transfer).count("transfer_accepted") == 1
    assert again.kind in (OutcomeKind.PROCESSING, OutcomeKind.AWAITING_PAYER)


@sends
@pytest.mark.parametrize(
    "change",
    [{"channel_no": "has spaces"}, {"amount_minor": 0}, {"currency": "XXX"}, {"account": ""}],
    ids=lambda change: next(iter(change)),
)
def test_what_the_channel_could_not_take_fails_here_and_never_leaves(other, change):
    # Given
    transfer = other.transfer(**change)

    # When
    outcome = other.channel.transfer(transfer)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, base.REFUSED_HERE)
    assert other.effects(transfer) == []
