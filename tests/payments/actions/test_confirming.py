# ruff: noqa: F811  fixtures are imported
"""Confirming a payment: its order is written, once, for a method that may take it."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry
from payments.actions import payments
from payments.actions.operations import channel_no_of
from payments.models import (
    ChannelOperation,
    Event,
    PaymentAttempt,
)
from payments.screening import ScreeningRequest, Verdict
from risk.models import Screening
from tests.factories.payments import (
    AlipayAccountFactory,
    BankAccountFactory,
    MerchantFactory,
    owed_payment,
)
from tests.factories.risk import used_minor
from tests.instants import NOON, THURSDAY
from tests.payments.actions.asked_payments import channel, confirm, judge, tried_in_vain  # noqa: F401
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestConfirm:
    def test_prepares_the_order_and_has_it_sent_after_commit(self, channel):
        # Given
        payment = owed_payment(payer_no="P1")

        # When
        payment = confirm(payment)

        # Then
        assert (payment.status, payment.method) == ("awaiting_payment", "alipay_qr")
        assert payment.client_ip == "203.0.113.7"
        attempt = PaymentAttempt.objects.get()
        operation = ChannelOperation.objects.get()
        assert (attempt.payment, attempt.operation) == (payment, operation)
        assert (attempt.status, attempt.channel_account, attempt.qr_code) == (
            "prepared",
            channel,
            "",
        )
        assert (operation.status, operation.kind, operation.sends) == ("prepared", "pay", 0)
        assert (operation.subject, operation.channel_no) == (attempt.pk, channel_no_of(attempt.pk))
        assert (operation.amount_minor, operation.currency) == (10_000, "CNY")
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.args) == (
            "payments.send_attempt",
            {"attempt_id": attempt.pk, "at": NOON.isoformat()},
        )

    def test_is_told(self, channel):
        # When
        payment = confirm(owed_payment())

        # Then
        event = Event.objects.get(sequence=2)
        assert (event.kind, event.subject) == ("payment.awaiting_payment", payment.pk)
        row = AuditEntry.objects.get(action="payment.awaiting_payment")
        assert (row.actor, row.before) == ("key:ak_1", {"status": "created"})

    def test_asks_the_judge_with_what_is_known_now(self, channel, judge):
        # Given
        sellers = [MerchantFactory(), MerchantFactory()]
        payment = owed_payment(*sellers, amounts_minor=(6_000, 4_000), payer_no="P1")

        # When
        confirm(payment)

        # Then
        assert judge.asked == [
            ScreeningRequest(
                payment_id=payment.pk,
                payer_id=payment.payer_id,
                merchant_ids=(sellers[0].pk, sellers[1].pk),
                amount_minor=10_000,
                currency="CNY",
                method="alipay_qr",
                client_ip="203.0.113.7",
                business_date=THURSDAY,
                at=NOON,
            )
        ]

    def test_counts_against_the_payer_s_day(self, channel):
        # When
        payment = confirm(owed_payment(payer_no="P1"))

        # Then
        assert used_minor(payment.payer_id) == 10_000
        screening = Screening.objects.get()
        assert (screening.verdict, screening.subject) == ("allow", payment.pk)

    def test_a_second_time_changes_nothing(self, channel):
        # Given
        payment = confirm(owed_payment())

        # When, Then
        with nothing_written():
            assert confirm(payment).status == "awaiting_payment"

    def test_takes_the_first_enabled_channel_of_the_currency(self):
        # Given
        AlipayAccountFactory(is_enabled=False)
        AlipayAccountFactory(currency="USD")
        BankAccountFactory()
        AlipayAccountFactory(created_at=NOON + timedelta(seconds=1))
        wanted = AlipayAccountFactory(created_at=NOON)

        # When
        confirm(owed_payment())

        # Then
        assert PaymentAttempt.objects.get().channel_account == wanted

    def test_under_review_nothing_is_ordered(self, channel, judge):
        # Given
        judge.verdict = Verdict.REVIEW

        # When
        payment = confirm(owed_payment())

        # Then
        assert (payment.status, payment.status_code) == ("risk_review", "stub.said_so")
        assert PaymentAttempt.objects.count() == 0
        assert ProcrastinateJob.objects.count() == 0

    def test_challenged_it_stays_as_it_is_and_says_why(self, channel, judge):
        # Given
        judge.verdict = Verdict.CHALLENGE

        # When
        payment = confirm(owed_payment())

        # Then nothing is ordered, and what the judge counted is given back
        assert (payment.status, payment.status_code) == ("created", "stub.said_so")
        assert PaymentAttempt.objects.count() == ProcrastinateJob.objects.count() == 0
        assert judge.given_back == [payment.pk]
        event = Event.objects.get(kind="payment.challenged")
        assert event.payload["code"] == "stub.said_so"
        assert AuditEntry.objects.get(action="payment.challenged").actor == "key:ak_1"

    def test_a_challenge_is_told_once_however_often_it_is_met(self, channel, judge):
        # Given
        judge.verdict = Verdict.CHALLENGE
        payment = confirm(owed_payment())

        # When, Then
        with nothing_written():
            confirm(payment)

    def test_a_token_answers_a_challenge(self, channel, judge):
        # Given
        judge.verdict = Verdict.CHALLENGE
        payment = confirm(owed_payment())
        judge.verdict = Verdict.ALLOW

        # When
        payment = confirm(payment, token="opaque")

        # Then
        assert [request.token for request in judge.asked] == ["", "opaque"]
        assert (payment.status, payment.status_code) == ("awaiting_payment", "")

    def test_a_second_try_that_is_challenged_still_waits(self, channel, judge):
        # Given
        payment = tried_in_vain()
        judge.verdict = Verdict.CHALLENGE

        # When
        payment = confirm(payment)

        # Then
        assert (payment.status, payment.status_code) == ("awaiting_payment", "stub.said_so")
        assert payment.attempts.count() == 1

    def test_denied_it_ends_with_the_reason(self, channel, judge):
        # Given
        judge.verdict = Verdict.DENY

        # When
        payment = confirm(owed_payment())

        # Then
        assert (payment.status, payment.status_code) == ("rejected", "stub.said_so")
        assert PaymentAttempt.objects.count() == 0
        assert Event.objects.get(kind="payment.rejected").payload["code"] == "stub.said_so"

    def test_over_the_limit_it_is_denied_by_the_real_judge(self, channel):
        # Given 1,000.01 where one payment may be 1,000.00
        payment = owed_payment(amounts_minor=(100_001,), payer_no="P1")

        # When
        payment = confirm(payment)

        # Then
        assert (payment.status, payment.status_code) == ("rejected", "limit.platform.transaction")
        assert used_minor(payment.payer_id) is None
        assert Screening.objects.get().verdict == "deny"

    def test_at_the_limit_it_is_allowed_by_the_real_judge(self, channel):
        # When
        payment = confirm(owed_payment(amounts_minor=(100_000,), payer_no="P1"))

        # Then
        assert payment.status == "awaiting_payment"

    def test_one_number_of_two_partners_has_two_limits(self, channel):
        # Given
        shop = MerchantFactory()
        ours = owed_payment(shop, amounts_minor=(70_000,), payer_no="P1")
        theirs = owed_payment(shop, amounts_minor=(40_000,), payer_no="P1", created_by=shop)

        # When
        for payment in (ours, theirs):
            assert confirm(payment).status == "awaiting_payment"

        # Then
        assert used_minor(ours.payer_id) == 70_000
        assert used_minor(theirs.payer_id) == 40_000

    def test_a_try_that_failed_for_certain_may_be_followed_by_another(self, channel, judge):
        # Given
        payment = tried_in_vain()

        # When
        payment = confirm(payment)

        # Then
        assert payment.status == "awaiting_payment"
        assert sorted(payment.attempts.values_list("status", flat=True)) == ["failed", "prepared"]
        assert len(judge.asked) == 2

    @pytest.mark.parametrize("verdict", [Verdict.DENY, Verdict.REVIEW])
    def test_a_second_try_that_is_not_allowed_ends_the_payment(self, channel, judge, verdict):
        # Given
        payment = tried_in_vain()
        judge.verdict = verdict

        # When
        payment = confirm(payment)

        # Then nothing is at the channel, so it is closed at once
        assert (payment.status, payment.status_code) == ("closed", "stub.said_so")
        kinds = Event.objects.order_by("sequence").values_list("kind", flat=True)
        assert list(kinds)[-2:] == ["payment.closing", "payment.closed"]
        assert judge.given_back == [payment.pk]

    def test_costs_thirteen_round_trips_however_many_sellers(
        self, channel, django_assert_num_queries
    ):
        # Given
        sellers = [MerchantFactory() for _ in range(3)]
        payment = owed_payment(*sellers, amounts_minor=(100,) * 3, payer_no="P1")

        # When: the payment locked, its channel, its sellers; of the judge how all stand, the
        # limits, the counters and the judgement; order, try, job; the payment, its event, its
        # audit row
        with django_assert_num_queries(13):
            payments.confirm_payment(
                payment.pk, method="alipay_qr", client_ip=None, actor="key:ak_1", at=NOON
            )
