"""Pages, mobile pages and apps that a payer holds: unknown to Alipay until they are opened."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import attempts, checkout, closing
from payments.models import PayerSession, PaymentAttempt
from settlements.rehearsal.other_side import OtherSide
from tests.books import balance
from tests.factories.payments import confirmed_payment, minted_session
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs

LATER = NOON + timedelta(minutes=1)
PAID_AT = NOON + timedelta(minutes=3)
MOMENT = timedelta(microseconds=1)

pytestmark = pytest.mark.django_db(transaction=True)


class Page:
    """One order that was signed and handed to its payer."""

    def __init__(self, method: str, *, app_id: str, other_side: OtherSide) -> None:
        self.app_id, self.other_side = app_id, other_side
        self.pk = confirmed_payment(method=method).pk
        attempts.send_attempt(self.pk, at=NOON)
        self.ends_at = self.attempt.payment.expires_at + closing.GRACE

    @property
    def attempt(self) -> PaymentAttempt:
        return PaymentAttempt.objects.select_related("payment", "operation").get(pk=self.pk)

    @property
    def statuses(self) -> tuple[str, str]:
        return self.attempt.payment.status, self.attempt.status

    def open(self) -> str:
        """Be the payer who opens it; return where they arrive."""
        client, action = self.other_side.client, self.attempt.payer_action
        if action["url"]:
            arrived = client.get(action["url"])
        else:
            arrived = client.post("/phone", data=action["fields"])
        assert arrived.status_code == 303, arrived.text
        return arrived.headers["location"]

    def sign_in(self) -> None:
        """Be the payer who opens it and signs in, and does not pay yet."""
        answer = self.other_side.client.post(self.open(), data={"choice": "sign_in"})
        assert answer.status_code == 303

    def pay(self) -> None:
        """Be the payer who opens it and pays."""
        self.open()
        self.pay_order(self.attempt)

    def pay_order(self, attempt: PaymentAttempt) -> None:
        number = attempt.operation.channel_no
        self.other_side.pay(app_id=self.app_id, out_trade_no=number, at=PAID_AT)

    def ask(self, *, at=LATER) -> None:
        """Be the worker whom the janitor, or a notification, sends to ask."""
        let_machines_wait()
        attempts.query_attempt(self.pk, at=at, is_notified=True)

    def ask_on(self, *, at_most: int = 20) -> int:
        """Have the questions asked that our own ones lead to; return how many there were."""
        for asked in range(at_most):
            let_machines_wait()
            if "payments.query_attempt" not in run_jobs():
                return asked
        raise AssertionError("It is asked about for ever.")

    def cancel(self) -> None:
        with transaction.atomic():
            closing.cancel_payment(self.attempt.payment_id, actor="key:ak_1", at=LATER)
        run_jobs()

    def session(self) -> PayerSession:
        return minted_session(self.attempt.payment).session

    def switch(self) -> PaymentAttempt:
        """Be the payer who chooses a code instead; return its try."""
        checkout.confirm(
            self.session(), method="alipay_qr", token="", client_ip="203.0.113.7", at=LATER
        )
        run_jobs()
        (other,) = self.attempt.payment.attempts.exclude(pk=self.pk)
        return other


EACH = pytest.mark.parametrize("method", ["alipay_page", "alipay_wap", "alipay_app"])


@pytest.fixture
def method():
    return "alipay_page"


@pytest.fixture
def page(method, marketplace, simulator):
    return Page(method, app_id=marketplace.plan.app_id, other_side=simulator)


class TestCancelled:
    @EACH
    def test_never_opened_it_is_closed_when_its_time_is_over_at_the_channel(self, page):
        # When
        page.cancel()

        # Then its payer may still open and pay it, so nobody is told that it is closed
        assert page.statuses == ("closing", "awaiting_payer")
        page.ask(at=page.ends_at - MOMENT)
        assert page.statuses == ("closing", "awaiting_payer")

        # When
        page.ask(at=page.ends_at)

        # Then
        assert page.statuses == ("closed", "closed")
        assert page.attempt.operation.code == "time_over"
        assert page.attempt.payment.status_code == "cancelled"

    @EACH
    def test_opened_and_not_paid_it_is_closed_there_and_then_here_at_once(self, page):
        # Given
        page.sign_in()

        # When
        page.cancel()

        # Then
        assert page.statuses == ("closed", "closed")
        assert page.attempt.operation.code == "TRADE_CLOSED"

    @EACH
    def test_paid_while_it_was_closing_it_is_paid(self, page):
        # Given
        page.cancel()
        page.pay()

        # When
        page.ask()

        # Then
        assert page.statuses == ("paid", "succeeded")

    def test_the_janitor_goes_on_asking_until_the_end(self, page):
        # Given
        page.cancel()
        let_machines_wait()

        # When
        assert attempts.defer_due(at=page.ends_at) == 1
        run_jobs()

        # Then
        assert page.statuses == ("closed", "closed")


class TestExpired:
    def expire(self, page: Page) -> int:
        page.other_side.set_clock(page.ends_at)
        done = closing.expire_payments(actor="task:t", at=page.ends_at)
        run_jobs()
        return done

    def test_nothing_is_closed_before_two_minutes_after_the_end(self, page):
        assert timedelta(minutes=2) == closing.GRACE
        assert closing.expire_payments(actor="task:t", at=page.ends_at - MOMENT) == 0
        assert page.statuses == ("awaiting_payment", "awaiting_payer")

    def test_never_opened_it_is_closed_then(self, page):
        assert self.expire(page) == 1
        assert page.statuses == ("closed", "closed")
        assert page.attempt.payment.status_code == "expired"

    def test_opened_and_not_paid_it_is_closed_then(self, page):
        page.sign_in()
        assert self.expire(page) == 1
        assert page.statuses == ("closed", "closed")

    def test_paid_in_the_last_second_it_is_paid(self, page):
        page.pay()
        assert self.expire(page) == 1
        assert page.statuses == ("paid", "succeeded")


class TestSwitched:
    def test_the_other_method_begins_at_once(self, page):
        # When
        other = page.switch()

        # Then
        assert page.statuses == ("awaiting_payment", "closed")
        assert page.attempt.operation.code == "left_open"
        assert other.status == "awaiting_payer"

    @EACH
    def test_money_for_the_first_alone_is_the_payment_s(self, page):
        # Given
        other = page.switch()
        page.pay()

        # When the channel told us
        page.ask()
        run_jobs()

        # Then, and the second code takes none
        assert page.statuses == ("paid", "succeeded")
        other.refresh_from_db()
        assert other.status == "closed"
        assert balance("2901", "unallocated") == "0.00"

    def test_money_after_the_payment_was_closed_is_parked(self, page):
        # Given a payer who chose a code, and then nobody wanted the payment any more
        page.switch()
        page.cancel()
        assert page.statuses == ("closed", "closed")
        page.pay()

        # When
        page.ask()

        # Then
        assert page.statuses == ("paid_late", "succeeded")
        assert balance("2901", "unallocated") == "100.00"


class TestLeftAndNobodyTellsUs:
    """The notification is lost: only our own questions find what became of a page that was left."""

    @EACH
    def test_paid_alone_it_is_the_payment_s_and_the_code_is_closed(self, page):
        # Given
        other = page.switch()
        page.pay()

        # When
        page.ask_on()

        # Then
        other.refresh_from_db()
        assert (page.statuses, other.status) == (("paid", "succeeded"), "closed")
        assert balance("2901", "unallocated") == "0.00"

    def test_paid_beside_the_code_it_is_parked_once(self, page):
        # Given
        other = page.switch()
        page.pay_order(other)
        attempts.query_attempt(other.pk, at=LATER)
        page.pay()

        # When
        page.ask_on()

        # Then
        payment = page.attempt.payment
        assert (payment.status, payment.status_code) == ("paid", "paid_twice")
        assert balance("2901", "unallocated") == "100.00"

    def test_opened_and_not_paid_it_is_closed_at_the_channel(self, page):
        # Given
        page.switch()
        page.sign_in()

        # When
        page.ask_on()

        # Then nobody can pay it any more
        assert page.attempt.operation.code == "TRADE_CLOSED"
        assert not page.attempt.is_left_open

    def test_never_opened_it_is_asked_about_until_its_time_is_over_and_no_longer(self, page):
        # Given
        page.switch()
        assert page.attempt.is_left_open

        # When
        asked = page.ask_on()

        # Then
        attempt = page.attempt
        assert (attempt.status, attempt.operation.code) == ("closed", "time_over")
        assert not attempt.is_left_open
        assert 4 <= asked <= 12
