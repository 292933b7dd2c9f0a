"""What every adapter promises of money that is held, held against the simulator."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels import base
from payments.channels.base import CaptureMode, NotificationAbout, NumberedOrder, OutcomeKind
from payments.channels.registry import TRAITS
from tests.contracts.suites import SUITES
from tests.instants import NOON

HELD_AT = NOON + timedelta(minutes=7)
pytestmark = pytest.mark.parametrize("name", SUITES["authorising"])


def asked(other, capture):
    return other.channel.query_capture(
        capture.channel_no, pay_channel_no=capture.pay_channel_no, at=NOON
    )


def asked_void(other, void):
    return other.channel.query_void(void.channel_no, pay_channel_no=void.pay_channel_no, at=NOON)


def test_money_that_is_held_is_told_with_all_that_the_caller_compares(other):
    # Given
    order = other.held_order(at=HELD_AT)

    # When
    told = other.channel.query(order.channel_no, at=NOON)

    # Then
    assert (told.kind, told.amount_minor, told.currency) == (OutcomeKind.SUCCEEDED, 10_000, "CNY")
    assert (told.paid_at, bool(told.channel_ref)) == (HELD_AT, True)


def test_a_part_is_taken_under_its_own_number(other):
    # Given
    capture = other.capture_of(other.held_order(at=HELD_AT))
    assert (asked(other, capture).kind, asked(other, capture).code) == (
        OutcomeKind.UNKNOWN,
        base.NOT_FOUND,
    )

    # When
    ordered = other.channel.capture(capture)

    # Then
    assert ordered.kind in (OutcomeKind.SUCCEEDED, OutcomeKind.PROCESSING)
    told = asked(other, capture)
    assert (told.kind, told.amount_minor, told.paid_at) == (OutcomeKind.SUCCEEDED, 7_000, NOON)
    assert told.channel_ref


@pytest.mark.resends_blindly
def test_the_same_capture_again_takes_nothing_more(other):
    # Given
    capture = other.capture_of(other.held_order(at=HELD_AT))
    other.channel.capture(capture)
    done = other.effects(capture)

    # When
    again = other.channel.capture(capture)

    # Then
    assert again.kind is not OutcomeKind.FAILED
    assert asked(other, capture).amount_minor == 7_000
    assert other.effects(capture).count("notified") <= 1
    moved = [effect for effect in other.effects(capture) if "repeated" not in effect]
    assert [effect for effect in moved if effect != "notified"] == [
        effect for effect in done if effect != "notified"
    ]


def test_more_than_is_held_never_leaves(other):
    # Given
    capture = replace(other.capture_of(other.held_order(at=HELD_AT)), amount_minor=10_001)

    # When
    outcome = other.channel.capture(capture)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, base.REFUSED_HERE)
    assert other.effects(capture) == []


def test_parts_are_taken_as_often_as_the_traits_say(other):
    # Given
    order = other.held_order(at=HELD_AT)
    parts = [replace(other.capture_of(order), amount_minor=3_000, is_final=False) for _ in "12"]

    # When
    kinds = [other.channel.capture(part).kind for part in parts]

    # Then
    if TRAITS[other.expected.channel].captures is CaptureMode.SEVERAL:
        assert [asked(other, part).amount_minor for part in parts] == [3_000, 3_000]
    else:
        assert kinds == [OutcomeKind.FAILED, OutcomeKind.FAILED]


def test_all_of_it_is_given_back_and_nothing_can_be_taken_then(other):
    # Given
    order = other.held_order(at=HELD_AT)
    void, capture = other.void_of(order), other.capture_of(order)
    assert asked_void(other, void).code == base.NOT_FOUND

    # When
    other.channel.void(void)
    taken = other.channel.capture(capture)

    # Then
    told = asked_void(other, void)
    assert (told.kind, told.amount_minor, told.paid_at) == (OutcomeKind.SUCCEEDED, 10_000, NOON)
    assert taken.kind in (OutcomeKind.FAILED, OutcomeKind.UNKNOWN)
    assert asked(other, capture).kind is not OutcomeKind.SUCCEEDED


def test_the_notification_of_giving_back_names_it(other, mailbox):
    # Given
    void = other.void_of(other.held_order(at=HELD_AT))
    mailbox.sent_to(other.config.notify_url)

    # When
    other.channel.void(void)
    letter = mailbox.sent_to(other.config.notify_url)

    # Then
    told = other.channel.verify_notification(
        headers=letter.headers, body=letter.body, at=letter.arrived_at
    )
    assert (told.about, told.channel_no) == (NotificationAbout.VOID, void.channel_no)


def test_what_is_taken_or_given_back_names_the_hold_as_the_traits_say(other):
    # Given
    order = other.held_order(at=HELD_AT)
    capture, void = (
        replace(one, pay_channel_ref="") for one in (other.capture_of(order), other.void_of(order))
    )
    needs = NumberedOrder.HOLD in TRAITS[other.expected.channel].needs_number_of

    # When
    codes = {other.channel.capture(capture).code, other.channel.void(void).code}

    # Then
    assert (codes == {base.REFUSED_HERE}) is needs
    assert (other.effects(capture) == []) is needs
