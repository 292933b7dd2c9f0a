# ruff: noqa: F811  fixtures are imported
"""Each law of payouts refuses its attack, and nothing else would."""

from tests.factories.settlements import (
    approved_settlement,
    submitted_settlement,
)
from tests.rig.controls import Control, assert_the_law_alone_refuses, stands
from tests.settlements.settled_rows import make_payout
from tests.settlements.settlement_controls import merchant, told  # noqa: F401


class TestPayouts:
    """One live payout for a settlement, of what two people approved."""

    def test_two_live_payouts(self, merchant):
        # Given
        settlement = approved_settlement(merchant)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_payout",
                "settlements_payout_one_live",
                told(lambda: bool(make_payout(settlement))),
            )
        )

    def test_a_payout_of_what_nobody_approved(self, merchant):
        # Given
        settlement = submitted_settlement(merchant)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_payout",
                "settlements_payout_of_approved",
                told(lambda: bool(make_payout(settlement))),
            )
        )

    def test_a_payout_that_leaves_unapproved(self, merchant):
        # Given
        settlement = approved_settlement(merchant)

        # Then
        assert_the_law_alone_refuses(
            Control(
                "settlements_payout",
                "settlements_payout_leaves_approved",
                stands("UPDATE settlements_payout SET entry_id = %s", settlement.hold_entry_id),
            )
        )
