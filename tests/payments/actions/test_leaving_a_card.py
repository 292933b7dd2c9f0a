"""A payer leaves a card page, which nobody can close, for another method: nobody waits for it."""

from datetime import timedelta

import httpx
import pytest
from django.db import transaction

from payments.actions import attempts, checkout, closing
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Payment, PaymentAttempt
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.channel_accounts import Terms
from tests.books import balance
from tests.factories.payments import confirmed_payment, minted_session
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, order_fault, run_jobs

MERCHANT_NO = "777290058119002"
LATER = NOON + timedelta(minutes=1)
PAID_AT = NOON + timedelta(minutes=3)
DECLINED_CARD = "4000000000000002"

pytestmark = pytest.mark.django_db(transaction=True)


class CardPage:
    """A card page that a payer holds, beside a marketplace that takes Alipay as well."""

    def __init__(self, market, *, other_side) -> None:
        self.market, self.other_side = market, other_side
        terms = Terms("Cards", "CNY", 60, market.plan.bank_account_no)
        channel_accounts.unionpay_account(
            terms, mer_id=MERCHANT_NO, bank=market.bank, other_side=other_side, at=NOON
        )
        self.pk = confirmed_payment(method="card_page", payer_no="P1").pk
        attempts.send_attempt(self.pk, at=NOON)
        self.ends_at = self.payment.expires_at + closing.GRACE

    @property
    def attempt(self) -> PaymentAttempt:
        return PaymentAttempt.objects.select_related("payment", "operation").get(pk=self.pk)

    @property
    def payment(self) -> Payment:
        return self.attempt.payment

    @property
    def other(self) -> PaymentAttempt:
        return PaymentAttempt.objects.exclude(pk=self.pk).get()

    @property
    def statuses(self) -> tuple[str, str, str]:
        """Return how the payment, the try by card and its order stand."""
        attempt = self.attempt
        return attempt.payment.status, attempt.status, attempt.operation.code

    def open(self) -> str:
        """Be the payer who goes to the page; return its address."""
        action = self.attempt.payer_action
        response = httpx.post(action["url"], data=action["fields"], timeout=30)
        assert response.status_code == 303
        return response.headers["location"]

    def is_declined(self) -> None:
        """Be the payer whose bank says no to the card."""
        address = self.open()
        httpx.post(address, data={"choice": "pay", "card": DECLINED_CARD}, timeout=30)
        assert "Declined" in httpx.get(address, timeout=30).text

    def pay(self, attempt: PaymentAttempt) -> None:
        app_id = MERCHANT_NO if attempt.pk == self.pk else self.market.plan.app_id
        number = attempt.operation.channel_no
        self.other_side.pay(app_id=app_id, out_trade_no=number, at=PAID_AT)

    def switch(self) -> None:
        """Be the payer who chooses a code instead."""
        session = minted_session(self.payment).session
        checkout.confirm(session, method="alipay_qr", token="", client_ip="203.0.113.7", at=LATER)
        run_jobs()

    def ask_on(self, *, at_most: int = 20) -> int:
        """Let machines wait for each question that is due, until none is; return how many."""
        for asked in range(at_most):
            let_machines_wait()
            if not run_jobs(queues=["money"]):
                return asked
        raise AssertionError("it is asked for ever")


@pytest.fixture
def page(marketplace, simulator):
    return CardPage(marketplace, other_side=simulator)


class TestTheOtherMethodBegins:
    def test_after_a_card_was_declined(self, page):
        # Given
        page.is_declined()

        # When
        page.switch()

        # Then the first is over here, and the second has its code
        assert page.statuses == ("awaiting_payment", "closed", "left_open")
        assert (page.other.status, page.other.method) == ("awaiting_payer", "alipay_qr")
        assert page.other.qr_code
        assert used_minor(page.payment.payer_id) == 10_000

    def test_before_the_page_was_opened(self, page):
        # When
        page.switch()

        # Then
        assert page.statuses == ("awaiting_payment", "closed", "left_open")
        assert page.other.status == "awaiting_payer"

    def test_not_while_nobody_answers_whether_something_was_taken(self, page):
        # Given
        order_fault(page.other_side, "http_500", app_id=MERCHANT_NO, count=1)

        # When
        page.switch()

        # Then
        assert page.statuses[:2] == ("awaiting_payment", "awaiting_payer")
        assert PaymentAttempt.objects.count() == 1

        # When the next question is answered
        let_machines_wait()
        attempts.query_attempt(page.pk, at=LATER)

        # Then
        assert page.statuses == ("awaiting_payment", "closed", "left_open")
        assert page.other.status == "prepared"

    def test_not_when_the_card_has_paid(self, page):
        # Given
        page.open()
        page.pay(page.attempt)

        # When
        page.switch()

        # Then
        assert page.statuses[:2] == ("paid", "succeeded")
        assert PaymentAttempt.objects.count() == 1


class TestThePageIsPaidAfterAll:
    """Nobody tells us: the notification is lost, and only our own questions find it."""

    def test_alone_it_is_the_payment_s_and_the_code_is_closed(self, page):
        # Given
        page.open()
        page.switch()
        page.pay(page.attempt)

        # When
        page.ask_on()

        # Then
        assert page.statuses[:2] == ("paid", "succeeded")
        assert page.payment.method == "card_page"
        assert page.other.status == "closed"
        assert balance("2901", "unallocated") == "0.00"

    def test_beside_the_code_it_is_parked_once(self, page):
        # Given
        page.open()
        page.switch()
        page.pay(page.other)
        attempts.query_attempt(page.other.pk, at=LATER)
        page.pay(page.attempt)

        # When
        page.ask_on()

        # Then
        assert page.statuses[:2] == ("paid", "succeeded")
        assert (page.payment.method, page.payment.status_code) == ("alipay_qr", "paid_twice")
        assert balance("2901", "unallocated") == "100.00"

    def test_after_the_payment_was_closed_it_is_parked(self, page):
        # Given
        page.open()
        page.switch()
        with transaction.atomic():
            closing.cancel_payment(page.payment.pk, actor="key:ak_1", at=LATER)
        run_jobs()
        assert page.statuses[0] == "closed"
        page.pay(page.attempt)

        # When
        page.ask_on()

        # Then
        assert page.statuses[:2] == ("paid_late", "succeeded")
        assert balance("2901", "unallocated") == "100.00"

    def test_never_paid_it_is_asked_about_until_its_time_is_over_and_no_longer(self, page):
        # Given
        page.open()
        page.switch()

        # When
        asked = page.ask_on()

        # Then
        assert page.attempt.status == "closed"
        assert page.attempt.operation.code == "time_over"
        assert 4 <= asked <= 10

    def test_while_a_bank_is_at_it_it_is_asked_about_beyond_its_time(self, page):
        # Given
        page.switch()
        page.ask_on()
        outcome = Outcome(OutcomeKind.PROCESSING, code="05")

        # When
        with transaction.atomic():
            closing.have_asked_on(page.attempt, outcome, at=page.ends_at)

        # Then
        let_machines_wait()
        assert run_jobs() == ["payments.query_attempt"]

    def test_what_is_over_is_not_asked_about(self, page):
        # Given
        page.switch()
        page.ask_on()
        outcome = Outcome(OutcomeKind.CLOSED, code="time_over")

        # When, Then
        with nothing_written(), transaction.atomic():
            closing.have_asked_on(page.attempt, outcome, at=LATER)
