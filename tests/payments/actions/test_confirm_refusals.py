# ruff: noqa: F811  fixtures are imported
"""Confirmations that are refused, and what is a part of one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from ledger.errors import IllegalMoveError
from payments.actions import closing, payments
from payments.errors import (
    NoChannelError,
    PaymentExpiredError,
    PaymentNotFoundError,
)
from payments.models import (
    MerchantAccount,
    Payment,
)
from tests.factories.payments import (
    AlipayAccountFactory,
    confirmed_payment,
    owed_payment,
)
from tests.instants import FRIDAY, NOON
from tests.payments.actions.asked_payments import channel, confirm, create, order, seller  # noqa: F401
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestConfirmRefusals:
    def refused(self, payment: Payment, error: type[Exception], **other) -> None:
        status = Payment.objects.get(pk=payment.pk).status
        with nothing_written(), pytest.raises(error):
            confirm(payment, **other)
        assert Payment.objects.get(pk=payment.pk).status == status

    def test_a_payment_that_does_not_exist(self, channel):
        with nothing_written(), pytest.raises(PaymentNotFoundError):
            confirm(Payment(pk="pay_nothing"))

    def test_a_payment_whose_time_has_run_out(self, channel):
        payment = owed_payment()
        self.refused(payment, PaymentExpiredError, at=payment.expires_at)
        assert (
            confirm(payment, at=payment.expires_at - timedelta(microseconds=1)).status
            == "awaiting_payment"
        )

    def test_no_channel_at_all(self):
        self.refused(owed_payment(), NoChannelError)

    def test_no_channel_of_the_currency(self):
        AlipayAccountFactory(currency="USD")
        self.refused(owed_payment(), NoChannelError)

    def test_a_channel_that_is_switched_off(self):
        AlipayAccountFactory(is_enabled=False)
        self.refused(owed_payment(), NoChannelError)

    def test_a_method_that_nobody_offers(self, channel):
        self.refused(owed_payment(), NoChannelError, method="cowrie_shells")

    @pytest.mark.parametrize("status", ["closed", "rejected", "risk_review"])
    def test_a_payment_that_may_not_be_tried(self, channel, status):
        payment = owed_payment()
        Payment.objects.update(status=status)
        self.refused(payment, IllegalMoveError)

    def test_a_payment_that_is_paid(self, channel):
        payment = confirmed_payment().payment
        Payment.objects.update(status="paid")
        self.refused(payment, IllegalMoveError)


@pytest.mark.django_db(transaction=True)
class TestParts:
    """They belong into the transaction of the door's deed."""

    def test_refuse_to_be_the_whole_deed(self, order):
        # Given
        payment = create(replace(order, merchant_order_no="A-0"))

        # When, Then
        with nothing_written():
            with pytest.raises(AssertionError, match="part"):
                payments.create_payment(order, actor="key:ak_1", at=NOON)
            with pytest.raises(AssertionError, match="part"):
                payments.confirm_payment(
                    payment.pk, method="alipay_qr", client_ip=None, actor="key:ak_1", at=NOON
                )
            with pytest.raises(AssertionError, match="part"):
                closing.cancel_payment(payment.pk, actor="key:ak_1", at=NOON)

    def test_leave_no_job_when_the_deed_is_undone(self, channel):
        # Given
        payment = owed_payment()

        # When
        with nothing_written(), transaction.atomic():
            payments.confirm_payment(
                payment.pk, method="alipay_qr", client_ip=None, actor="key:ak_1", at=NOON
            )
            transaction.set_rollback(True)

        # Then
        assert Payment.objects.get().status == "created"


def test_friday_is_friday_in_the_zone_of_business(order, seller):
    """16:00 UTC is midnight in Shanghai: the accounts of a merchant open on the new day."""
    # When
    with transaction.atomic():
        payments.create_payment(order, actor="key:ak_1", at=NOON + timedelta(hours=12))

    # Then
    assert MerchantAccount.objects.get().matured_through_date == FRIDAY - timedelta(days=1)
