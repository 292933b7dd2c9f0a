"""Refunds in the books: from where they are paid, what of the fee returns, how they end."""

from datetime import date

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.errors import AmountError, CurrencyMismatchError
from ledger.models import AuditEntry, JournalEntry
from payments.actions import maturity, refund_submissions, refunds
from payments.actions.operations import channel_no_of
from payments.actions.refund_shares import ShareRequest
from payments.actions.refunds import RefundRequest
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import (
    ForeignShareError,
    PaymentNotFoundError,
    PaymentNotPaidError,
    RefundNumberTakenError,
    RefundSharesMismatchError,
    RefundSharesMissingError,
    RefundTooLargeError,
)
from payments.models import (
    BalanceTransaction,
    ChannelOperation,
    Event,
    Merchant,
    MerchantAccount,
    Payment,
    Refund,
)
from payments.queries.refunds import paid_attempt
from tests.books import assert_balances, assert_entry, balance
from tests.factories.manual_entries import reserved_by_hand
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
    answered_refund,
    failed_refund,
    owed_payment,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.factories.terms import give_account_terms
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, SATURDAY, THURSDAY
from tests.rig.attacks import check_laws
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def laws_hold(db):
    """Whatever a test did, the deferred laws of the database agree."""
    yield
    check_laws()


def mature(business_date: date = FRIDAY) -> None:
    check_laws()
    maturity.mature(currency="CNY", business_date=business_date, actor="task:test", at=NEXT_NOON)


def asked(payment: Payment, **other) -> Refund:
    """Ask for a refund of money that is committed already, and have the laws look."""
    check_laws()
    refund = refund_asked(payment, **other)
    check_laws()
    return refund


def parts(refund: Refund) -> list[str]:
    return list(refund.allocations.order_by("place").values_list("pk", flat=True))


def lines(refund: Refund) -> list[tuple[str, int, int, int, date]]:
    """Return the lines of a refund: kind, gross, fee, net, available on."""
    return list(
        BalanceTransaction.objects.filter(source__in=parts(refund))
        .order_by("created_at", "entry_id", "available_on", "net_minor")
        .values_list("kind", "gross_minor", "fee_minor", "net_minor", "available_on")
    )


def merchant_with(policy: str = "return_proportional", vat_bps: int = 0, **account) -> Merchant:
    """A merchant at 2.00 % whose account in CNY is open, with the terms for refunds."""
    merchant = MerchantFactory(fee_plan=FeePlanFactory(refund_policy=policy, vat_bps=vat_bps))
    owed_payment(merchant)
    give_account_terms(merchant, **account)
    return merchant


def withdraw(merchant: Merchant, amount_minor: int) -> None:
    """Hold what a merchant has available, as a settlement does."""
    journal.post_entry(
        Entry(
            source=f"hold:{merchant.pk}",
            kind="settlement_hold",
            legs=(
                debit("2002", merchant.pk, amount_minor, "CNY"),
                credit("2003", merchant.pk, amount_minor, "CNY"),
            ),
            effective_date=FRIDAY,
            at=NEXT_NOON,
        )
    )


def on_the_way(payment: Payment, merchant_id: str = "") -> str:
    """Return what stands in 2101 of the payment's channel account and merchant."""
    owner = merchant_id or payment.allocations.get().merchant_id
    return balance("2101", f"{paid_attempt(payment).channel_account_id}/{owner}")


class TestFullRefund:
    def test_before_maturity_is_paid_from_pending_with_the_fee(self):
        """E05a on 2001."""
        # Given
        merchant = MerchantFactory()
        payment = paid_payment(merchant)

        # When
        refund = asked(payment)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2001 98.00 CNY\nDr 4001 2.00 CNY\nCr 2101 100.00 CNY")
        assert lines(refund) == [("refund", -10_000, -200, -9_800, FRIDAY)]
        assert_balances(merchant.pk, merchant_pending="0.00", service_fee="0.00")
        assert refund.status == "submitting"

    def test_after_maturity_is_paid_from_available(self):
        """E05a."""
        # Given
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        mature()

        # When
        refund = asked(payment, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2002 98.00 CNY\nDr 4001 2.00 CNY\nCr 2101 100.00 CNY")
        assert lines(refund) == [("refund", -10_000, -200, -9_800, FRIDAY)]

    def test_keeps_the_fee_where_the_plan_says_so(self):
        """E05b: the merchant pays the fee from elsewhere."""
        # Given
        merchant = merchant_with("keep")
        payment = paid_payment(merchant)
        paid_payment(merchant, amounts_minor=(5_000,))
        mature()

        # When
        refund = asked(payment, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2002 100.00 CNY\nCr 2101 100.00 CNY")
        assert lines(refund) == [("refund", -10_000, 0, -10_000, FRIDAY)]

    def test_takes_what_of_this_payment_is_pending_and_never_of_another(self):
        # Given 0.50 of the fee is kept, and another payment is pending as well
        merchant = merchant_with("keep")
        payment = paid_payment(merchant)
        paid_payment(merchant)

        # When
        refund = asked(payment)

        # Then the 2.00 that are missing are nowhere
        assert refund.status == "funding_required"
        assert_balances(merchant.pk, merchant_pending="196.00")
        assert lines(refund) == []

    def test_of_the_rest_after_a_part(self):
        # Given
        payment = paid_payment()
        asked(payment, amount_minor=3_000)

        # When
        refund = asked(payment)

        # Then
        assert refund.amount_minor == 7_000
        assert refund.allocations.get().fee_returned_minor == 140
        assert on_the_way(payment) == "100.00"


class TestPartialRefund:
    def test_returns_the_fee_in_proportion(self):
        """E05c."""
        # Given
        payment = paid_payment()
        mature()

        # When
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2002 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY")
        assert lines(refund) == [("refund", -3_000, -60, -2_940, FRIDAY)]

    def test_advances_what_the_merchant_lacks_up_to_its_limit(self):
        """E05d: available 20.00, owed 9.40."""
        # Given 100.00 paid and 80.00 gone since
        merchant = merchant_with(advance_limit_minor=940)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)

        # When
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(
            f"{part}:request:1",
            "Dr 2002 20.00 CNY\nDr 1201 9.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY",
        )
        assert lines(refund) == [("refund", -3_000, -60, -2_940, FRIDAY)]
        assert_balances(merchant.pk, merchant_available="0.00", merchant_debt="9.40")

    def test_one_unit_over_the_limit_waits_and_books_nothing(self):
        # Given
        merchant = merchant_with(advance_limit_minor=939)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)
        booked = JournalEntry.objects.count()

        # When
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)

        # Then
        assert refund.status == "funding_required"
        assert refund.operation is None
        assert JournalEntry.objects.count() == booked
        assert not ChannelOperation.objects.filter(kind="refund").exists()

    def test_draws_on_the_reserve_before_the_merchant_owes(self):
        """E11c in the same entry: two lines, release and refund."""
        # Given 9.80 in reserve
        merchant = merchant_with(is_reserve_for_refunds=True, advance_limit_minor=10_000)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)
        spend(merchant, 1_000)
        reserve(merchant, 900)

        # When
        refund = asked(payment, amount_minor=2_500, at=NEXT_NOON)

        # Then 24.50: of 1.00 available, 9.00 reserve, 14.50 owed
        (part,) = parts(refund)
        assert_entry(
            f"{part}:request:1",
            "Dr 2002 1.00 CNY\nDr 2005 9.00 CNY\nDr 1201 14.50 CNY\nDr 4001 0.50 CNY"
            "\nCr 2101 25.00 CNY",
        )
        assert lines(refund) == [
            ("refund", -2_500, -50, -2_450, FRIDAY),
            ("reserve_release", 900, 0, 900, FRIDAY),
        ]

    def test_leaves_the_reserve_alone_without_that_policy(self):
        # Given
        merchant = merchant_with()
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 8_900)
        reserve(merchant, 900)

        # When
        refund = asked(payment, amount_minor=500, at=NEXT_NOON)

        # Then
        assert refund.status == "funding_required"
        assert_balances(merchant.pk, reserve="9.00", merchant_available="0.00")

    def test_three_thirds_return_the_whole_fee_and_its_tax(self):
        """E03v backwards: 2.00 are 1.89 and 0.11."""
        # Given
        merchant = merchant_with(vat_bps=600)
        payment = paid_payment(merchant)
        allocation = payment.allocations.get()
        assert_entry(
            f"{allocation.pk}:paid",
            "Dr 1101 100.00 CNY\nDr 5001 0.60 CNY\nCr 1101 0.60 CNY\nCr 2001 98.00 CNY"
            "\nCr 4001 1.89 CNY\nCr 2301 0.11 CNY",
        )

        # When
        thirds = [asked(payment, amount_minor=minor) for minor in (3_333, 3_333, 3_334)]

        # Then
        fees = [refund.allocations.get().fee_returned_minor for refund in thirds]
        assert fees == [67, 66, 67]
        assert_entry(
            f"{parts(thirds[1])[0]}:request:1",
            "Dr 2001 32.67 CNY\nDr 4001 0.62 CNY\nDr 2301 0.04 CNY\nCr 2101 33.33 CNY",
        )
        assert_balances(merchant.pk, service_fee="0.00", merchant_pending="0.00")
        assert balance("2301", f"platform/{merchant.pk}") == "0.00"

    def test_returns_all_of_the_fee_with_the_last_unit_only(self):
        # Given
        payment = paid_payment(merchant_with("return_full", advance_limit_minor=10_000))

        # When
        first = asked(payment, amount_minor=9_999)
        last = asked(payment, amount_minor=1)

        # Then, since a fee is never more than what is refunded, the last cent returns a cent
        assert first.allocations.get().fee_returned_minor == 0
        assert last.allocations.get().fee_returned_minor == 1


def spend(merchant: Merchant, minor: int) -> None:
    """Take available money away, as a fee would; adjustments need two people."""
    _adjust(merchant, minor, "4002")


def reserve(merchant: Merchant, minor: int) -> None:
    """Put available money into the reserve, as two people would."""
    reserved_by_hand(merchant, minor, at=NEXT_NOON)


def _adjust(merchant: Merchant, minor: int, code: str) -> None:
    entry_id = journal.post_entry(
        Entry(
            source=f"adjust:{JournalEntry.objects.count()}",
            kind="adjustment",
            legs=(
                debit("2002", merchant.pk, minor, "CNY"),
                credit(code, merchant.pk, minor, "CNY"),
            ),
            effective_date=FRIDAY,
            at=NEXT_NOON,
        )
    )
    BalanceTransaction.objects.create(
        merchant=merchant,
        entry_id=entry_id,
        kind="payout_fee",
        source="adjustment",
        currency="CNY",
        gross_minor=-minor,
        fee_minor=0,
        net_minor=-minor,
        effective_date=FRIDAY,
        available_on=MerchantAccount.objects.get(merchant=merchant).matured_through_date,
        created_at=NEXT_NOON,
    )
    check_laws()


class TestSeveralMerchants:
    @pytest.fixture
    def both(self) -> list[Merchant]:
        return [MerchantFactory(), MerchantFactory()]

    @pytest.fixture
    def payment(self, both) -> Payment:
        return paid_payment(*both, amounts_minor=(6_000, 4_000), unallocated_minor=500)

    def test_a_part_names_its_merchants_and_is_one_entry_each(self, both, payment):
        # When
        refund = asked(payment, shares={both[1].pk: 1_000, both[0].pk: 3_000})

        # Then
        assert refund.amount_minor == 4_000
        first, second = parts(refund)
        assert_entry(f"{first}:request:1", "Dr 2001 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY")
        assert_entry(f"{second}:request:1", "Dr 2001 9.80 CNY\nDr 4001 0.20 CNY\nCr 2101 10.00 CNY")
        assert on_the_way(payment, both[0].pk) == "30.00"
        assert on_the_way(payment, both[1].pk) == "10.00"

    def test_a_part_that_names_nobody_is_refused(self, payment):
        with nothing_written(), pytest.raises(RefundSharesMissingError):
            asked(payment, amount_minor=1_000)

    def test_the_whole_needs_no_names_and_returns_nobody_s_money_as_well(self, both, payment):
        """E14c."""
        # When
        refund = asked(payment, amount_minor=10_500)

        # Then
        assert refund.unallocated_minor == 500
        assert_entry(f"{refund.pk}:unallocated:request:1", "Dr 2901 5.00 CNY\nCr 2101 5.00 CNY")
        assert balance("2901", "unallocated") == "0.00"
        assert on_the_way(payment, "unallocated") == "5.00"

    def test_all_are_funded_or_none(self, both, payment):
        # Given the second merchant has spent its money
        mature()
        spend(both[1], 3_920)
        booked = JournalEntry.objects.count()

        # When
        refund = asked(payment, at=NEXT_NOON)

        # Then
        assert refund.status == "funding_required"
        assert JournalEntry.objects.count() == booked
        assert_balances(both[0].pk, merchant_available="58.80")

    def test_a_merchant_refunds_all_of_its_own_share_only(self, both, payment):
        # When
        refund = asked(payment, merchant_id=both[1].pk)

        # Then
        assert (refund.amount_minor, refund.unallocated_minor) == (4_000, 0)
        assert refund.allocations.get().allocation.merchant_id == both[1].pk

    def test_a_merchant_refunds_a_part_without_naming_itself(self, both, payment):
        assert asked(payment, merchant_id=both[1].pk, amount_minor=100).amount_minor == 100

    @pytest.mark.parametrize(
        ("other", "error"),
        [
            ({"shares": {"other": 100}}, ForeignShareError),
            ({"unallocated_minor": 1}, ForeignShareError),
            ({"amount_minor": 4_001}, RefundTooLargeError),
        ],
    )
    def test_a_merchant_may_not_touch_what_is_others(self, both, payment, other, error):
        if "shares" in other:
            other = {"shares": {both[0].pk: 100}}
        with nothing_written(), pytest.raises(error):
            asked(payment, merchant_id=both[1].pk, **other)

    def test_a_merchant_without_a_share_does_not_even_learn_that_it_exists(self, payment):
        stranger = MerchantFactory()
        with nothing_written(), pytest.raises(PaymentNotFoundError):
            asked(payment, merchant_id=stranger.pk)

    def test_shares_that_do_not_fit_are_refused(self, both, payment):
        first, second = (merchant.pk for merchant in both)
        for other, error in [
            ({"amount_minor": 2_999, "shares": {first: 3_000}}, RefundSharesMismatchError),
            ({"shares": {"mer_stranger": 100}}, RefundSharesMismatchError),
            ({"shares": {first: 6_001}}, RefundTooLargeError),
            ({"shares": {first: 0}}, AmountError),
            ({"unallocated_minor": 501}, RefundTooLargeError),
            ({"unallocated_minor": -1, "shares": {second: 100}}, AmountError),
        ]:
            with nothing_written(), pytest.raises(error):
                asked(payment, **other)

    def test_a_merchant_named_twice_is_refused(self, both, payment):
        request = RefundRequest(
            payment_id=payment.pk,
            merchant_refund_no="R1",
            reason="x",
            shares=[ShareRequest(both[0].pk, 1), ShareRequest(both[0].pk, 2)],
        )
        with (
            nothing_written(),
            pytest.raises(RefundSharesMismatchError),
            transaction.atomic(),
        ):
            refunds.request_refund(request, actor="key:test", at=NOON)


class TestRefusals:
    @pytest.mark.parametrize("amount_minor", [0, -1])
    def test_no_amount(self, amount_minor):
        payment = paid_payment()
        with nothing_written(), pytest.raises(AmountError):
            asked(payment, amount_minor=amount_minor)

    def test_more_than_was_paid(self):
        payment = paid_payment()
        with nothing_written(), pytest.raises(RefundTooLargeError) as refusal:
            asked(payment, amount_minor=10_001)
        assert refusal.value.context == {"left_minor": 10_000}

    def test_more_than_living_refunds_have_left(self):
        # Given one in flight, one that failed
        payment = paid_payment()
        asked(payment, amount_minor=4_000)
        failed_refund(asked(payment, amount_minor=6_000))

        # When, Then
        with nothing_written(), pytest.raises(RefundTooLargeError):
            asked(payment, amount_minor=6_001)
        assert asked(payment, amount_minor=6_000).status == "submitting"
        with nothing_written(), pytest.raises(RefundTooLargeError):
            asked(payment)

    def test_a_payment_that_is_not_paid(self):
        payment = owed_payment()
        with nothing_written(), pytest.raises(PaymentNotPaidError):
            asked(payment)

    def test_no_payment(self):
        with nothing_written(), pytest.raises(PaymentNotFoundError):
            asked(Payment(pk="pay_none"))

    def test_another_currency(self):
        payment = paid_payment()
        request = RefundRequest(
            payment_id=payment.pk, merchant_refund_no="R1", reason="x", currency="USD"
        )
        with nothing_written(), pytest.raises(CurrencyMismatchError), transaction.atomic():
            refunds.request_refund(request, actor="key:test", at=NOON)

    def test_a_number_that_was_used_before(self):
        payment = paid_payment()
        asked(payment, amount_minor=1, refund_no="R-1")
        with nothing_written(), pytest.raises(RefundNumberTakenError):
            asked(payment, amount_minor=1, refund_no="R-1")

    def test_the_same_number_of_another_merchant_is_free(self):
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        asked(payment, amount_minor=1, refund_no="R-1")
        assert asked(payment, amount_minor=1, refund_no="R-1", merchant_id=merchant.pk).pk


class TestOutcomes:
    def test_succeeded(self):
        """E05e."""
        # Given
        payment = paid_payment()
        refund = asked(payment, amount_minor=3_000)

        # When
        refunded(refund, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:succeeded", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
        assert JournalEntry.objects.get(source=f"{part}:succeeded").effective_date == FRIDAY
        assert on_the_way(payment) == "0.00"
        assert (refund.status, refund.succeeded_at) == ("succeeded", NEXT_NOON)
        assert refund.operation.status == "succeeded"
        assert [
            event.kind for event in Event.objects.filter(subject=refund.pk).order_by("sequence")
        ] == [
            "refund.requested",
            "refund.submitting",
            "refund.succeeded",
        ]
        assert AuditEntry.objects.get(action="refund.succeeded").actor == "channel:alipay"

    def test_the_channel_gives_its_fee_back(self):
        """E05f, split over merchants and nobody's part."""
        # Given
        both = [MerchantFactory(), MerchantFactory()]
        payment = paid_payment(*both, amounts_minor=(6_000, 3_000), unallocated_minor=1_000)
        refund = asked(payment)

        # When
        refunded(refund, fee_minor=60)

        # Then
        first, second = parts(refund)
        assert_entry(
            f"{first}:succeeded",
            "Dr 2101 60.00 CNY\nCr 1101 60.00 CNY\nDr 1101 0.36 CNY\nCr 5001 0.36 CNY",
        )
        assert_entry(
            f"{second}:succeeded",
            "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY\nDr 1101 0.18 CNY\nCr 5001 0.18 CNY",
        )
        assert_entry(
            f"{refund.pk}:unallocated:succeeded",
            "Dr 2101 10.00 CNY\nCr 1101 10.00 CNY\nDr 1101 0.06 CNY\nCr 5001 0.06 CNY",
        )
        channel = paid_attempt(payment).channel_account_id
        for owner in (both[0].pk, both[1].pk, "unallocated"):
            assert on_the_way(payment, owner) == "0.00"
            assert balance("1101", f"{channel}/{owner}") == "0.00"
            assert balance("5001", f"{channel}/{owner}") == "0.00"

    def test_failed_before_maturity_is_pending_again(self):
        """E05g on 2001."""
        # Given
        merchant = merchant_with(vat_bps=600)
        payment = paid_payment(merchant)
        refund = asked(payment)

        # When
        failed_refund(refund)

        # Then
        (part,) = parts(refund)
        assert_entry(
            f"{part}:failed",
            "Dr 2101 100.00 CNY\nCr 2001 98.00 CNY\nCr 4001 1.89 CNY\nCr 2301 0.11 CNY",
        )
        assert lines(refund)[1] == ("refund_failed", 10_000, 200, 9_800, FRIDAY)
        assert on_the_way(payment) == "0.00"
        assert (refund.status, refund.status_code) == ("failed", "REFUSED")

    def test_failed_after_maturity_is_available(self):
        """E05g: not a mirror, the money was pending when it was taken."""
        # Given
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        refund = asked(payment, amount_minor=3_000)
        mature()

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:failed", "Dr 2101 30.00 CNY\nCr 2002 29.40 CNY\nCr 4001 0.60 CNY")
        assert_balances(merchant.pk, merchant_available="98.00", merchant_pending="0.00")

    def test_failed_pays_the_debt_first(self):
        """E05g on 1201, only up to what is owed by now."""
        # Given 20.00 available and 9.40 owed for it; 5.00 were paid back since
        merchant = merchant_with(advance_limit_minor=940)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)
        paid_payment(merchant, amounts_minor=(510,), at=NEXT_NOON)
        mature(date(2026, 3, 9))
        assert_balances(merchant.pk, merchant_debt="4.40", merchant_available="0.00")

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(
            f"{part}:failed",
            "Dr 2101 30.00 CNY\nCr 1201 4.40 CNY\nCr 2002 25.00 CNY\nCr 4001 0.60 CNY",
        )
        assert_balances(merchant.pk, merchant_debt="0.00", merchant_available="25.00")

    def test_failed_gives_nobody_s_part_back_into_suspense(self):
        # Given
        payment = paid_payment(unallocated_minor=500)
        refund = asked(payment, unallocated_minor=200)

        # When
        failed_refund(refund)

        # Then
        assert_entry(f"{refund.pk}:unallocated:failed", "Dr 2101 2.00 CNY\nCr 2901 2.00 CNY")
        assert balance("2901", "unallocated") == "5.00"

    def test_processing_and_unknown_book_nothing_and_no_clock_ends_them(self):
        # Given
        refund = asked(paid_payment())
        booked = JournalEntry.objects.count()

        # When, Then
        for kind in (OutcomeKind.PROCESSING, OutcomeKind.UNKNOWN, OutcomeKind.PROCESSING):
            answered_refund(refund, Outcome(kind))
            assert refund.status == "processing"
        assert JournalEntry.objects.count() == booked

    @pytest.mark.parametrize(
        "told",
        [
            {"amount_minor": 9_999, "currency": "CNY"},
            {"amount_minor": 10_000, "currency": "USD"},
            {"amount_minor": None, "currency": ""},
            {"amount_minor": 10_000, "currency": "CNY", "fee_minor": 10_001},
            {"amount_minor": 10_000, "currency": "CNY", "fee_minor": -1},
        ],
    )
    def test_a_success_of_something_else_is_not_believed(self, told):
        # Given
        payment = paid_payment()
        refund = asked(payment)

        # When
        answered_refund(refund, Outcome(OutcomeKind.SUCCEEDED, **told))

        # Then
        assert (refund.status, refund.status_code) == ("unknown", "AMOUNT_DIFFERS")
        assert on_the_way(payment) == "100.00"

    def test_abnormal_keeps_the_money_apart_until_the_channel_delivers(self):
        # Given
        payment = paid_payment()
        refund = asked(payment)
        answered_refund(refund, Outcome(OutcomeKind.PROCESSING))

        # When
        answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))

        # Then
        assert (refund.status, refund.operation.status) == ("abnormal", "manual_review")
        assert on_the_way(payment) == "100.00"
        refunded(refund, at=NEXT_NOON)
        assert (refund.status, refund.operation.status) == ("succeeded", "succeeded")
        assert on_the_way(payment) == "0.00"

    def test_abnormal_may_still_fail_and_gives_the_money_back(self):
        """E05g after the channel gave up on delivering it."""
        # Given
        payment = paid_payment()
        refund = asked(payment)
        answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
        answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))
        assert on_the_way(payment) == "100.00"

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        assert (refund.status, refund.status_code) == ("failed", "REFUSED")
        assert refund.operation.status == "failed"
        (part,) = parts(refund)
        assert_entry(f"{part}:failed", "Dr 2101 100.00 CNY\nCr 2001 98.00 CNY\nCr 4001 2.00 CNY")
        assert on_the_way(payment) == "0.00"
        told = Event.objects.filter(subject=refund.pk).order_by("sequence")
        assert list(told.values_list("kind", flat=True))[-3:] == [
            "refund.abnormal",
            "refund.submitting",
            "refund.failed",
        ]

    def test_one_of_unknown_outcome_that_people_look_at_may_have_failed(self):
        # Given nobody got an answer to the last question
        payment = paid_payment()
        refund = asked(payment)
        answered_refund(refund, Outcome(OutcomeKind.UNKNOWN))
        ChannelOperation.objects.filter(pk=refund.operation_id).update(status="manual_review")

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        assert (refund.status, refund.operation.status) == ("failed", "failed")
        assert on_the_way(payment) == "0.00"

    def test_failed_and_told_succeeded_is_kept_for_people(self):
        # Given
        payment = paid_payment()
        refund = asked(payment)
        failed_refund(refund)
        booked = JournalEntry.objects.count()

        # When
        refunded(refund, at=NEXT_NOON)
        refunded(refund, at=NEXT_NOON)

        # Then it stays failed, nothing is booked, and it is told once
        assert (refund.status, refund.status_code) == ("failed", "contradicted")
        assert refund.operation.status == "failed"
        assert refund.succeeded_at is None
        assert JournalEntry.objects.count() == booked
        event = Event.objects.get(kind="refund.contradicted")
        assert (event.subject, event.at, event.payload["code"]) == (
            refund.pk,
            NEXT_NOON,
            "contradicted",
        )
        audited = AuditEntry.objects.get(action="refund.contradicted")
        assert (audited.subject, audited.actor) == (refund.pk, "channel:alipay")

    @pytest.mark.parametrize("kind", [OutcomeKind.FAILED, OutcomeKind.UNKNOWN, OutcomeKind.CLOSED])
    def test_failed_and_told_so_again_changes_nothing(self, kind):
        # Given
        refund = asked(paid_payment())
        failed_refund(refund)
        told = Event.objects.count()

        # When
        answered_refund(refund, Outcome(kind))

        # Then
        assert (refund.status, refund.status_code) == ("failed", "REFUSED")
        assert Event.objects.count() == told

    def test_settled_money_can_be_refunded_too(self):
        """E05e drives 1101 below zero until the channel's next settlement nets it."""
        # Given the channel's money is at the bank
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        owner = f"{paid_attempt(payment).channel_account_id}/{merchant.pk}"
        journal.post_entry(
            Entry(
                source="bank:1",
                kind="channel_settled",
                legs=(debit("1001", "chn_b", 9_940, "CNY"), credit("1101", owner, 9_940, "CNY")),
                effective_date=THURSDAY,
                at=NOON,
            )
        )

        # When
        refunded(asked(payment))

        # Then
        assert balance("1101", owner) == "-100.00"


class TestWaiting:
    def test_goes_on_when_the_money_has_matured(self):
        # Given a fee that is kept, and other money that is pending
        merchant = merchant_with("keep")
        payment = paid_payment(merchant)
        paid_payment(merchant)
        refund = asked(payment)
        assert refund.status == "funding_required"

        # When
        mature()
        assert refund_submissions.fund_waiting(actor="task:t", at=NEXT_NOON) == 1

        # Then
        refund.refresh_from_db()
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2002 100.00 CNY\nCr 2101 100.00 CNY")
        assert refund.status == "submitting"
        assert refund.operation.channel_no == channel_no_of(refund.pk)

    @pytest.mark.django_db(transaction=True)
    def test_is_tried_again_by_a_job_when_money_has_matured_and_only_then(self):
        # Given nothing waits
        merchant = merchant_with("keep")
        payment = paid_payment(merchant)
        mature()
        assert not ProcrastinateJob.objects.exists()
        refund = asked(payment, at=NEXT_NOON)
        assert refund.status == "funding_required"

        # When two days come, and the second one twice
        for day in (SATURDAY, MONDAY, MONDAY):
            mature(day)

        # Then one job waits for all
        assert run_jobs() == ["payments.fund_refunds"]
        refund.refresh_from_db()
        assert refund.status == "funding_required"

    def test_what_still_has_no_funds_goes_on_waiting_and_nothing_is_written(self):
        # Given
        merchant = merchant_with("keep")
        asked(paid_payment(merchant))

        # When, Then
        with nothing_written():
            assert refund_submissions.fund_waiting(actor="task:t", at=NEXT_NOON) == 0

    def test_those_of_a_merchant_without_money_hold_nobody_else_up(self, monkeypatch):
        # Given two old ones that cannot be funded fill more than a page
        monkeypatch.setattr(refund_submissions, "WAITING_PAGE", 1)
        poor, rich = merchant_with("keep"), merchant_with("keep")
        stuck = [asked(paid_payment(poor)) for _ in range(2)]
        smaller = asked(paid_payment(poor, amounts_minor=(5_000,)))
        refund = asked(paid_payment(rich))
        paid_payment(rich)
        mature()
        withdraw(poor, 24_500)
        assert {one.status for one in (*stuck, smaller, refund)} == {"funding_required"}
        tried = []
        fund = refund_submissions.fund_refund
        monkeypatch.setattr(
            refund_submissions,
            "fund_refund",
            lambda pk, **other: tried.append(pk) or fund(pk, **other),
        )

        # When
        assert refund_submissions.fund_waiting(actor="task:t", at=NEXT_NOON) == 1

        # Then one as large as what had no funds was not tried, a smaller one was
        refund.refresh_from_db()
        assert refund.status == "submitting"
        assert tried == [stuck[0].pk, smaller.pk, refund.pk]

    def test_a_settlement_s_money_is_not_there_for_refunds(self):
        # Given
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        mature(SATURDAY)
        withdraw(merchant, 9_800)

        # When, Then
        assert asked(payment, at=NEXT_NOON).status == "funding_required"
