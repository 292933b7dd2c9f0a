"""Refunds of captures and of money in suspense that failed, and that their channel says it made."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from ledger.models import JournalEntry
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.actions.capture_shares import CaptureShareRequest
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import ContradictionStandsError, MoneyContradictedError
from payments.models import Capture, Merchant, ParkedMoney, Payment, Refund
from payments.postings.refunds import unallocated_part
from settlements.queries import integrity
from tests.books import assert_entry
from tests.factories.parked import agreed, asked, late_money, resolved
from tests.factories.payments import (
    MerchantFactory,
    answered_refund,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.payments.actions.refund_books import merchant_with
from tests.payments.actions.test_contradictions import agree, ask, end
from tests.payments.holding import authorised, done, holding_channel
from tests.rig.database import as_owner
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def books_in_order(db):
    yield
    assert integrity.verify().violations == []


def contradicted(refund: Refund) -> Refund:
    """Let the channel say of a failed refund that it made it."""
    answered_refund(refund, done(refund.amount_minor))
    assert (refund.status, refund.status_code) == ("failed", "contradicted")
    return refund


class TestCaptures:
    """A payment of 60.00 and 40.00, of which each of two captures took 30.00 and 20.00."""

    @pytest.fixture
    def merchants(self) -> tuple[Merchant, Merchant]:
        # The first may owe: what it has not is no reason to refuse.
        return merchant_with(advance_limit_minor=10_000), MerchantFactory()

    @pytest.fixture
    def payment(self, monkeypatch, merchants) -> Payment:
        return authorised(holding_channel(monkeypatch), *merchants, amounts_minor=(6_000, 4_000))

    @pytest.fixture
    def capture(self, payment, merchants) -> Capture:
        """The first of the two."""
        for _ in range(2):
            shares = [
                CaptureShareRequest(merchant.pk, amount_minor)
                for merchant, amount_minor in zip(merchants, (3_000, 2_000), strict=True)
            ]
            with transaction.atomic():
                request_capture(
                    CaptureRequest(payment.pk, shares=shares), actor="key:test", at=NOON
                )
            run_jobs()
        payment.refresh_from_db()
        return Capture.objects.earliest("created_at", "pk")

    def test_no_more_is_made_than_the_capture_took_for_one_merchant(
        self, payment, capture, merchants
    ):
        # Given 20.00 of the first merchant failed, and all of theirs was refunded instead
        first = merchants[0].pk
        of_it = {"capture_id": capture.pk, "at": LATER}
        failed = failed_refund(refund_asked(payment, shares={first: 2_000}, **of_it))
        refunded(refund_asked(payment, shares={first: 3_000}, **of_it), at=LATER)
        digest = ask(contradicted(failed).operation_id, "made")

        # When, Then
        with nothing_written(), pytest.raises(ContradictionStandsError):
            agree(failed.operation_id, digest)

    def test_what_the_capture_took_is_made_to_the_last_fen(self, payment, capture, merchants):
        # Given
        first = merchants[0].pk
        of_it = {"capture_id": capture.pk, "at": LATER}
        failed = failed_refund(refund_asked(payment, shares={first: 2_000}, **of_it))
        refunded(refund_asked(payment, shares={first: 1_000}, **of_it), at=LATER)

        # When
        end(contradicted(failed).operation_id, "made")

        # Then
        failed.refresh_from_db()
        assert (failed.status, failed.status_code) == ("succeeded", "")


class TestSuspense:
    """Late money of 100.00 that was to go back: it failed, and the channel says it was made."""

    @pytest.fixture
    def parked(self) -> ParkedMoney:
        return resolved(late_money(), "refund")

    @pytest.fixture
    def failed(self, parked) -> Refund:
        return contradicted(failed_refund(Refund.objects.get(parked=parked)))

    def test_what_the_channel_gave_back_leaves_suspense(self, parked, failed):
        # Given
        entries = JournalEntry.objects.count()

        # When
        end(failed.operation_id, "made")

        # Then
        parked.refresh_from_db()
        failed.refresh_from_db()
        assert (failed.status, failed.status_code, failed.turn) == ("succeeded", "", 2)
        assert (parked.status, failed.payment.status) == ("returned", "refunded_late")
        assert JournalEntry.objects.count() == entries + 2
        part = unallocated_part(failed)
        assert_entry(f"{part}:request:2", "Dr 2901 100.00 CNY\nCr 2101 100.00 CNY")
        assert_entry(f"{part}:succeeded:2", "Dr 2101 100.00 CNY\nCr 1101 100.00 CNY")

    @pytest.mark.parametrize("way", ["accept", "refund"])
    def test_it_is_not_decided_on_before_that_is_known(self, parked, failed, way):
        # When, Then
        with nothing_written(), pytest.raises(MoneyContradictedError):
            asked(parked, way)

        # When it was not made
        end(failed.operation_id, "not_made")

        # Then
        assert asked(parked, "refund").state == "pending"

    def test_what_was_asked_before_is_not_agreed_to(self, parked):
        # Given
        failed = failed_refund(Refund.objects.get(parked=parked))
        asked(parked, "refund")
        contradicted(failed)

        # When, Then
        with nothing_written(), pytest.raises(MoneyContradictedError):
            agreed(parked)

    def test_what_goes_back_another_way_is_not_booked_twice(self, parked, failed):
        # Given two people were wrong, and it was given back again
        end(failed.operation_id, "not_made")
        resolved(parked, "refund")
        digest = ask(failed.operation_id, "made")

        # When, Then
        with nothing_written(), pytest.raises(ContradictionStandsError):
            agree(failed.operation_id, digest)


def test_the_database_lets_nothing_out_of_suspense_that_nobody_agreed_to():
    # Given
    parked = resolved(late_money(), "refund")
    contradicted(failed_refund(Refund.objects.get(parked=parked)))

    # When, Then
    with pytest.raises(IntegrityError, match="nobody agreed"), transaction.atomic():
        ParkedMoney.objects.filter(pk=parked.pk).update(status="returning")


def test_its_migration_is_not_undone_once_something_was_made_after_all():
    # Given
    refund = refunded(refund_asked(paid_payment(), amount_minor=3_000))
    answered_refund(refund, Outcome(OutcomeKind.FAILED, code="CLOSED"))
    end(refund.operation_id, "not_made")
    undo = import_module("payments.migrations.0022_refunds_are_reversed").Migration.operations[-1]

    # When, Then
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="cannot be undone any more"):
            cursor.execute(undo.reverse_sql)
        transaction.set_rollback(True)
