"""Refunds that wait for money."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from payments.actions import refund_submissions
from payments.actions.operations import channel_no_of
from payments.models import (
    Merchant,
)
from tests.books import assert_entry
from tests.factories.payments import (
    MerchantFactory,
    paid_payment,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, SATURDAY
from tests.payments.actions.refund_books import asked, laws_hold, mature, merchant_with, parts  # noqa: F401
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db


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
