"""What every channel's adapter promises, held against the simulator over real HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from payments.channels import base, registry
from payments.channels.base import ForgedNotificationError, NotificationAbout, OutcomeKind
from settlements.rehearsal.processes import free_ports
from tests.contracts.counterparts import CHANNELS, private_pem
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)
WAITING_FAULT_SECONDS = 5
"""Longer than our transport has patience."""


def test_every_channel_of_the_registry_is_held_to_these_promises():
    assert {expected.channel for expected in CHANNELS.values()} == set(registry._BUILDERS)


class TestPay:
    def test_waits_for_the_payer_with_a_code_to_scan(self, other):
        # When
        outcome = other.channel.pay(other.order())

        # Then
        assert outcome.kind is OutcomeKind.AWAITING_PAYER
        assert outcome.qr_code.startswith(other.other_side.url)
        assert outcome.raw

    def test_the_same_order_again_is_the_same_order(self, other):
        # Given
        order = other.order()
        first = other.channel.pay(order)

        # When
        second = other.channel.pay(order)

        # Then
        assert (second.kind, second.qr_code) == (first.kind, first.qr_code)
        assert other.effects(order) == ["order_accepted", "order_repeated"]

    def test_another_order_under_a_used_number_is_not_taken_for_the_first(self, other):
        # Given
        order = other.order()
        other.channel.pay(order)

        # When
        outcome = other.channel.pay(other.order(channel_no=order.channel_no, amount_minor=9_999))

        # Then
        assert outcome.kind is OutcomeKind.UNKNOWN
        assert other.effects(order) == ["order_accepted"]

    def test_an_order_that_is_paid_already_is_not_failed_by_sending_it_again(self, other):
        # Given
        order = other.order()
        other.channel.pay(order)
        other.pay(order, at=PAID_AT)

        # When
        outcome = other.channel.pay(order)

        # Then
        assert outcome.kind is OutcomeKind.UNKNOWN
        assert other.channel.query(order.channel_no, at=NOON).kind is OutcomeKind.SUCCEEDED

    @pytest.mark.parametrize(
        "change",
        [
            {"expires_at": NOON},
            {"method": "nothing_of_ours"},
            {"channel_no": "has spaces"},
            {"amount_minor": 0},
            {"currency": "XXX"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_what_the_channel_could_not_take_fails_here_and_never_leaves(self, other, change):
        # Given
        order = other.order(**change)

        # When
        outcome = other.channel.pay(order)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, base.REFUSED_HERE)
        assert other.effects(order) == []

    def test_a_key_that_the_channel_does_not_know_fails_for_certain(self, other):
        # Given
        strangers_key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        channel = other.with_config(private_key_pem=private_pem(strangers_key))
        order = other.order()

        # When
        outcome = channel.pay(order)

        # Then
        assert (outcome.kind, outcome.code) == other.expected.unknown_key
        assert outcome.kind is OutcomeKind.FAILED
        assert other.effects(order) == []

    def test_a_channel_that_is_not_there_was_not_sent_anything(self, other):
        # Given
        (port,) = free_ports(1)
        channel = other.with_config(gateway_url=f"http://127.0.0.1:{port}/gateway.do")

        # When
        outcome = channel.pay(other.order())

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.NOT_SENT, base.NOT_CONNECTED)


class TestQuery:
    def test_knows_what_the_channel_says_of_an_order_that_nobody_has_opened(self, other):
        # Given
        order = other.order()
        other.channel.pay(order)

        # When
        outcome = other.channel.query(order.channel_no, at=NOON)

        # Then
        assert (outcome.kind, outcome.code) == other.expected.unopened

    def test_a_number_that_was_never_ordered_is_unknown_and_not_failed(self, other):
        # When
        outcome = other.channel.query(other.order().channel_no, at=NOON)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, base.NOT_FOUND)

    def test_waits_while_the_payer_hesitates(self, other):
        # Given
        order = other.order()
        other.channel.pay(order)
        other.open_code(order)

        # When
        outcome = other.channel.query(order.channel_no, at=NOON)

        # Then
        assert outcome.kind is OutcomeKind.AWAITING_PAYER
        assert outcome.paid_at is None

    def test_succeeds_with_all_that_the_caller_compares(self, build, expected):
        assert "CNY" in expected.currencies
        for currency in expected.currencies:
            # Given
            other = build(currency)
            order = other.paid_order(at=PAID_AT, amount_minor=12_345)

            # When
            outcome = other.channel.query(order.channel_no, at=NOON)

            # Then
            assert outcome.kind is OutcomeKind.SUCCEEDED
            assert (outcome.amount_minor, outcome.currency) == (12_345, currency)
            assert outcome.paid_at == PAID_AT
            assert outcome.channel_ref
            assert outcome.payer_ref

    def test_another_currency_than_the_channel_s_never_leaves(self, other):
        # Given
        assert "XXX" not in other.expected.currencies
        strange = {"BRL", "XXX"} - set(other.expected.currencies)

        for currency in strange:
            # When
            order = other.order(currency=currency)

            # Then
            assert other.channel.pay(order).code == base.REFUSED_HERE
            assert other.effects(order) == []

    def test_an_order_whose_time_is_over_is_closed(self, other):
        # Given
        order = other.order(expires_at=NOON + timedelta(hours=1))
        other.channel.pay(order)
        other.open_code(order)
        other.other_side.set_clock(NOON + timedelta(hours=1))

        # When
        outcome = other.channel.query(order.channel_no, at=NOON + timedelta(hours=1))

        # Then
        assert outcome.kind is OutcomeKind.CLOSED
        assert outcome.paid_at is None


# Which keys believe an answer makes no difference to an answer that is none.
TROUBLE = [(name, fault) for name in ("alipay", "wechatpay") for fault in CHANNELS[name].faults]


@pytest.mark.parametrize(("name", "fault"), TROUBLE)
class TestTrouble:
    def test_an_order_into_trouble_is_unknown_and_one_order_in_the_end(self, other, fault):
        # Given
        order = other.order()
        other.fail_next(fault, method=other.expected.calls["pay"], seconds=WAITING_FAULT_SECONDS)

        # When
        outcome = other.channel.pay(order)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, other.expected.faults[fault])

        # When: a prepay order may be sent again at once, under the same number
        assert other.expected.is_prepay
        again = other.channel.pay(order)

        # Then
        assert again.kind is OutcomeKind.AWAITING_PAYER
        assert other.effects(order).count("order_accepted") == 1

    def test_a_question_into_trouble_tells_nothing_of_a_paid_order(self, other, fault):
        # Given
        order = other.order()
        other.channel.pay(order)
        other.pay(order, at=PAID_AT)
        other.fail_next(fault, method=other.expected.calls["query"], seconds=WAITING_FAULT_SECONDS)

        # When
        outcome = other.channel.query(order.channel_no, at=NOON)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, other.expected.faults[fault])
        assert (outcome.amount_minor, outcome.paid_at) == (None, None)
        assert other.channel.query(order.channel_no, at=NOON).kind is OutcomeKind.SUCCEEDED


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


class Reaching:
    """A way to each kind of outcome, for the channels that can give it."""

    def succeeded(self, other):
        order = other.order()
        other.channel.pay(order)
        other.pay(order, at=PAID_AT)
        return other.channel.query(order.channel_no, at=NOON)

    def failed(self, other):
        return other.channel.pay(other.order(amount_minor=0))

    def awaiting_payer(self, other):
        return other.channel.pay(other.order())

    def unknown(self, other):
        return other.channel.query(other.order().channel_no, at=NOON)

    def not_sent(self, other):
        (port,) = free_ports(1)
        return other.with_config(gateway_url=f"http://127.0.0.1:{port}/").pay(other.order())

    def closed(self, other):
        order = other.order(expires_at=NOON + timedelta(hours=1))
        other.channel.pay(order)
        other.open_code(order)
        other.other_side.set_clock(NOON + timedelta(hours=1))
        return other.channel.query(order.channel_no, at=NOON + timedelta(hours=1))

    def processing(self, other):
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        other.plan("refund_delayed", refund, seconds=3_600)
        return other.channel.refund(refund)

    def abnormal(self, other):
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        other.plan("refund_failed", refund, error_code="ABNORMAL")
        other.channel.refund(refund)
        return other.channel.query_refund(
            refund.channel_no, pay_channel_no=refund.pay_channel_no, at=NOON
        )

    def returned(self, other):
        transfer = other.transfer()
        other.plan("transfer_returned", transfer)
        other.channel.transfer(transfer)
        return other.channel.query_transfer(transfer.channel_no, at=NOON)


@pytest.mark.parametrize("kind", list(OutcomeKind))
def test_every_kind_of_outcome_is_reached_or_declared_impossible(other, kind):
    # Given
    reach = getattr(Reaching(), kind.value, None)

    # Then
    assert reach is not None, f"no test reaches {kind}"
    if kind not in other.expected.never:
        assert reach(other).kind is kind
