"""Closing and switching with WeChat Pay: a channel that knows an order from the first moment."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import attempts, checkout, closing
from payments.models import BalanceTransaction, Payment, PaymentAttempt
from tests.factories.payments import minted_session, owed_payment
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, open_wechat_account, order_fault, run_jobs, story_of

PAID_AT = NOON + timedelta(minutes=3)


class Phone:
    """A payer at the checkout of a marketplace with both channels."""

    def __init__(self, market, other_side) -> None:
        self.market, self.other_side = market, other_side
        self.wechat = open_wechat_account(market, other_side=other_side)
        self.session = minted_session(owed_payment(payer_no="P1")).session

    def choose(self, method: str) -> PaymentAttempt:
        """Choose, and let the workers do their part."""
        checkout.confirm(self.session, method=method, token="", client_ip=None, at=NOON)
        run_jobs()
        return self.tries[-1]

    def pay(self, attempt: PaymentAttempt) -> None:
        is_wechat = attempt.method == "wechat_native"
        self.other_side.pay(
            app_id=self.wechat.merchant_no if is_wechat else self.market.plan.app_id,
            out_trade_no=attempt.operation.channel_no,
            at=PAID_AT,
        )

    def cancel(self) -> None:
        with transaction.atomic():
            closing.cancel_payment(self.session.payment_id, actor="key:t", at=NOON)
        run_jobs()

    @property
    def tries(self) -> list[PaymentAttempt]:
        return list(PaymentAttempt.objects.select_related("operation").order_by("created_at", "id"))

    @property
    def payment(self) -> Payment:
        return Payment.objects.get(pk=self.session.payment_id)


@pytest.fixture
def phone(marketplace, simulator):
    return Phone(marketplace, simulator)


def states_of(phone: Phone) -> list[tuple[str, str]]:
    return [(attempt.method, attempt.status) for attempt in phone.tries]


class TestCancel:
    def test_closes_the_order_there_and_then_here(self, phone):
        # Given
        phone.choose("wechat_native")

        # When
        phone.cancel()

        # Then the channel says itself that it is closed
        (attempt,) = phone.tries
        assert (phone.payment.status, attempt.status) == ("closed", "closed")
        assert attempt.operation.code == "CLOSED"
        assert used_minor(phone.payment.payer_id) == 0

    def test_who_was_faster_has_paid(self, phone):
        # Given
        phone.pay(phone.choose("wechat_native"))

        # When
        phone.cancel()

        # Then
        assert phone.payment.status == "paid"
        assert BalanceTransaction.objects.get().net_minor == 9_800


class TestSwitch:
    @pytest.mark.parametrize(
        ("first", "second"),
        [("alipay_qr", "wechat_native"), ("wechat_native", "alipay_qr")],
    )
    def test_the_first_is_closed_and_the_second_is_paid(self, phone, first, second):
        # Given
        phone.choose(first)

        # When
        attempt = phone.choose(second)

        # Then
        assert states_of(phone) == [(first, "closed"), (second, "awaiting_payer")]
        phone.pay(attempt)
        attempts.query_attempt(attempt.pk, at=NOON)
        assert (phone.payment.status, phone.payment.method) == ("paid", second)
        assert used_minor(phone.payment.payer_id) == 10_000

    def test_who_paid_the_first_meanwhile_gets_no_second(self, phone):
        # Given
        phone.pay(phone.choose("wechat_native"))

        # When
        phone.choose("alipay_qr")

        # Then the payment says by which method it was paid
        assert states_of(phone) == [("wechat_native", "succeeded")]
        assert (phone.payment.status, phone.payment.method) == ("paid", "wechat_native")

    def test_while_the_channel_is_silent_the_second_waits(self, phone):
        # Given
        number = phone.choose("wechat_native").operation.channel_no
        order_fault(phone.other_side, "http_500", app_id=phone.wechat.merchant_no, count=1)

        # When
        phone.choose("alipay_qr")

        # Then
        assert states_of(phone) == [("wechat_native", "awaiting_payer")]
        let_machines_wait()
        assert attempts.defer_due(at=NOON) == 1
        run_jobs()
        assert states_of(phone) == [("wechat_native", "closed"), ("alipay_qr", "awaiting_payer")]
        assert story_of(phone.other_side, number).count("paid") == 0
