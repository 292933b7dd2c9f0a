# ruff: noqa: F811  fixtures are imported
"""Transfers that never left, or whose outcome nobody knows."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger import encryption
from ledger.errors import DecryptionError
from ledger.models import AuditEntry
from payments.actions import operations
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels.base import NO_ANSWER, Outcome, OutcomeKind
from payments.models import ChannelAccount, ChannelBreaker, ChannelOperation
from settlements.actions import transfers
from tests.books import assert_balances, assert_entry
from tests.factories.settlements import (
    alipay_destination_of,
)
from tests.instants import NEXT_NOON
from tests.rig.channel_terms import agree_to_terms
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs
from tests.settlements.actions.transfer_desk import assert_laws, desk, told_of  # noqa: F401

NOBODY_LISTENS = "http://127.0.0.1:9/gateway.do"


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
            last_sent_at=NEXT_NOON - timedelta(days=2)
        )
        desk.ask()

        # Then
        assert desk.statuses == ("paying", "processing", "processing")
        assert [call.split()[0] for call in desk.calls] == ["query", "query", "transfer"]
        assert desk.number == number
        desk.ask()
        assert desk.statuses == ("paid", "succeeded", "succeeded")
        assert desk.in_the_wallet() == 100_000 - 9_850

    def test_it_is_not_sent_again_from_an_account_that_was_switched_off_meanwhile(self, desk):
        # Given
        assert transfers._claim_to_send(desk.payout_id, at=NEXT_NOON) is not None
        let_machines_wait()
        desk.ask()
        ChannelOperation.objects.filter(subject=desk.payout_id).update(
            last_sent_at=NEXT_NOON - timedelta(days=2)
        )
        ChannelAccount.objects.filter(pk=desk.wallet.pk).update(is_enabled=False)

        # When
        desk.ask()

        # Then
        assert [call.split()[0] for call in desk.calls] == ["query", "query"]
        assert desk.statuses == ("paying", "unknown", "unknown")
        assert desk.in_the_wallet() == 100_000

        # When it is switched on again
        agree_to_terms(desk.wallet, is_enabled=True)
        desk.ask()

        # Then
        assert desk.calls[-1].split()[0] == "transfer"

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

    def test_after_the_last_question_people_are_told_once(self, desk):
        # Given one that its channel is said to be at, for as long as anybody asks
        desk.send()
        ChannelOperation.objects.update(queries=len(QUERY_DELAYS) - 1)
        silent = Outcome(OutcomeKind.UNKNOWN, code=NO_ANSWER)
        let_machines_wait()
        with transaction.atomic():
            lease = operations.claim_to_ask(desk.payout_id)

        # When
        transfers._record(desk.payout_id, lease=lease, outcome=silent, at=NEXT_NOON)

        # Then
        assert desk.statuses == ("paying", "manual_review", "manual_review")
        assert told_of(desk.payout_id)[-1] == "payout.manual_review"
        entry = AuditEntry.objects.get(action="payout.manual_review")
        assert (entry.subject, entry.actor) == (desk.payout_id, "channel:alipay")
        assert (entry.before, entry.after["status"]) == (
            {"status": "processing"},
            "manual_review",
        )

        # When it is asked about all the same
        with transaction.atomic():
            lease = operations.claim_to_ask(desk.payout_id, is_notified=True)
        transfers._record(desk.payout_id, lease=lease, outcome=silent, at=NEXT_NOON)

        # Then
        assert told_of(desk.payout_id).count("payout.manual_review") == 1
        assert AuditEntry.objects.filter(action="payout.manual_review").count() == 1
        assert_laws()


class TestKeys:
    """Our encryption keys do not open what a transfer needs."""

    @pytest.fixture
    def lose(self, monkeypatch):
        """Let nobody open what is sealed at so many places."""
        lost: set[str] = set()
        real = encryption.decrypt

        def decrypt(text: str, *, aad: str) -> str:
            if aad in lost:
                raise DecryptionError
            return real(text, aad=aad)

        monkeypatch.setattr(encryption, "decrypt", decrypt)
        return lost

    def test_a_payee_that_cannot_be_read_is_no_trouble_of_the_line(self, desk, lose):
        # Given
        lose.add(desk.destination.account_place)

        # When
        for _ in range(6):
            desk.send()

        # Then
        assert desk.statuses == ("paying", "queued", "prepared")
        assert desk.payout.operation.code == "payee_unreadable"
        assert desk.calls == []
        assert not ChannelBreaker.objects.exclude(failed_at=[]).exists()
        assert_laws()

    def test_news_of_what_came_back_waits_for_our_keys(self, desk, lose):
        # Given a transfer that came back while nobody can speak for the wallet
        desk.send()
        desk.ask()
        desk.other_side.alipay.return_transfer(
            app_id=desk.wallet.app_id, out_biz_no=desk.number, at=NEXT_NOON
        )
        lose.add(f"payments_channelaccount|private_key|{desk.wallet.pk}")
        desk.ask(is_notified=True)
        assert desk.statuses == ("paid", "succeeded", "succeeded")

        # When the keys are there again, and its time has come
        lose.clear()
        let_machines_wait()
        run_jobs(queues=["money"])

        # Then
        assert desk.statuses[:2] == ("returned", "returned")
        assert_laws()
