"""What every channel's adapter promises of refunds, held against the simulator."""

from datetime import timedelta

import pytest

from payments.channels import base
from payments.channels.base import NOT_FOUND, NotificationAbout, NumberedOrder, OutcomeKind
from payments.channels.registry import TRAITS
from settlements.rehearsal.processes import free_ports
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)


def asked(other, refund, *, at=NOON):
    """Ask what became of a refund."""
    return other.channel.query_refund(
        refund.channel_no, pay_channel_no=refund.pay_channel_no, at=at
    )


class TestRefund:
    def test_gives_a_part_of_it_back_and_tells_all_that_the_caller_compares(self, build, expected):
        for currency in expected.currencies:
            # Given
            other = build(currency)
            refund = other.refund_of(other.paid_order(at=PAID_AT))

            # When
            ordered = other.channel.refund(refund)
            told = asked(other, refund)

            # Then
            assert ordered.kind in (OutcomeKind.SUCCEEDED, OutcomeKind.PROCESSING)
            assert told.kind is OutcomeKind.SUCCEEDED
            assert (told.amount_minor, told.currency) == (4_000, currency)
            # The simulator's clock stands at noon.
            assert told.paid_at == NOON
            assert told.channel_ref
            assert told.raw

    def test_what_the_order_says_of_its_success_is_what_a_question_says(self, other):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT))

        # When
        ordered = other.channel.refund(refund)

        # Then
        assert ordered.kind is other.expected.refund_ordered
        told = asked(other, refund)
        assert told.kind is OutcomeKind.SUCCEEDED
        if ordered.kind is OutcomeKind.PROCESSING:
            assert (ordered.amount_minor, ordered.paid_at) == (None, None)
            return
        assert (ordered.amount_minor, ordered.currency, ordered.paid_at) == (
            told.amount_minor,
            told.currency,
            told.paid_at,
        )

    @pytest.mark.resends_blindly
    def test_the_same_refund_again_is_the_same_refund(self, other):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT), amount_minor=6_000)
        other.channel.refund(refund)

        # When
        again = other.channel.refund(refund)

        # Then
        assert again.kind in other.expected.refund_repeated
        assert other.effects(refund).count("refund_accepted") == 1
        assert asked(other, refund).amount_minor == 6_000

    @pytest.mark.resends_blindly
    def test_another_amount_under_a_used_number_is_not_taken_for_the_first(self, other):
        # Given
        order = other.paid_order(at=PAID_AT)
        refund = other.refund_of(order)
        other.channel.refund(refund)

        # When
        outcome = other.channel.refund(
            other.refund_of(order, channel_no=refund.channel_no, amount_minor=4_001)
        )

        # Then
        assert outcome.kind is OutcomeKind.UNKNOWN
        assert asked(other, refund).amount_minor == 4_000

    def test_several_parts_go_back_until_nothing_is_left(self, other):
        # Given
        order = other.paid_order(at=PAID_AT)
        parts = [other.refund_of(order, amount_minor=part) for part in (4_000, 5_999, 1)]

        # When
        kinds = {other.channel.refund(part).kind for part in parts}
        too_much = other.refund_of(order, amount_minor=1)
        outcome = other.channel.refund(too_much)

        # Then
        assert kinds <= {OutcomeKind.SUCCEEDED, OutcomeKind.PROCESSING}
        assert [asked(other, part).amount_minor for part in parts] == [4_000, 5_999, 1]
        assert outcome.kind in (OutcomeKind.FAILED, OutcomeKind.UNKNOWN)
        assert other.effects(too_much) == []

    def test_an_order_of_which_a_part_went_back_is_paid_still(self, other):
        # Given
        order = other.paid_order(at=PAID_AT)
        other.channel.refund(other.refund_of(order))

        # When
        outcome = other.channel.query(order.channel_no, at=NOON)

        # Then
        assert outcome.kind is OutcomeKind.SUCCEEDED
        assert (outcome.amount_minor, outcome.paid_at) == (10_000, PAID_AT)

    def test_an_order_of_which_all_went_back_is_never_taken_for_unpaid(self, other):
        # Given
        order = other.paid_order(at=PAID_AT)
        other.channel.refund(other.refund_of(order, amount_minor=10_000))

        # When
        outcome = other.channel.query(order.channel_no, at=NOON)

        # Then
        assert (outcome.kind, outcome.code) == other.expected.fully_refunded
        assert outcome.kind in (OutcomeKind.SUCCEEDED, OutcomeKind.UNKNOWN)

    def test_money_that_was_never_paid_does_not_go_back(self, other):
        # Given
        order = other.order()
        other.channel.pay(order)
        other.open_code(order)
        refund = other.refund_of(order)

        # When
        outcome = other.channel.refund(refund)

        # Then
        assert outcome.kind in (OutcomeKind.FAILED, OutcomeKind.UNKNOWN)
        assert other.effects(refund) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"channel_no": "has spaces"},
            {"pay_channel_no": "has spaces"},
            {"amount_minor": 0},
            {"amount_minor": 10_001},
            {"currency": "XXX"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_what_the_channel_could_not_take_fails_here_and_never_leaves(self, other, change):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT), **change)

        # When
        outcome = other.channel.refund(refund)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, base.REFUSED_HERE)
        assert other.effects(refund) == []

    def test_names_the_payment_by_the_channel_s_number_where_the_traits_say_so(self, other):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT), pay_channel_ref="")
        needs = NumberedOrder.PAYMENT in TRAITS[other.expected.channel].needs_number_of

        # When
        outcome = other.channel.refund(refund)

        # Then
        assert (outcome.code == base.REFUSED_HERE) is needs
        assert (other.effects(refund) == []) is needs

    def test_a_channel_that_is_not_there_was_not_sent_anything(self, other):
        # Given
        (port,) = free_ports(1)
        channel = other.with_config(gateway_url=f"http://127.0.0.1:{port}/gateway.do")

        # When
        outcome = channel.refund(other.refund_of(other.order(), pay_channel_ref="1"))

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.NOT_SENT, base.NOT_CONNECTED)


class TestWhatBecomesOfIt:
    def test_a_number_that_was_never_ordered_is_unknown_and_not_failed(self, other):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT))

        # When
        outcome = asked(other, refund)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, NOT_FOUND)

    def test_one_that_takes_its_time_is_processing_and_arrives(self, other):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        other.plan("refund_delayed", refund, seconds=3_600)
        due_at = NOON + timedelta(hours=1)

        # When
        ordered = other.channel.refund(refund)
        early = asked(other, refund)
        other.other_side.set_clock(due_at)
        late = asked(other, refund, at=due_at)

        # Then
        assert ordered.kind is OutcomeKind.PROCESSING
        assert early.kind not in (OutcomeKind.SUCCEEDED, OutcomeKind.FAILED)
        assert (late.kind, late.paid_at) == (OutcomeKind.SUCCEEDED, due_at)

    def test_one_that_fails_later_is_told_as_the_channel_can(self, other):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        other.plan("refund_failed", refund, error_code=other.expected.refund_failure, seconds=3_600)
        due_at = NOON + timedelta(hours=1)

        # When
        ordered = other.channel.refund(refund)
        other.other_side.set_clock(due_at)
        outcome = asked(other, refund, at=due_at)

        # Then
        assert ordered.kind is OutcomeKind.PROCESSING
        assert (outcome.kind, outcome.code) == other.expected.refund_failed

    def test_one_that_our_balance_does_not_cover_goes_under_the_same_number_later(self, other):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        kind, code = other.expected.refund_refused
        other.plan("refund_refused", refund, error_code=code)

        # When
        outcome = other.channel.refund(refund)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code)
        assert asked(other, refund).code == NOT_FOUND

        # When it was topped up
        again = other.channel.refund(refund)

        # Then
        assert again.kind is other.expected.refund_ordered
        assert other.effects(refund).count("refund_accepted") == 1

    def test_its_notification_names_the_refund(self, other, mailbox):
        # Given
        refund = other.refund_of(other.paid_order(at=PAID_AT))
        mailbox.sent_to(other.config.notify_url)

        # When
        other.channel.refund(refund)
        letter = mailbox.sent_to(other.config.notify_url)

        # Then
        notification = other.channel.verify_notification(
            headers=letter.headers, body=letter.body, at=letter.arrived_at
        )
        assert notification.about is NotificationAbout.REFUND
        assert notification.channel_no == refund.channel_no
