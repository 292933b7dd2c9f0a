# ruff: noqa: F811  fixtures are imported
"""What the proof of the books finds of settlements and payouts."""

import pytest
from django.core.management import call_command

from payments.channels.base import Outcome, OutcomeKind
from settlements.actions import transfer_outcomes
from settlements.actions.bills import import_bill
from settlements.models import BillLine, Payout
from settlements.queries.integrity import verify
from tests.factories.settlements import (
    MAKER,
    Movement,
    answered_transfer,
    approved_settlement,
    bank_statement,
    drafted_settlement,
    paying_payout,
    sent_transfer,
)
from tests.instants import NEXT_NOON
from tests.rig.tampering import tamper, without_index
from tests.settlements.queries.proven_books import accounts, found, merchant  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def test_finds_a_hold_that_no_settlement_explains(merchant):
    # Given
    settlement = drafted_settlement(merchant)

    # When
    by_law = found("UPDATE settlements_settlement SET status = 'cancelled'")

    # Then
    assert by_law["held_is_2003"] == [f"{merchant.id} CNY: 9700 / 0"]
    assert by_law["lines_are_settled_once"] == [f"{settlement.pk}: all lines freed / 2 otherwise"]


def test_finds_a_settlement_that_is_not_its_lines(merchant):
    # Given
    settlement = drafted_settlement(merchant)

    # When
    by_law = found("DELETE FROM settlements_settlementitem WHERE net_minor = -100")

    # Then
    assert by_law["settlements_add_up"] == [
        f"{settlement.pk}: 2 lines, net 9700, held 9700 / 1 lines, net 9800, held 9700"
    ]
    assert "available_is_2002_less_1201" in by_law


def test_finds_a_line_that_is_settled_twice(merchant):
    # Given
    settlement = drafted_settlement(merchant)
    line = settlement.items.latest("net_minor").balance_transaction_id

    # When
    with without_index("settlements_item_one_live"):
        by_law = found(
            "INSERT INTO settlements_settlementitem"
            " (settlement_id, balance_transaction_id, net_minor)"
            " SELECT settlement_id, balance_transaction_id, net_minor"
            " FROM settlements_settlementitem WHERE net_minor > 0"
        )

    # Then
    assert by_law["lines_are_settled_once"] == [f"{line}: 1 live settlement / 2"]
    assert by_law["settlements_add_up"][0].startswith(f"{settlement.pk}: 2 lines")


def test_finds_a_settlement_that_nobody_approved(merchant):
    # Given
    settlement = drafted_settlement(merchant)

    # When
    by_law = found("UPDATE settlements_settlement SET status = 'approved'")

    # Then
    assert by_law["two_people_approved"] == [
        f"{settlement.pk}: a request of the same digest, approved by others / none"
    ]
    assert by_law["settlements_have_their_payout"] == [
        f"{settlement.pk} approved: 1 live / 0 live, 0 succeeded"
    ]


def test_finds_an_approval_of_something_else(merchant):
    # Given
    settlement = approved_settlement(merchant)

    # When
    by_law = found(r"UPDATE settlements_settlement SET approved_digest = '\x00'")

    # Then
    assert by_law["two_people_approved"][0].startswith(settlement.pk)


def test_finds_a_paid_settlement_whose_payout_did_not_succeed(accounts, merchant):
    # Given
    payout = paying_payout(merchant, bank=accounts.bank)

    # When
    by_law = found("UPDATE settlements_settlement SET status = 'paid'")

    # Then
    assert by_law["settlements_have_their_payout"] == [
        f"{payout.settlement_id} paid: 1 succeeded / 1 live, 0 succeeded"
    ]


def test_finds_a_payout_that_left_without_a_booking(merchant):
    # Given
    approved_settlement(merchant)
    payout = Payout.objects.get()

    # When
    by_law = found("UPDATE settlements_payout SET status = 'exported'")

    # Then
    assert by_law["payouts_are_booked"] == [f"{payout.pk} exported: E08 / "]


def test_finds_a_failed_payout_whose_money_was_not_taken_back(accounts, merchant):
    # Given
    payout = paying_payout(merchant, bank=accounts.bank)

    # When
    by_law = found("UPDATE settlements_payout SET status = 'failed'")

    # Then
    assert by_law["payouts_are_booked"] == [f"{payout.pk} failed: E08 and E10a, or nothing / E08"]
    assert by_law["in_transit_is_2401"] == [f"{accounts.bank.pk} CNY: 9700 / 0"]


def test_finds_money_at_the_bank_that_no_statement_showed(accounts, merchant):
    # Given
    payout = paying_payout(merchant, bank=accounts.bank)
    import_bill(
        bank_account_id=accounts.bank.pk,
        content=bank_statement(
            accounts.bank, Movement(-9_700, end_to_end_id=payout.operation.channel_no)
        ),
        actor=MAKER,
        at=NEXT_NOON,
    )
    assert verify().violations == []

    # When
    by_law = found("DELETE FROM settlements_billline")

    # Then
    assert not BillLine.objects.exists()
    assert by_law == {"bank_is_its_statements": [f"{accounts.bank.pk} CNY: -9700 / 0"]}


# --- transfers from a wallet --------------------------------------------------------------------

MADE = Outcome(OutcomeKind.SUCCEEDED, channel_ref="R-1", paid_at=NEXT_NOON, fee_minor=50)


def test_every_end_of_a_transfer_is_sound(accounts, merchant):
    payout = answered_transfer(merchant, channel=accounts.channel, outcome=MADE)
    assert verify().violations == []

    back = Outcome(OutcomeKind.RETURNED, code="REFUND")
    transfer_outcomes.look_again(payout.pk, outcome=back, at=NEXT_NOON)
    assert verify().violations == []


def test_finds_a_transfer_that_was_made_and_not_booked(accounts, merchant):
    # Given
    payout, _lease = sent_transfer(merchant, channel=accounts.channel)

    # When
    by_law = found("UPDATE settlements_payout SET status = 'succeeded'")

    # Then
    assert by_law["payouts_are_booked"] == [f"{payout.pk} succeeded: E08 and E09 / E08"]


def test_finds_a_transfer_that_came_back_and_was_not_booked(accounts, merchant):
    # Given
    payout = answered_transfer(merchant, channel=accounts.channel, outcome=MADE)

    # When
    by_law = found("UPDATE settlements_payout SET status = 'returned'")

    # Then
    assert by_law["payouts_are_booked"] == [
        f"{payout.pk} returned: E08 and E09 and E10w / E08 and E09"
    ]
    assert by_law["settlements_have_their_payout"] == [
        f"{payout.settlement_id} paid: 1 succeeded / 0 live, 0 succeeded"
    ]


def test_finds_money_in_transit_at_a_wallet_that_no_transfer_explains(accounts, merchant):
    # Given
    answered_transfer(merchant, channel=accounts.channel, outcome=MADE)

    # When
    by_law = found("UPDATE settlements_payout SET confirmed_entry_id = NULL")

    # Then
    assert by_law["in_transit_is_2401"] == [f"{accounts.channel.pk} CNY: 0 / 9700"]


def test_finds_a_payout_that_left_without_an_executed_approval(accounts, merchant):
    # Given
    payout, _lease = sent_transfer(merchant, channel=accounts.channel)

    # When
    by_law = found("UPDATE ledger_approvalrequest SET state = 'voided'")

    # Then
    assert [one.partition(":")[0] for one in by_law["two_people_approved"]] == [
        payout.pk,
        payout.settlement_id,
    ]


def test_finds_a_new_payout_that_is_under_way_without_its_settlement(accounts, merchant):
    # Given
    payout, _lease = sent_transfer(merchant, channel=accounts.channel)

    # When
    by_law = found("UPDATE settlements_settlement SET status = 'pay_failed'")

    # Then
    assert by_law["settlements_have_their_payout"] == [
        f"{payout.settlement_id} pay_failed: none, or 1 queued / 1 live, 0 succeeded"
    ]


# --- the command --------------------------------------------------------------------------------


def test_the_command_proves_sound_books(merchant, capsys):
    call_command("verify_books")

    told = capsys.readouterr().out.splitlines()
    assert len(told) == len(verify().results) + 1
    assert all(line.startswith("✓") for line in told[:-1])
    assert f"{len(told) - 1} laws hold" in told[-1]


def test_the_command_lists_what_is_wrong_and_fails(merchant, capsys):
    # Given
    tamper("UPDATE payments_merchantaccount SET matured_through_date = '2026-03-09'")

    # When
    with pytest.raises(SystemExit) as left:
        call_command("verify_books")

    # Then
    told = capsys.readouterr().out
    assert left.value.code == 1
    assert f"pending_is_2001 · {merchant.id} CNY: expected 4900, found 0" in told
    assert "2 of" in told.splitlines()[-1]
