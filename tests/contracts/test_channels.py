"""What every channel's adapter promises, held against the simulator over real HTTP."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from payments.channels import base, registry
from payments.channels.base import (
    OutcomeKind,
    PayerActionKind,
)
from settlements.rehearsal.processes import free_ports
from tests.contracts.accounts import private_pem
from tests.contracts.counterparts import CHANNELS
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)


def test_every_channel_of_the_registry_is_held_to_these_promises():
    assert {expected.channel for expected in CHANNELS.values()} == set(registry._BUILDERS)


class TestPay:
    def test_waits_for_the_payer_with_a_code_to_scan_or_a_form_to_take_there(self, other):
        # When
        outcome = other.channel.pay(other.order())

        # Then
        assert outcome.kind is OutcomeKind.AWAITING_PAYER
        if other.expected.is_form:
            assert outcome.action.kind is PayerActionKind.FORM
            assert outcome.action.url.startswith(other.other_side.url)
        else:
            assert outcome.qr_code.startswith(other.other_side.url)
            assert outcome.raw

    def test_the_same_order_again_is_the_same_order(self, other):
        # Given
        order = other.order()
        first = other.channel.pay(order)
        other.hand_over(first)

        # When
        second = other.channel.pay(order)
        other.hand_over(second)

        # Then
        assert (second.kind, second.qr_code, second.action) == (
            first.kind,
            first.qr_code,
            first.action,
        )
        assert other.effects(order) == ["order_accepted", "order_repeated"]

    def test_another_order_under_a_used_number_is_not_taken_for_the_first(self, other):
        # Given
        order = other.order()
        other.hand_over(other.channel.pay(order))

        # When
        outcome = other.channel.pay(other.order(channel_no=order.channel_no, amount_minor=9_999))
        other.hand_over(outcome)

        # Then: a form says so to whoever brings it
        assert outcome.kind is OutcomeKind.UNKNOWN or other.expected.is_form
        assert other.effects(order) == ["order_accepted"]

    def test_an_order_that_is_paid_already_is_not_failed_by_sending_it_again(self, other):
        # Given
        order = other.order()
        other.channel.pay(order)
        other.pay(order, at=PAID_AT)

        # When
        outcome = other.channel.pay(order)
        other.hand_over(outcome)

        # Then
        assert outcome.kind is OutcomeKind.UNKNOWN or other.expected.is_form
        assert other.channel.query(order.channel_no, at=NOON).kind is OutcomeKind.SUCCEEDED
        assert other.effects(order).count("paid") == 1

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
        if other.expected.is_form:
            other.hand_over(channel.pay(order))
            outcome = channel.refund(other.refund_of(order, pay_channel_ref="1"))
        else:
            outcome = channel.pay(order)

        # Then
        assert (outcome.kind, outcome.code) == other.expected.unknown_key
        assert outcome.kind is OutcomeKind.FAILED
        assert other.effects(order) == []

    def test_a_channel_that_is_not_there_was_not_sent_anything(self, other):
        # Given
        (port,) = free_ports(1)
        channel = other.with_config(gateway_url=f"http://127.0.0.1:{port}/gateway.do")

        # When: a form is no call of ours, so there it is a refund that cannot leave
        order = other.order()
        outcome = (
            channel.refund(other.refund_of(order, pay_channel_ref="1"))
            if other.expected.is_form
            else channel.pay(order)
        )

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
