"""Refunds of captures and of money in suspense that failed, and that their channel says it made."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.actions.capture_shares import CaptureShareRequest
from payments.errors import ContradictionStandsError
from payments.models import Capture, Merchant, Payment, Refund
from settlements.queries import integrity
from tests.factories.payments import (
    MerchantFactory,
    answered_refund,
    failed_refund,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.payments.actions.refund_books import merchant_with
from tests.payments.actions.test_contradictions import agree, ask, end
from tests.payments.holding import authorised, done, holding_channel
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
