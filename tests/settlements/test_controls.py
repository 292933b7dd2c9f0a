# ruff: noqa: F811  fixtures are imported
"""Each law of lines, settlements and payouts refuses its attack, and nothing else would."""

import pytest

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from payments.models import BalanceTransaction
from settlements.actions.settlements import settlement_payload
from settlements.models import SettlementItem
from tests.factories.approvals import agreed, request_of
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    drafted_settlement,
    settled_merchant,
    submitted_settlement,
)
from tests.instants import NOON, THURSDAY
from tests.rig.attacks import run_sql
from tests.rig.controls import Control, assert_the_law_alone_refuses, stands
from tests.settlements.settled_rows import make_payout  # noqa: F401
from tests.settlements.settlement_controls import merchant, told  # noqa: F401


def line_of(merchant, entry_id: int, **other: object) -> BalanceTransaction:
    """Describe a line of one minor unit of an entry."""
    known = BalanceTransaction.objects.filter(merchant=merchant).first()
    return BalanceTransaction(
        **{
            "merchant": merchant,
            "entry_id": entry_id,
            "kind": "payment",
            "source": "lie",
            "currency": "CNY",
            "gross_minor": 1,
            "fee_minor": 0,
            "net_minor": 1,
            "effective_date": known.effective_date,
            "available_on": known.available_on,
            "created_at": NOON,
            **other,
        }
    )


class TestLines:
    """A merchant's lines say what the books say."""

    def entry(self, merchant) -> int:
        return journal.post_entry(
            Entry(
                source="lie",
                kind="payment_paid",
                legs=(debit("1001", "chn_b", 1, "CNY"), credit("2001", merchant.pk, 1, "CNY")),
                effective_date=THURSDAY,
                at=NOON,
            )
        )

    def test_an_entry_without_its_line(self, merchant):
        assert_the_law_alone_refuses(
            Control(
                "ledger_journalentry",
                "payments_lines_agree",
                told(lambda: bool(self.entry(merchant))),
            )
        )

    def test_a_line_of_an_earlier_entry(self, merchant):
        # Given
        entry_id = BalanceTransaction.objects.filter(merchant=merchant).first().entry_id

        # Then
        assert_the_law_alone_refuses(
            Control(
                "payments_balancetransaction",
                "payments_line_of_this_entry",
                told(lambda: line_of(merchant, entry_id).save()),
            )
        )

    @pytest.mark.parametrize(
        ("law", "statement"),
        [
            ("payments_line_adds_up", "fee_minor = fee_minor + 1"),
            ("payments_line_kind", "kind = 'lie'"),
        ],
    )
    def test_a_line_that_says_nonsense(self, merchant, law, statement):
        assert_the_law_alone_refuses(
            Control(
                "payments_balancetransaction",
                law,
                stands(f"UPDATE payments_balancetransaction SET {statement}"),  # noqa: S608
                also=(("payments_balancetransaction", "payments_balancetransaction_once"),),
            )
        )


class TestSettlements:
    """A settlement is its lines and its hold, and leaves with two people's approval."""

    def test_a_line_in_two_live_settlements(self, merchant):
        # Given
        settlement = drafted_settlement(merchant)
        line = BalanceTransaction.objects.get()

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlementitem",
                "settlements_item_one_live",
                told(
                    lambda: SettlementItem.objects.create(
                        settlement=settlement, balance_transaction=line, net_minor=line.net_minor
                    )
                ),
                also=(("settlements_settlementitem", "settlements_items_of_this_draft"),),
            )
        )

    def test_a_line_that_comes_after_the_draft(self, merchant):
        # Given
        settlement = drafted_settlement(merchant)
        paid_payment(merchant)
        line = BalanceTransaction.objects.latest("pk")

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlementitem",
                "settlements_items_of_this_draft",
                told(
                    lambda: SettlementItem.objects.create(
                        settlement=settlement, balance_transaction=line, net_minor=line.net_minor
                    )
                ),
            )
        )

    def test_a_line_that_is_freed_while_it_is_settled(self, merchant):
        # Given
        drafted_settlement(merchant)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlementitem",
                "settlements_items_of_given_up",
                stands("UPDATE settlements_settlementitem SET released_at = now()"),
            )
        )

    def test_a_settlement_given_up_by_its_state_alone(self, merchant):
        # Given
        drafted_settlement(merchant)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlement",
                "settlements_given_up",
                stands("UPDATE settlements_settlement SET status = 'cancelled'"),
            )
        )

    def test_a_settlement_that_nobody_approved(self, merchant):
        # Given
        submitted_settlement(merchant)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlement",
                "settlements_two_people",
                stands("UPDATE settlements_settlement SET status = 'approved'"),
            )
        )

    def test_a_settlement_whose_request_named_no_amount(self, merchant):
        # Given a request of no amount, so of the lowest tier, about exactly what is shown
        settlement = submitted_settlement(merchant)
        run_sql("UPDATE ledger_approvalrequest SET state = 'voided'")
        slipped = request_of("settlement", settlement.pk, settlement_payload(settlement))
        slipped.save()
        agreed(slipped)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlement",
                "settlements_two_people",
                stands(
                    "UPDATE settlements_settlement SET status = 'approved', approval_id = %s,"
                    " approved_digest = %s",
                    slipped.pk,
                    bytes(slipped.digest),
                ),
            )
        )

    def test_a_settlement_in_a_state_that_does_not_follow(self, merchant):
        # Given
        drafted_settlement(merchant)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlement",
                "settlements_settlement_moves",
                stands("UPDATE settlements_settlement SET status = 'paid'"),
                also=(("settlements_settlement", "settlements_two_people"),),
            )
        )

    def test_a_settlement_that_is_not_its_lines(self, merchant):
        # Given
        drafted_settlement(merchant)
        other = settled_merchant()
        line = BalanceTransaction.objects.get()

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_settlement",
                "settlements_settlement_adds_up",
                stands(
                    "INSERT INTO settlements_settlement (id, batch_id, merchant_id,"
                    " destination_id, currency, gross_minor, fee_minor, net_minor, item_count,"
                    " status, status_code, hold_entry_id, business_date, created_at,"
                    " merchant_settlement_no, requested_by)"
                    " SELECT 'stl_forged', batch_id, %s, destination_id, currency, gross_minor,"
                    " fee_minor, net_minor, item_count, 'draft', '', %s, business_date,"
                    " created_at, '', '' FROM settlements_settlement",
                    other.pk,
                    line.entry_id,
                ),
            )
        )
