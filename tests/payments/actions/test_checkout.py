"""What a payer does on the checkout page: one try, whatever is pressed how often."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import attempts, checkout, closing, holds
from payments.errors import NoChannelError, PaymentExpiredError
from payments.models import ChannelOperation, Event, HoldCover, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, minted_session, owed_payment
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.rig.races import at_once
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


def wechat_account():
    """Open a second way to pay."""
    return AlipayAccountFactory(channel="wechatpay")


@pytest.fixture
def session(db):
    return minted_session(owed_payment(payer_no="P1")).session


def confirm(session, *, method="alipay_qr", at=NOON, **other):
    return checkout.confirm(
        session, **{"method": method, "token": "", "client_ip": "203.0.113.7", "at": at, **other}
    )


class TestConfirm:
    def test_makes_a_try_as_the_payer(self, session):
        # Given
        AlipayAccountFactory()

        # When
        payment = confirm(session)

        # Then
        assert (payment.status, payment.client_ip) == ("awaiting_payment", "203.0.113.7")
        assert PaymentAttempt.objects.get().method == "alipay_qr"
        assert Event.objects.filter(kind="payment.awaiting_payment").count() == 1

    def test_pressed_twice_makes_one_try(self, session):
        # Given
        AlipayAccountFactory()
        confirm(session)

        # When, Then
        with nothing_written():
            confirm(session)

    def test_eight_tabs_make_one_try(self, session):
        # Given
        AlipayAccountFactory()

        # When
        results = at_once(*[lambda: confirm(session).status] * 8)

        # Then
        assert results == ["awaiting_payment"] * 8
        assert ChannelOperation.objects.count() == 1

    def test_what_is_past_choosing_stays_as_it_is(self, session):
        # Given
        with transaction.atomic():
            closing.cancel_payment(session.payment_id, actor="key:t", at=NOON)

        # When, Then
        with nothing_written():
            assert confirm(session).status == "closed"

    def test_is_refused_without_a_channel_and_after_the_end(self, session):
        with nothing_written(), pytest.raises(NoChannelError):
            confirm(session)
        AlipayAccountFactory()
        with nothing_written(), pytest.raises(PaymentExpiredError):
            confirm(session, at=session.payment.expires_at)

    def test_a_link_acts_as_itself(self):
        # Given
        session = minted_session(owed_payment()).session

        # When, Then
        assert checkout.actor_of(session) == f"link:{session.pk}"


class TestSwitch:
    @pytest.fixture
    def waiting(self, marketplace, simulator):
        """A payer who was shown Alipay's code."""
        session = minted_session(owed_payment(payer_no="P1")).session
        confirm(session)
        run_jobs()
        return session

    def test_the_other_try_begins_when_the_first_is_closed(self, waiting):
        # Given
        wechat_account()

        # When
        payment = confirm(waiting, method="wechat_native", at=NOON + timedelta(minutes=1))

        # Then nothing is ordered yet
        first = PaymentAttempt.objects.get()
        assert (first.status, first.is_withdrawn) == ("awaiting_payer", True)
        assert (payment.status, payment.method) == ("awaiting_payment", "wechat_native")
        assert Event.objects.filter(kind="payment.method_changed").count() == 1

        # When
        attempts.query_attempt(first.pk, at=NOON)

        # Then
        first.refresh_from_db()
        second = PaymentAttempt.objects.exclude(pk=first.pk).get()
        assert (first.status, first.operation.code) == ("closed", "never_scanned")
        assert (second.status, second.method) == ("prepared", "wechat_native")
        assert used_minor(payment.payer_id) == 10_000

    def test_the_other_try_begins_at_once_where_the_first_never_left(self, waiting):
        # Given a payer whose second try waits for a line that people hold back
        wechat_account()
        alipay = PaymentAttempt.objects.get()
        attempts.query_attempt(alipay.pk, at=NOON)
        holds.hold_sending(HoldCover.EVERYTHING, actor="user:1", at=NOON, reason="alarm")
        confirm(waiting, method="wechat_native")
        attempts.query_attempt(alipay.pk, at=NOON)
        unsent = PaymentAttempt.objects.exclude(pk=alipay.pk).get()
        assert (unsent.status, unsent.method) == ("prepared", "wechat_native")

        # When
        payment = confirm(waiting, method="alipay_qr")

        # Then
        unsent.refresh_from_db()
        last = PaymentAttempt.objects.exclude(pk__in=[alipay.pk, unsent.pk]).get()
        assert (unsent.status, unsent.operation.code) == ("failed", "not_wanted")
        assert (last.status, last.method, payment.method) == ("prepared", "alipay_qr", "alipay_qr")
        assert used_minor(payment.payer_id) == 10_000

    def test_pressed_twice_it_is_one_wish(self, waiting):
        # Given
        wechat_account()
        confirm(waiting, method="wechat_native")

        # When, Then
        with nothing_written():
            confirm(waiting, method="wechat_native")

    def test_who_goes_back_to_the_first_gets_a_new_code(self, waiting):
        # Given
        wechat_account()
        confirm(waiting, method="wechat_native")

        # When
        confirm(waiting, method="alipay_qr")
        run_jobs()

        # Then
        tries = PaymentAttempt.objects.order_by("id").values_list("method", "status")
        assert list(tries) == [("alipay_qr", "closed"), ("alipay_qr", "awaiting_payer")]

    def test_a_method_that_nobody_offers_leaves_the_code(self, waiting):
        with nothing_written(), pytest.raises(NoChannelError):
            confirm(waiting, method="wechat_native")
        assert PaymentAttempt.objects.get().is_withdrawn is False
