"""Payouts by transfer over real HTTP: sent once, believed only when asked, never lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry, JournalEntry
from payments.actions import operations
from payments.actions.channels import point_at_gateway
from payments.actions.notifications import receive_notification
from payments.models import ChannelAccount, ChannelOperation, Event
from settlements.actions import retries, settlements, transfer_outcomes, transfers
from settlements.errors import (
    FailureUnconfirmedError,
    NotAskableError,
    NoWalletError,
    PayoutContradictedError,
    PayoutNotFoundError,
    SameDestinationError,
)
from settlements.models import Payout, Settlement
from settlements.queries.integrity import verify
from tests.books import assert_balances, assert_entry
from tests.contracts.mailbox import Mailbox
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    alipay_destination_of,
    approved_settlement,
    available_money,
    settled_merchant,
    shown_digest,
    submitted_settlement,
    wallet_at,
)
from tests.instants import NEXT_NOON
from tests.rig.races import at_once
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, order_fault, run_jobs, story_of

NOBODY_LISTENS = "http://127.0.0.1:9/gateway.do"


class Desk:
    """One approved settlement of 98.00 that goes to an Alipay account, and its channel."""

    def __init__(self, market, other_side, *, message_url: str | None = None) -> None:
        self.other_side = other_side
        other_side.set_clock(NEXT_NOON)
        other_side.alipay.open_payee(
            user_id="2088000000000101", logon_id="seller@example.com", real_name="张三"
        )
        other_side.alipay.open_payee(
            user_id="2088000000000102", logon_id="other@example.com", real_name="张三"
        )
        self.wallet = wallet_at(market, other_side, fee_minor=50, message_url=message_url)
        self.merchant = settled_merchant(with_destination=False)
        self.destination = alipay_destination_of(self.merchant)
        available_money(self.merchant, channel=market.alipay)
        self.settlement_id = approved_settlement(self.merchant).pk
        self.payout_id = Payout.objects.get(settlement=self.settlement_id).pk

    @property
    def payout(self) -> Payout:
        return Payout.objects.select_related("operation", "settlement").get(pk=self.payout_id)

    @property
    def statuses(self) -> tuple[str, str, str]:
        """Where the settlement, its payout and its order stand."""
        payout = self.payout
        return payout.settlement.status, payout.status, payout.operation.status

    @property
    def number(self) -> str:
        return self.payout.operation.channel_no

    @property
    def story(self) -> list[str]:
        return story_of(self.other_side, self.number)

    @property
    def calls(self) -> list[str]:
        return [step for step in self.story if step.startswith(("transfer ", "query "))]

    def send(self) -> None:
        transfers.send_payout(self.payout_id, at=NEXT_NOON)

    def ask(self, *, is_notified: bool = False) -> None:
        transfers.query_payout(self.payout_id, at=NEXT_NOON, is_notified=is_notified)

    def plan(self, kind: str, **fields) -> None:
        self.other_side.alipay.plan(kind, app_id=self.wallet.app_id, **fields)

    def fail(self, kind: str, verb: str) -> None:
        """Let the channel fail on its next answer to us."""
        method = {
            "transfer": "alipay.fund.trans.uni.transfer",
            "query": "alipay.fund.trans.common.query",
        }[verb]
        order_fault(self.other_side, kind, method=method, app_id=self.wallet.app_id)

    def point_at(self, gateway_url: str) -> None:
        point_at_gateway(
            ChannelAccount.objects.get(pk=self.wallet.pk),
            gateway_url=gateway_url,
            actor="t",
            at=NEXT_NOON,
        )

    def in_the_wallet(self) -> int:
        return self.other_side.alipay.wallet_balance_minor(self.wallet.app_id)


@pytest.fixture
def desk(marketplace, simulator):
    return Desk(marketplace, simulator)


def told_of(subject: str) -> list[str]:
    """Return the kinds of the events of a payout, in their order."""
    events = Event.objects.filter(subject=subject).order_by("sequence")
    return list(events.values_list("kind", flat=True))


def assert_laws() -> None:
    assert verify().violations == []


class TestSending:
    def test_books_the_instruction_and_leaves_the_outcome_to_a_question(self, desk):
        # When
        desk.send()

        # Then
        assert desk.statuses == ("paying", "processing", "processing")
        assert_entry(f"{desk.payout_id}:instructed", "Dr 2003 98.00 CNY\nCr 2401 98.00 CNY")
        assert_balances(desk.wallet.pk, payouts_in_transit="98.00", channel_wallet="0.00")
        assert desk.payout.settlement.approval.state == "executed"
        assert desk.payout.operation.sends == 1
        assert_laws()

    def test_is_what_the_job_of_approving_does(self, desk):
        # When
        assert run_jobs() == ["settlements.send_payout"]

        # Then
        assert desk.statuses == ("paying", "processing", "processing")

    def test_pays_what_was_asked_about_and_books_the_channels_fee(self, desk):
        # Given
        desk.send()

        # When
        desk.ask()

        # Then
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        assert_entry(
            f"{desk.payout_id}:confirmed",
            "Dr 2401 98.00 CNY\nDr 5002 0.50 CNY\nCr 1102 98.50 CNY",
        )
        assert_balances(desk.wallet.pk, payouts_in_transit="0.00", channel_wallet="-98.50")
        assert desk.in_the_wallet() == 100_000 - 9_850
        payout = desk.payout
        assert payout.bank_reference == payout.operation.channel_ref != ""
        assert payout.settlement.paid_at == NEXT_NOON
        assert told_of(payout.pk) == [
            "payout.queued",
            "payout.sending",
            "payout.processing",
            "payout.succeeded",
        ]
        assert_laws()

    def test_happens_once(self, desk):
        # Given
        desk.send()

        # When
        desk.send()

        # Then
        assert [call.split()[0] for call in desk.calls] == ["transfer"]
        assert desk.payout.operation.sends == 1

    def test_two_workers_at_once_send_once(self, desk):
        # When
        at_once(desk.send, desk.send)

        # Then
        assert [call.split()[0] for call in desk.calls] == ["transfer"]
        assert JournalEntry.objects.filter(source=f"{desk.payout_id}:instructed").count() == 1
        assert desk.statuses == ("paying", "processing", "processing")

    def test_who_cancels_and_who_sends_do_not_both_win(self, desk):
        # When
        def cancel():
            return settlements.cancel_settlement(
                desk.settlement_id, actor=MAKER, at=NEXT_NOON, reason="asked by the merchant"
            )

        sent, cancelled = at_once(desk.send, cancel)

        # Then
        assert sent is None
        if isinstance(cancelled, Settlement):
            assert desk.statuses == ("cancelled", "failed", "failed")
            assert desk.calls == []
        else:
            assert desk.statuses[0] == "paying"
            assert len(desk.calls) == 1
        assert_laws()

    def test_refuses_while_a_transaction_is_open(self, desk):
        # When, Then
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            desk.send()
        assert desk.statuses == ("approved", "queued", "prepared")
        assert desk.calls == []

    def test_knows_no_payout_that_there_is_not(self, desk):
        with nothing_written(), pytest.raises(PayoutNotFoundError):
            transfers.send_payout("po_none", at=NEXT_NOON)
        with nothing_written(), pytest.raises(PayoutNotFoundError):
            transfers.query_payout("po_none", at=NEXT_NOON, is_notified=True)

    def test_leaves_it_queued_while_the_account_is_switched_off(self, desk):
        # Given
        ChannelAccount.objects.filter(pk=desk.wallet.pk).update(is_enabled=False)

        # When
        desk.send()

        # Then
        assert desk.statuses == ("approved", "queued", "prepared")
        assert transfers.defer_due(at=NEXT_NOON) == 0

        # When it is switched on, the janitor has it sent
        ChannelAccount.objects.filter(pk=desk.wallet.pk).update(is_enabled=True)
        assert transfers.defer_due(at=NEXT_NOON) == 1

    def test_what_changed_since_it_was_approved_is_not_sent(self, desk):
        # Given
        alipay_destination_of(desk.merchant, account_no="other@example.com")

        # When
        desk.send()

        # Then
        assert desk.statuses == ("draft", "failed", "failed")
        assert desk.payout.status_code == "stale_approval"
        assert desk.payout.settlement.approval.state == "voided"
        assert desk.calls == []
        assert_balances(desk.wallet.pk, payouts_in_transit="0.00")
        assert_balances(desk.merchant.pk, settlement_hold="98.00")
        assert_laws()


class TestWhatNeverLeft:
    def test_is_sent_later_under_the_same_number(self, desk):
        # Given
        desk.point_at(NOBODY_LISTENS)
        desk.send()
        assert desk.statuses == ("paying", "queued", "prepared")
        assert_balances(desk.wallet.pk, payouts_in_transit="98.00")
        assert_laws()

        # When
        desk.point_at(f"{desk.other_side.url}/gateway.do")
        let_machines_wait()
        assert transfers.defer_due(at=NEXT_NOON) == 1
        run_jobs(queues=["money"])

        # Then
        assert desk.statuses == ("paying", "processing", "processing")
        assert [call.split()[0] for call in desk.calls] == ["transfer"]
        assert desk.payout.operation.sends == 2

    def test_is_given_up_if_it_is_no_longer_what_was_approved(self, desk):
        # Given
        desk.point_at(NOBODY_LISTENS)
        desk.send()
        alipay_destination_of(desk.merchant, account_no="other@example.com")
        desk.point_at(f"{desk.other_side.url}/gateway.do")

        # When
        desk.send()

        # Then
        assert desk.statuses == ("pay_failed", "failed", "failed")
        assert_entry(f"{desk.payout_id}:failed", "Dr 2401 98.00 CNY\nCr 2003 98.00 CNY")
        assert desk.calls == []
        assert_laws()


class TestUnknownOutcomes:
    def test_an_answer_that_got_lost_is_asked_for_and_not_ordered_again(self, desk):
        # Given
        desk.fail("bad_signature", "transfer")
        desk.send()
        assert desk.statuses == ("paying", "unknown", "unknown")
        assert_balances(desk.wallet.pk, payouts_in_transit="98.00")

        # When
        let_machines_wait()
        assert transfers.defer_due(at=NEXT_NOON) == 1
        run_jobs(queues=["money"])

        # Then
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        assert [call.split()[0] for call in desk.calls] == ["transfer", "query"]
        assert desk.in_the_wallet() == 100_000 - 9_850
        assert_laws()

    def test_one_that_died_between_claim_and_call_is_asked_about_and_not_sent(self, desk):
        # Given a worker that committed its claim and was killed
        lease = transfers._claim_to_send(desk.payout_id, at=NEXT_NOON)
        assert lease is not None
        assert desk.statuses == ("paying", "sending", "sending")
        assert_laws()

        # When nothing is due before the lease is over
        assert transfers.defer_due(at=NEXT_NOON) == 0
        let_machines_wait()
        assert transfers.defer_due(at=NEXT_NOON) == 1
        run_jobs(queues=["money"])

        # Then the channel does not know it, which is no failure
        assert desk.statuses == ("paying", "unknown", "unknown")
        assert desk.calls == ["query ORDER_NOT_EXIST"]
        assert desk.payout.operation.code == "NOT_FOUND"
        assert_balances(desk.wallet.pk, payouts_in_transit="98.00")
        assert_laws()

    def test_what_the_channel_does_not_know_is_sent_again_after_its_time_only(self, desk):
        # Given
        assert transfers._claim_to_send(desk.payout_id, at=NEXT_NOON) is not None
        let_machines_wait()
        desk.ask()
        number = desk.number

        # When the channel has had its day
        ChannelOperation.objects.filter(subject=desk.payout_id).update(
            first_sent_at=NEXT_NOON - timedelta(days=2)
        )
        desk.ask()

        # Then
        assert desk.statuses == ("paying", "processing", "processing")
        assert [call.split()[0] for call in desk.calls] == ["query", "query", "transfer"]
        assert desk.number == number
        desk.ask()
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        assert desk.in_the_wallet() == 100_000 - 9_850

    def test_a_late_result_of_somebody_who_lost_the_lease_counts_nothing(self, desk):
        # Given
        lease = transfers._claim_to_send(desk.payout_id, at=NEXT_NOON)
        let_machines_wait()
        desk.ask()
        outcome = transfers._place(desk.payout_id, NEXT_NOON)

        # When, Then
        with nothing_written(), pytest.raises(operations.LeaseLostError):
            transfers._record(desk.payout_id, lease=lease, outcome=outcome, at=NEXT_NOON)
        assert desk.statuses == ("paying", "unknown", "unknown")

    def test_a_transfer_that_takes_its_time_is_processing_until_it_is_done(self, desk):
        # Given
        desk.plan("transfer_delayed", after=timedelta(hours=1))
        desk.send()
        desk.ask()
        assert desk.statuses == ("paying", "processing", "processing")

        # When
        desk.other_side.set_clock(NEXT_NOON + timedelta(hours=2))
        desk.ask()

        # Then
        assert desk.statuses == ("paid", "succeeded", "succeeded")

    def test_another_amount_than_was_ordered_is_not_believed(self, desk):
        # Given
        desk.send()
        payout = desk.payout
        outcome = transfers._ask(desk.payout_id, NEXT_NOON)

        # When
        changed = transfers.replace(outcome, amount_minor=9_799)
        believed = transfers._believable(payout, changed)

        # Then
        assert (believed.kind, believed.code) == ("unknown", "AMOUNT_DIFFERS")
        assert transfers._believable(payout, outcome) == outcome


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
        job = ProcrastinateJob.objects.get(queueing_lock=f"{desk.payout_id}:told")
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


class TestNews:
    @pytest.fixture
    def mailbox(self):
        mailbox = Mailbox()
        yield mailbox
        mailbox.close()

    @pytest.fixture
    def desk(self, marketplace, simulator, mailbox):
        return Desk(marketplace, simulator, message_url=mailbox.url)

    def take(self, desk, letter) -> None:
        receive_notification(
            desk.wallet.pk,
            headers=letter.headers,
            body=letter.body,
            client_ip="203.0.113.7",
            at=NEXT_NOON,
        )
        run_jobs(queues=["money"])

    def test_the_channel_tells_that_it_was_made_and_that_it_came_back(self, desk, mailbox):
        # Given
        desk.send()

        # When
        self.take(desk, mailbox.about(desk.number))

        # Then
        assert desk.statuses == ("paid", "succeeded", "succeeded")

        # When
        desk.other_side.alipay.return_transfer(
            app_id=desk.wallet.app_id, out_biz_no=desk.number, at=NEXT_NOON
        )
        self.take(desk, mailbox.about(desk.number))

        # Then
        assert desk.statuses == ("returned", "returned", "succeeded")
        assert_laws()


class TestAskingNow:
    def test_a_person_may_ask(self, desk):
        # Given
        desk.send()

        run_jobs()

        # When
        transfer_outcomes.have_asked(desk.payout_id, actor="user:1", at=NEXT_NOON)

        # Then a worker does, who has the keys
        assert desk.statuses == ("paying", "processing", "processing")
        assert run_jobs() == ["settlements.query_payout"]
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        assert AuditEntry.objects.get(action="payout.asked").actor == "user:1"

    def test_what_was_never_sent_is_not_asked_about(self, desk):
        with nothing_written(), pytest.raises(NotAskableError):
            transfer_outcomes.have_asked(desk.payout_id, actor="user:1", at=NEXT_NOON)
        assert desk.calls == []


@pytest.mark.django_db
class TestWithoutAWallet:
    def test_nobody_approves_what_nobody_could_pay(self):
        # Given
        merchant = settled_merchant(with_destination=False)
        alipay_destination_of(merchant)
        available_money(merchant)
        settlement = submitted_settlement(merchant)

        # When, Then
        with nothing_written(), pytest.raises(NoWalletError) as refused:
            settlements.approve_settlement(
                settlement.pk,
                shown_digest=shown_digest(settlement),
                decider=CHECKER,
                at=NEXT_NOON,
            )
        assert str(refused.value) == (
            "No channel account of ours can pay out in CNY to such an account."
        )
