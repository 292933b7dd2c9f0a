# ruff: noqa: F811  fixtures are imported
"""What people end by evidence goes on at its channel, by the channel's own number of it."""

from dataclasses import replace

import pytest
from django.db import transaction

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import StaleApprovalError
from payments.actions import capture_orders, channels, order_resolutions
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.errors import ChannelNumberError
from payments.models import Capture, ChannelOperation, PaymentAttempt
from payments.queries.order_resolutions import Resolution
from tests.factories.payments import refund_asked
from tests.instants import NOON
from tests.payments.actions.hold_desk import BOTH, LATER, hold, settle  # noqa: F401
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

DONE = Resolution("succeeded", "channel_bill", "bill 2026-03-05, line 7", "Seen there.")


def left_to_people(attempt: PaymentAttempt) -> ChannelOperation:
    """Bring an order that nobody answers for before people, without the channel's number."""
    for status in ("unknown", "manual_review"):
        ChannelOperation.objects.filter(pk=attempt.operation_id).update(status=status)
        PaymentAttempt.objects.filter(pk=attempt.pk).update(status=status)
    operation = ChannelOperation.objects.get(pk=attempt.operation_id)
    assert operation.channel_ref == ""
    return operation


def ended(operation: ChannelOperation, number: str) -> None:
    """Have one person ask, with the number that the bill tells, another agree, a worker record."""
    request = order_resolutions.request_resolution(
        operation.pk, replace(DONE, channel_ref=number), actor="user:1", at=LATER
    )
    order_resolutions.approve_resolution(
        operation.pk,
        shown_digest=digest_of(request.payload),
        decider=Decider("user:2", second_factor="totp"),
        at=LATER,
    )
    run_jobs()


def in_the_bill(operation: ChannelOperation) -> str:
    """Look the channel's own number of a payment or a hold up, as its bill has it."""
    channel = channels.channel_of(operation.channel_account)
    return channel.query(operation.channel_no, at=NOON).channel_ref


def capture_number(capture: Capture) -> str:
    """Look the channel's own number of a capture up, as its bill has it."""
    order, held = capture.operation, capture.authorisation.attempt.operation
    return (
        channels.authorising_channel_of(order.channel_account)
        .query_capture(order.channel_no, pay_channel_no=held.channel_no, at=NOON)
        .channel_ref
    )


def test_a_card_s_payment_can_be_refunded(hold):
    # Given
    held = hold("card_page", "automatic")
    held.consent()
    operation = left_to_people(held.attempt)
    ended(operation, in_the_bill(operation))
    assert held.payment.status == "paid"

    # When
    refund = refund_asked(held.payment, amount_minor=2_000, at=LATER)
    run_jobs()
    settle()

    # Then
    refund.refresh_from_db()
    assert (refund.status, refund.status_code) == ("succeeded", "")


@BOTH
def test_what_is_held_can_be_taken(hold, method):
    # Given
    held = hold(method)
    held.consent()
    operation = left_to_people(held.attempt)
    ended(operation, in_the_bill(operation))
    assert held.payment.status == "authorized"

    # When
    capture = held.capture(7_000)

    # Then
    assert (capture.status, held.payment.status) == ("succeeded", "paid")


@BOTH
def test_what_is_held_can_be_given_back(hold, method):
    # Given
    held = hold(method)
    held.consent()
    operation = left_to_people(held.attempt)
    ended(operation, in_the_bill(operation))

    # When
    void = held.void()

    # Then
    assert (void.status, held.payment.status) == ("succeeded", "closed")


def test_what_was_taken_by_card_can_be_refunded(hold):
    # Given UnionPay completed it, and neither answered that nor any question
    held = hold("card_page")
    held.grant()
    held.fail_next("timeout_after_commit", "unionpay.capture")
    with transaction.atomic():
        request_capture(
            CaptureRequest(held.payment.pk, 7_000, is_final=True), actor="key:test", at=LATER
        )
    capture = Capture.objects.select_related("operation").get()
    capture_orders.send_capture(capture.pk, at=LATER)
    capture.operation.refresh_from_db()
    assert (capture.operation.status, capture.operation.channel_ref) == ("unknown", "")
    number = capture_number(capture)
    ChannelOperation.objects.filter(pk=capture.operation_id).update(status="manual_review")
    ended(capture.operation, number)

    # When
    refund = refund_asked(held.payment, amount_minor=2_000, at=LATER)
    run_jobs()
    settle()

    # Then
    refund.refresh_from_db()
    assert (refund.status, refund.capture_id) == ("succeeded", capture.pk)
    capture.operation.refresh_from_db()
    assert (capture.operation.code, capture.operation.channel_ref) == ("BY_EVIDENCE", number)


class TestAsking:
    @pytest.mark.parametrize(
        ("method", "capture_mode"),
        [("card_page", "automatic"), ("card_page", "manual"), ("alipay_qr", "manual")],
    )
    @pytest.mark.parametrize("number", ["", "2026 0305", "1" * 81])
    def test_refuses_without_the_number_by_which_its_channel_goes_on(
        self, hold, method, capture_mode, number
    ):
        # Given
        operation = left_to_people(hold(method, capture_mode).attempt)

        # When, Then
        with nothing_written(), pytest.raises(ChannelNumberError):
            ended(operation, number)

    def test_needs_none_where_our_own_number_is_enough(self, hold):
        # Given
        held = hold("alipay_qr", "automatic")
        operation = left_to_people(held.attempt)

        # When
        ended(operation, "")

        # Then
        assert held.payment.status == "paid"

    def test_refuses_a_number_of_what_was_not_done(self, hold):
        # Given
        operation = left_to_people(hold("card_page").attempt)
        never = replace(DONE, outcome="failed", channel_ref="202603051200000000008")

        # When, Then
        with nothing_written(), pytest.raises(ChannelNumberError):
            order_resolutions.request_resolution(operation.pk, never, actor="user:1", at=LATER)

    def test_people_agree_to_the_number_that_was_shown(self, hold):
        # Given
        operation = left_to_people(hold("card_page").attempt)
        told = replace(DONE, channel_ref="202603051200000000008")
        request = order_resolutions.request_resolution(operation.pk, told, actor="user:1", at=LATER)
        other = {**request.payload, "channel_ref": "202603051200000000009"}

        # When, Then
        assert request.payload["channel_ref"] == told.channel_ref
        with nothing_written(), pytest.raises(StaleApprovalError):
            order_resolutions.approve_resolution(
                operation.pk,
                shown_digest=digest_of(other),
                decider=Decider("user:2", second_factor="totp"),
                at=LATER,
            )
