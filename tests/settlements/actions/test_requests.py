# ruff: noqa: F811  fixtures are imported
"""A merchant asks for everything available: drafted once, judged, proved, or refused whole."""

from datetime import timedelta

import pytest

from ledger.errors import UnknownCurrencyError
from ledger.models import AuditEntry
from payments.models import DatabaseClock, Event
from risk.errors import PasswordFrozenError
from risk.models import (
    PaymentPassword,
    Screening,
)
from settlements.actions import requests, settlements
from settlements.errors import (
    AmountNotAvailableError,
    DestinationChangedError,
    NoDestinationError,
    NothingAvailableError,
    SettlementNumberTakenError,
    SettlementStoppedError,
)
from settlements.models import Settlement, SettlementItem
from settlements.queries.integrity import verify
from tests.books import assert_balances, assert_entry
from tests.factories.risk import used_minor
from tests.factories.settlements import (
    MAKER,
    available_money,
    destination_of,
    drafted_settlement,
    settled_merchant,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.races import at_once
from tests.rig.rows import nothing_written
from tests.settlements.actions.merchant_requests import ADDRESS, ask, merchant, owner  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


class TestAsking:
    def test_drafts_everything_that_is_available(self, merchant):
        # When
        settlement = ask(merchant, amount_minor=9_700)

        # Then
        assert (settlement.gross_minor, settlement.fee_minor, settlement.net_minor) == (
            10_000,
            300,
            9_700,
        )
        assert (settlement.status, settlement.batch_id, settlement.business_date) == (
            "draft",
            None,
            FRIDAY,
        )
        assert (settlement.merchant_settlement_no, settlement.requested_by) == ("S-1", "key:ak_1")
        assert SettlementItem.objects.filter(settlement=settlement).count() == 2
        assert_entry(f"{settlement.pk}:hold", "Dr 2002 97.00 CNY\nCr 2003 97.00 CNY")
        assert_entry(f"{settlement.pk}:fee", "Dr 2002 1.00 CNY\nCr 4002 1.00 CNY")
        assert_balances(merchant.pk, merchant_available="0.00", settlement_hold="97.00")
        assert used_minor(merchant.pk, on=FRIDAY) == 9_700
        assert Screening.objects.get(subject=settlement.pk).client_ip == ADDRESS
        audit = AuditEntry.objects.get(action="settlement.requested")
        assert (audit.subject, audit.actor, audit.client_ip) == (
            settlement.pk,
            "key:ak_1",
            ADDRESS,
        )
        assert Event.objects.filter(kind="settlement.drafted", subject=settlement.pk).count() == 1
        assert verify().violations == []

    def test_it_goes_the_way_of_every_settlement(self, merchant):
        # Given
        settlement = ask(merchant)

        # When
        settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)

        # Then it was counted once, and judged from where the merchant asked
        assert used_minor(merchant.pk, on=FRIDAY) == 9_700
        assert set(Screening.objects.values_list("client_ip", flat=True)) == {ADDRESS}
        assert Screening.objects.filter(subject=settlement.pk).count() == 2

    def test_is_a_part(self):
        with pytest.raises(AssertionError, match="is a part"):
            requests.request_settlement(
                merchant_id="mer_1",
                currency="CNY",
                amount_minor=None,
                merchant_settlement_no="S-1",
                actor="key:ak_1",
                client_ip=None,
                token=None,
                at=NEXT_NOON,
            )

    def test_two_at_once_take_the_money_once(self, merchant):
        # When
        results = at_once(
            lambda: ask(merchant, merchant_settlement_no="S-1"),
            lambda: ask(merchant, merchant_settlement_no="S-2"),
        )

        # Then
        assert sorted(type(result).__name__ for result in results) == [
            "NothingAvailableError",
            "Settlement",
        ]
        assert_balances(merchant.pk, settlement_hold="97.00")
        assert verify().violations == []

    def test_a_run_and_a_merchant_at_once_take_the_money_once(self, merchant):
        # When
        at_once(lambda: ask(merchant), lambda: drafted_settlement(merchant))

        # Then
        assert Settlement.objects.count() == 1
        assert_balances(merchant.pk, settlement_hold="97.00")


class TestRefusing:
    def refused(self, merchant, error, **other) -> None:
        with nothing_written(), pytest.raises(error):
            ask(merchant, **other)

    def test_another_amount_names_the_right_figure(self, merchant):
        with nothing_written(), pytest.raises(AmountNotAvailableError) as refused:
            ask(merchant, amount_minor=9_800)
        assert str(refused.value) == (
            "A settlement takes everything that is available: 97.00 CNY after fees."
        )

    def test_a_number_that_was_used_stays_taken_for_ever(self, merchant):
        # Given
        settlement = ask(merchant)
        settlements.cancel_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON, reason="typo")

        # When, Then
        self.refused(merchant, SettlementNumberTakenError)

    def test_another_merchant_may_use_the_same_number(self, merchant):
        # Given
        ask(merchant)
        other = settled_merchant(account_no="6222020000000000002")
        available_money(other)

        # When, Then
        assert ask(other).merchant_settlement_no == "S-1"

    def test_nothing_available(self, merchant):
        ask(merchant)
        self.refused(merchant, NothingAvailableError, merchant_settlement_no="S-2")
        self.refused(merchant, NothingAvailableError, currency="EUR")

    def test_what_the_fee_would_eat(self):
        # Given 0.98 available, and a fee of 1.00
        merchant = settled_merchant(payout_fee_minor=100)
        available_money(merchant, amounts_minor=(100,))

        # When, Then
        self.refused(merchant, NothingAvailableError)

    def test_a_currency_that_there_is_not(self, merchant):
        self.refused(merchant, UnknownCurrencyError, currency="XXZ")

    def test_nowhere_to_go(self):
        # Given
        merchant = settled_merchant(with_destination=False)
        available_money(merchant)

        # When, Then
        self.refused(merchant, NoDestinationError)

    def test_another_destination_than_the_active_one(self, merchant):
        # Given
        old = merchant.destinations.get()
        destination_of(merchant, account_no="6222020000000000002")

        # When, Then
        self.refused(merchant, DestinationChangedError, destination_id=old.pk)

    def test_over_a_limit_with_the_limits_code(self):
        # Given 19,600.00 available, and 10,000.00 allowed
        merchant = settled_merchant()
        available_money(merchant, amounts_minor=(2_000_000,))

        # When, Then
        with nothing_written(), pytest.raises(SettlementStoppedError) as refused:
            ask(merchant)
        assert refused.value.code == "limit.merchant.transaction"
        assert "10,000.00" in str(refused.value)
        assert used_minor(merchant.pk, on=FRIDAY) is None

    def test_while_payouts_rest_after_a_reset(self, merchant, owner):
        # Given
        PaymentPassword.objects.update(frozen_until=DatabaseClock() + timedelta(hours=1))

        # When, Then
        self.refused(merchant, PasswordFrozenError)
        PaymentPassword.objects.update(frozen_until=DatabaseClock())
        assert ask(merchant).status == "draft"
