# ruff: noqa: F811  fixtures are imported
"""Payouts by transfer over real HTTP: sent once, believed only when asked, never lost."""

import pytest
from django.db import transaction

from ledger.models import JournalEntry
from payments.models import ChannelAccount
from settlements.actions import settlements, transfers
from settlements.errors import (
    PayoutNotFoundError,
)
from settlements.models import Settlement
from tests.books import assert_balances, assert_entry
from tests.factories.settlements import (
    MAKER,
    alipay_destination_of,
)
from tests.instants import NEXT_NOON
from tests.rig.channel_terms import agree_to_terms
from tests.rig.races import at_once
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs
from tests.settlements.actions.transfer_desk import assert_laws, desk, told_of  # noqa: F401


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
        agree_to_terms(desk.wallet, is_enabled=True)
        let_machines_wait()
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
