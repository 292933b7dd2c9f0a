# ruff: noqa: F811  fixtures are imported
"""Transfers that failed, came back, and are paid again."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry
from payments.models import Event
from settlements.actions import retries, settlements, transfers
from settlements.errors import (
    FailureUnconfirmedError,
    PayoutContradictedError,
    SameDestinationError,
)
from settlements.models import Payout
from tests.books import assert_balances, assert_entry
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    alipay_destination_of,
    shown_digest,
)
from tests.instants import NEXT_NOON
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs
from tests.settlements.actions.transfer_desk import assert_laws, desk, told_of  # noqa: F401


class TestFailures:
    def test_a_transfer_that_was_refused_gives_the_money_back_into_the_hold(self, desk):
        # Given
        desk.plan("transfer_refused", error_code="PAYEE_NOT_EXIST")

        # When
        desk.send()

        # Then
        assert desk.statuses == ("pay_failed", "failed", "failed")
        assert desk.payout.status_code == "PAYEE_NOT_EXIST"
        assert_entry(f"{desk.payout_id}:failed", "Dr 2401 98.00 CNY\nCr 2003 98.00 CNY")
        assert_balances(desk.wallet.pk, payouts_in_transit="0.00", channel_wallet="0.00")
        assert_balances(desk.merchant.pk, settlement_hold="98.00")
        assert_laws()

    def test_one_that_failed_later_is_learned_by_asking(self, desk):
        # Given
        desk.plan("transfer_failed", error_code="PAYEE_USER_INFO_ERROR")
        desk.send()

        # When
        desk.ask()

        # Then
        assert desk.statuses == ("pay_failed", "failed", "failed")
        assert desk.payout.status_code == "PAYEE_USER_INFO_ERROR"
        assert_laws()

    def test_an_empty_wallet_fails_and_takes_nothing(self, desk):
        # Given
        desk.other_side.alipay.withdraw(
            app_id=desk.wallet.app_id, amount_minor=99_000, number="W1", at=NEXT_NOON
        )

        # When
        desk.send()

        # Then
        assert desk.statuses == ("pay_failed", "failed", "failed")
        assert desk.in_the_wallet() == 1_000

    def test_one_that_failed_and_is_said_to_be_made_is_told_and_left_to_people(self, desk):
        # Given
        desk.plan("transfer_refused", error_code="PAYEE_NOT_EXIST")
        desk.send()
        transfers._place(desk.payout_id, NEXT_NOON)

        # When
        desk.ask(is_notified=True)

        # Then
        assert desk.statuses == ("pay_failed", "failed", "failed")
        assert desk.payout.status_code == "contradicted"
        assert Event.objects.filter(kind="payout.contradicted").count() == 1
        assert AuditEntry.objects.filter(action="payout.contradicted").count() == 1
        assert_laws()

        # When it is asked again, nothing more is told
        with nothing_written():
            desk.ask(is_notified=True)


class TestReturns:
    def test_what_came_back_is_held_again(self, desk):
        # Given
        desk.send()
        desk.ask()
        desk.other_side.alipay.return_transfer(
            app_id=desk.wallet.app_id, out_biz_no=desk.number, at=NEXT_NOON
        )

        # When
        desk.ask(is_notified=True)

        # Then
        assert desk.statuses == ("returned", "returned", "succeeded")
        assert_entry(f"{desk.payout_id}:returned", "Dr 1102 98.00 CNY\nCr 2003 98.00 CNY")
        assert_balances(desk.wallet.pk, payouts_in_transit="0.00", channel_wallet="-0.50")
        assert_balances(desk.merchant.pk, settlement_hold="98.00")
        assert_laws()

        # When it is told again
        with nothing_written():
            desk.ask(is_notified=True)

    def test_one_that_came_back_before_anybody_asked_was_made_first(self, desk):
        # Given
        desk.send()
        desk.other_side.alipay.return_transfer(
            app_id=desk.wallet.app_id, out_biz_no=desk.number, at=NEXT_NOON
        )

        # When
        desk.ask()

        # Then
        assert desk.statuses == ("returned", "returned", "succeeded")
        assert told_of(desk.payout_id)[-2:] == [
            "payout.succeeded",
            "payout.returned",
        ]
        assert_balances(desk.wallet.pk, payouts_in_transit="0.00")
        assert_laws()

    def test_a_plain_question_leaves_what_is_over_alone(self, desk):
        # Given
        desk.send()
        desk.ask()
        calls = len(desk.calls)

        # When
        with nothing_written():
            desk.ask()

        # Then
        assert len(desk.calls) == calls

    def test_news_without_an_answer_is_asked_for_again_later(self, desk):
        # Given
        desk.send()
        desk.ask()
        desk.fail("bad_signature", "query")

        # When
        desk.ask(is_notified=True)

        # Then
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        job = ProcrastinateJob.objects.get(queueing_lock=f"{desk.payout_id}:later")
        assert job.args["is_notified"] is True


class TestPayingAgain:
    def retry(self, desk):
        return retries.retry_payout(
            desk.settlement_id, actor=MAKER, at=NEXT_NOON, reason="they gave us another account"
        )

    def approve(self, settlement):
        return retries.approve_retry(
            settlement.pk, shown_digest=shown_digest(settlement), decider=CHECKER, at=NEXT_NOON
        )

    def test_what_came_back_goes_to_another_account_by_a_new_payout(self, desk):
        # Given
        desk.send()
        desk.other_side.alipay.return_transfer(
            app_id=desk.wallet.app_id, out_biz_no=desk.number, at=NEXT_NOON
        )
        desk.ask()
        with nothing_written(), pytest.raises(SameDestinationError):
            self.retry(desk)
        alipay_destination_of(desk.merchant)  # registered anew, but the same account
        with nothing_written(), pytest.raises(SameDestinationError):
            self.retry(desk)
        alipay_destination_of(desk.merchant, account_no="other@example.com")
        settlement = self.retry(desk)
        first = desk.payout

        # When
        self.approve(settlement)
        desk.payout_id = Payout.objects.exclude(pk=first.pk).get().pk
        run_jobs(queues=["money"])
        desk.ask()

        # Then
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        assert desk.number != first.operation.channel_no
        first.refresh_from_db()
        assert first.status == "returned"
        assert_balances(desk.wallet.pk, payouts_in_transit="0.00", channel_wallet="-99.00")
        assert_laws()

    def test_the_channel_is_asked_once_more_before_what_failed_is_paid_again(self, desk):
        # Given a transfer that was refused, and made nevertheless
        desk.plan("transfer_refused", error_code="PAYEE_NOT_EXIST")
        desk.send()
        transfers._place(desk.payout_id, NEXT_NOON)

        settlement = self.retry(desk)
        with nothing_written(), pytest.raises(FailureUnconfirmedError):
            self.approve(settlement)

        # When
        run_jobs(queues=["money"])

        # Then
        assert desk.payout.status_code == "contradicted"
        with nothing_written(), pytest.raises(PayoutContradictedError):
            self.approve(settlement)
        assert Payout.objects.count() == 1

    def test_what_failed_may_be_paid_again_to_the_same_account(self, desk):
        # Given
        desk.plan("transfer_refused", error_code="PAYEE_NOT_EXIST")
        desk.send()

        settlement = self.retry(desk)
        run_jobs(queues=["money"])
        assert desk.calls == ["transfer PAYEE_NOT_EXIST", "query ORDER_NOT_EXIST"]

        # When
        self.approve(settlement)

        # Then
        assert set(Payout.objects.values_list("status", flat=True)) == {"failed", "queued"}
        assert_laws()


class TestGivingUp:
    def cancel(self, desk):
        return settlements.cancel_settlement(
            desk.settlement_id, actor=MAKER, at=NEXT_NOON, reason="asked by the merchant"
        )

    def test_waits_until_the_channel_said_again_that_it_failed(self, desk):
        # Given
        desk.plan("transfer_refused", error_code="PAYEE_NOT_EXIST")
        desk.send()
        with nothing_written(), pytest.raises(FailureUnconfirmedError):
            self.cancel(desk)

        # When nobody but the refusal itself has it asked
        run_jobs(queues=["money"])
        assert desk.calls == ["transfer PAYEE_NOT_EXIST", "query ORDER_NOT_EXIST"]
        self.cancel(desk)

        # Then
        assert desk.statuses == ("cancelled", "failed", "failed")
        assert_balances(desk.merchant.pk, settlement_hold="0.00", merchant_available="98.00")
        assert_laws()

    def test_what_was_made_nevertheless_is_not_given_up(self, desk):
        # Given a transfer that was refused, and made nevertheless
        desk.plan("transfer_refused", error_code="PAYEE_NOT_EXIST")
        desk.send()
        transfers._place(desk.payout_id, NEXT_NOON)

        # When
        run_jobs(queues=["money"])

        # Then
        assert desk.payout.status_code == "contradicted"
        with nothing_written(), pytest.raises(PayoutContradictedError):
            self.cancel(desk)
