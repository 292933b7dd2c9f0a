"""What every channel's adapter promises of notifications, held against the simulator."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels.base import ForgedNotificationError, NotificationAbout
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)


class TestNotification:
    def paid(self, other, mailbox, *, fault="", **detail):
        """Have an order paid, and return it with what the channel sent us."""
        order = other.order()
        other.channel.pay(order)
        if fault:
            other.fail_next(fault, out_trade_no=order.channel_no, **detail)
        other.pay(order, at=PAID_AT)
        return order, mailbox.sent_to(other.config.notify_url)

    def test_is_verified_as_it_came_over_the_wire(self, other, mailbox):
        # Given
        order, letter = self.paid(other, mailbox)

        # When
        notification = verified(other.channel, letter)

        # Then
        assert notification.about is NotificationAbout.PAYMENT
        assert notification.channel_no == order.channel_no
        assert notification.notification_id
        assert notification.status

    def test_is_verified_where_nothing_can_be_sent(self, other, mailbox):
        # Given what the web process has
        order, letter = self.paid(other, mailbox)
        listener = other.with_config(private_key_pem="")

        # When, Then
        assert verified(listener, letter).channel_no == order.channel_no

    def test_one_that_is_changed_on_its_way_is_forged(self, other, mailbox):
        # Given
        _order, letter = self.paid(other, mailbox)
        changed = replace(letter, body=letter.body.replace(*other.expected.forgery))
        assert changed.body != letter.body

        # When, Then
        with pytest.raises(ForgedNotificationError):
            verified(other.channel, changed)

    def test_one_of_a_stranger_or_for_another_is_forged(self, other, mailbox):
        assert {"notify_forged", "notify_wrong_app"} <= set(other.expected.refused_notices)
        for fault in other.expected.refused_notices:
            # Given
            _order, letter = self.paid(other, mailbox, fault=fault)

            # When, Then
            with pytest.raises(ForgedNotificationError):
                verified(other.channel, letter)

    def test_one_of_our_other_account_is_forged(self, build, mailbox):
        # Given
        other, another = build(), build(is_another=True)
        _order, letter = self.paid(other, mailbox)

        # When, Then
        with pytest.raises(ForgedNotificationError):
            verified(another.channel, letter)

    def test_its_amount_is_never_read_so_a_query_decides(self, other, mailbox):
        # Given
        order, letter = self.paid(other, mailbox, fault="notify_wrong_amount", total_amount="0.01")

        # When
        notification = verified(other.channel, letter)
        outcome = other.channel.query(order.channel_no, at=NOON)

        # Then
        assert not hasattr(notification, "amount_minor")
        assert outcome.amount_minor == 10_000

    def test_our_answer_ends_the_repetitions(self, other, mailbox):
        # Given
        assert other.channel.acknowledge() == other.expected.acknowledgement
        mailbox.answer = other.expected.acknowledgement[0]
        order, _letter = self.paid(other, mailbox)

        # When: past the whole ladder of repetitions
        other.other_side.set_clock(NOON + timedelta(days=2))

        # Then
        assert not mailbox.has_more_for(other.config.notify_url, seconds=0.3)
        assert other.effects(order) == list(other.expected.paid_effects)


def verified(channel, letter):
    """Have a letter verified as it arrived."""
    return channel.verify_notification(
        headers=letter.headers, body=letter.body, at=letter.arrived_at
    )
