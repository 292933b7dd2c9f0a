"""Money of an order to pay that had failed here: we hear of it, ask, and follow it (R8)."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments import locks
from payments.actions import attempts, closing, payments
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Authorisation, BalanceTransaction, ParkedMoney, PaymentAttempt, Void
from payments.queries.calendar import business_date_of
from risk.models import Screening
from settlements.queries import integrity
from tests.books import balance
from tests.factories.payments import AlipayAccountFactory, confirmed_payment, owed_payment
from tests.factories.risk import used_minor
from tests.instants import FRIDAY, NEXT_NOON, NOON, THURSDAY
from tests.payments.holding import MISSING, REFUSED, UNKNOWN, done, holding_channel
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def channel(monkeypatch):
    yield holding_channel(monkeypatch)
    assert integrity.verify().violations == []


def tried(*, capture_mode: str = "automatic") -> PaymentAttempt:
    """Confirm a payment of 100.00 whose order nobody has sent."""
    AlipayAccountFactory()
    if capture_mode == "automatic":
        return confirmed_payment(payer_no="P1")
    payment = owed_payment(payer_no="P1", capture_mode=capture_mode)
    return again(payment.pk)


def again(payment_id: str) -> PaymentAttempt:
    """Be the payer who chooses once more."""
    with transaction.atomic():
        payments.confirm_payment(
            payment_id, method="alipay_qr", client_ip=None, actor="key:test", at=NOON
        )
    return PaymentAttempt.objects.filter(payment_id=payment_id).latest("created_at", "pk")


def failed(channel, **how: str) -> PaymentAttempt:
    """Have an order turned away by its channel, for certain as it seems."""
    attempt = tried(**how)
    channel.says["pay"] = [REFUSED]
    attempts.send_attempt(attempt.pk, at=NOON)
    assert standing(attempt) == ("awaiting_payment", "failed", "failed", "REFUSED")
    assert used_minor(attempt.payment.payer_id) == 0
    return attempt


def standing(attempt: PaymentAttempt) -> tuple[str, str, str, str]:
    """Return how its payment, a try and its order stand, and the order's code."""
    now = read(attempt)
    return now.payment.status, now.status, now.operation.status, now.operation.code


def read(attempt: PaymentAttempt) -> PaymentAttempt:
    return PaymentAttempt.objects.select_related("payment", "operation").get(pk=attempt.pk)


def money_comes(channel, attempt: PaymentAttempt, *, at=LATER, amount_minor: int = 10_000) -> None:
    """Let the channel have the money, tell us, and be asked."""
    channel.made[attempt.operation.channel_no] = done(amount_minor, at=at)
    attempts.query_attempt(attempt.pk, at=at, is_notified=True)


def counted(attempt: PaymentAttempt) -> list[tuple[str, bool]]:
    """Return each judgement that used limits: its rule that says so, and if that was given back."""
    used = Screening.objects.filter(subject=attempt.payment_id).exclude(consumed=[]).order_by("id")
    return [
        (each.findings[-1]["rule"], hasattr(each, "release"))
        for each in used.select_related("release")
    ]


class TestMoneyComes:
    def test_it_pays_a_payment_that_waits(self, channel):
        # Given
        attempt = failed(channel)

        # When, twice
        money_comes(channel, attempt)
        with nothing_written():
            money_comes(channel, attempt)

        # Then it is paid, and counts again, on its day, once
        assert standing(attempt) == ("paid", "succeeded", "succeeded", "")
        assert read(attempt).operation.finished_at == LATER
        assert BalanceTransaction.objects.get().gross_minor == 10_000
        assert used_minor(attempt.payment.payer_id) == 10_000
        assert counted(attempt) == [("amount.day", True), ("amount.booked", False)]

    def test_it_counts_on_the_day_on_which_it_comes(self, channel):
        # Given
        attempt = failed(channel)

        # When
        money_comes(channel, attempt, at=NEXT_NOON)

        # Then
        payer_id = attempt.payment.payer_id
        assert business_date_of(NEXT_NOON) == FRIDAY
        assert (used_minor(payer_id, on=THURSDAY), used_minor(payer_id, on=FRIDAY)) == (0, 10_000)

    def test_a_try_that_is_open_beside_it_is_closed_and_it_counts_once(self, channel):
        # Given
        attempt = failed(channel)
        other = again(attempt.payment_id)
        attempts.send_attempt(other.pk, at=NOON)
        assert read(other).status == "awaiting_payer"

        # When
        money_comes(channel, attempt)
        channel.says["query"] = [
            Outcome(OutcomeKind.AWAITING_PAYER),
            Outcome(OutcomeKind.CLOSED, code="CLOSED"),
        ]
        run_jobs()

        # Then
        assert standing(attempt)[:2] == ("paid", "succeeded")
        assert read(other).status == "closed"
        assert used_minor(attempt.payment.payer_id) == 10_000
        assert counted(attempt) == [("amount.day", True), ("amount.day", False)]

    def test_beside_other_money_it_is_parked(self, channel):
        # Given
        attempt = failed(channel)
        other = again(attempt.payment_id)
        attempts.send_attempt(other.pk, at=NOON)
        money_comes(channel, other)

        # When
        money_comes(channel, attempt)

        # Then
        assert standing(attempt)[:2] == ("paid", "succeeded")
        assert read(attempt).payment.status_code == "paid_twice"
        money = ParkedMoney.objects.get()
        assert (money.attempt_id, money.kind) == (attempt.pk, "paid_twice")
        assert balance("2901", "unallocated") == "100.00"
        assert used_minor(attempt.payment.payer_id) == 10_000

    def test_of_a_payment_that_was_closed_it_waits_in_suspense(self, channel):
        # Given
        attempt = failed(channel)
        with transaction.atomic():
            closing.cancel_payment(attempt.payment_id, actor="key:test", at=NOON)
        assert standing(attempt)[0] == "closed"

        # When
        money_comes(channel, attempt)

        # Then nobody has decided on it, so it uses no limit
        assert standing(attempt)[:2] == ("paid_late", "succeeded")
        assert ParkedMoney.objects.get().kind == "paid_late"
        assert not BalanceTransaction.objects.exists()
        assert used_minor(attempt.payment.payer_id) == 0

    def test_of_another_amount_it_is_conflicted(self, channel):
        # Given
        attempt = failed(channel)

        # When
        money_comes(channel, attempt, amount_minor=9_900)

        # Then
        assert standing(attempt)[:2] == ("conflicted", "succeeded")

    def test_also_by_an_order_that_was_never_sent(self, channel):
        # Given
        attempt = tried()
        with transaction.atomic():
            assert closing.end_unsent(locks.locked_attempt(attempt.pk), at=NOON)
        assert standing(attempt)[2:] == ("failed", "not_wanted")

        # When
        money_comes(channel, attempt)

        # Then
        assert standing(attempt)[:2] == ("paid", "succeeded")
        assert read(attempt).operation.sends == 0


class TestMoneyIsHeld:
    def test_it_authorises_a_payment_that_waits_and_counts(self, channel):
        # Given
        attempt = failed(channel, capture_mode="manual")

        # When
        money_comes(channel, attempt)

        # Then
        assert standing(attempt)[:2] == ("authorized", "succeeded")
        assert used_minor(attempt.payment.payer_id) == 10_000
        assert counted(attempt) == [("amount.day", True), ("amount.booked", False)]

    def test_of_a_payment_that_was_closed_it_is_given_back(self, channel):
        # Given
        attempt = failed(channel, capture_mode="manual")
        with transaction.atomic():
            closing.cancel_payment(attempt.payment_id, actor="key:test", at=NOON)

        # When
        money_comes(channel, attempt)
        run_jobs()

        # Then
        assert standing(attempt)[:2] == ("closed", "succeeded")
        assert Authorisation.objects.get().is_spare
        assert Void.objects.get().status == "succeeded"
        assert used_minor(attempt.payment.payer_id) == 0


class TestNoMoneyComes:
    @pytest.mark.parametrize(
        "said",
        [
            MISSING,
            Outcome(OutcomeKind.CLOSED, code="CLOSED"),
            Outcome(OutcomeKind.FAILED, code="OTHER", message="Never.", raw="{}"),
        ],
        ids=lambda outcome: outcome.code,
    )
    def test_what_the_channel_says_else_changes_nothing(self, channel, said):
        # Given
        attempt = failed(channel)
        before = read(attempt)
        channel.says["query"] = [said]

        # When; each call is counted for the health of its account
        with nothing_written(but={"payments_channelcall": 1}):
            attempts.query_attempt(attempt.pk, at=LATER, is_notified=True)

        # Then
        after = read(attempt)
        assert standing(attempt) == ("awaiting_payment", "failed", "failed", "REFUSED")
        for name in ("message", "raw_answer", "channel_ref", "finished_at", "next_query_at"):
            assert getattr(after.operation, name) == getattr(before.operation, name)
        assert channel.sent("close") == []

    @pytest.mark.parametrize(
        "said",
        [
            UNKNOWN,
            Outcome(OutcomeKind.NOT_SENT, code="NOT_CONNECTED"),
            Outcome(OutcomeKind.PROCESSING, code="05"),
            Outcome(OutcomeKind.AWAITING_PAYER, code="WAIT"),
        ],
        ids=lambda outcome: outcome.kind.value,
    )
    def test_what_is_not_known_yet_is_asked_about_again(self, channel, said):
        # Given
        attempt = failed(channel)
        channel.says["query"] = [said]

        # When
        attempts.query_attempt(attempt.pk, at=LATER, is_notified=True)

        # Then
        assert standing(attempt) == ("awaiting_payment", "failed", "failed", "REFUSED")
        channel.made[attempt.operation.channel_no] = done(10_000, at=LATER)
        let_machines_wait()
        assert "payments.query_attempt" in run_jobs()
        assert standing(attempt)[0] == "paid"

    def test_nobody_asks_by_themselves(self, channel):
        # Given
        attempt = failed(channel)
        channel.made[attempt.operation.channel_no] = done(10_000, at=LATER)

        # When, Then
        with nothing_written():
            attempts.query_attempt(attempt.pk, at=LATER)
        let_machines_wait()
        assert attempts.defer_due(at=LATER) == 0
        assert channel.sent("query") == []
