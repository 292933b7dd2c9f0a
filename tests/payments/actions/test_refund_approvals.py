# ruff: noqa: F811  fixtures are imported
"""Refunds above a threshold need two people; what waits can be given up, what left cannot."""

from datetime import date, timedelta

import pytest

from ledger.actions.approvals import Decider, digest_of
from ledger.errors import (
    ApprovalExpiredError,
    IllegalMoveError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import ApprovalRequest, AuditEntry, JournalEntry
from payments.actions import (
    maturity,
    refund_submissions,
    refunds,
)
from payments.errors import RefundNotFoundError, RefundReasonMissingError, RefundTooLargeError
from payments.models import ChannelOperation, Refund
from payments.queries.refunds import refund_payload
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
    failed_refund,
    paid_payment,
    refund_asked,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.payments.actions.waiting_refunds import CHECKER, MAKER, approve, laws_hold, waiting  # noqa: F401
from tests.rig.attacks import check_laws
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestThreshold:
    def test_up_to_it_nobody_is_asked(self):
        refund = refund_asked(paid_payment(amounts_minor=(50_000,)))

        assert (refund.status, refund.approval) == ("submitting", None)

    def test_above_it_another_person_is(self, waiting):
        assert waiting.status == "pending_approval"
        assert waiting.approval.maker == MAKER
        assert waiting.approval.payload == refund_payload(waiting)
        assert not JournalEntry.objects.filter(kind="refund_requested").exists()
        assert not ChannelOperation.objects.filter(kind="refund").exists()

    def test_in_a_currency_without_a_threshold_every_time(self):
        merchant = MerchantFactory(fee_plan=FeePlanFactory(currency="USD"))

        refund = refund_asked(paid_payment(merchant), amount_minor=1)

        assert refund.status == "pending_approval"

    def test_a_large_amount_is_not_given_back_in_small_ones(self):
        # Given
        payment = paid_payment(amounts_minor=(100_000,))
        first = refund_asked(payment, amount_minor=30_000)
        assert (first.status, first.approval) == ("submitting", None)

        # When, Then up to the threshold both together, and not a unit more
        check_laws()
        assert refund_asked(payment, amount_minor=20_000).status == "submitting"
        check_laws()
        above = refund_asked(payment, amount_minor=1, actor=MAKER)
        assert above.status == "pending_approval"

    def test_what_others_agreed_to_or_what_failed_counts_no_more(self, waiting):
        # Given
        payment = paid_payment(amounts_minor=(200_000,))
        approve(refund_asked(payment, amount_minor=60_000, actor=MAKER))
        check_laws()
        failed_refund(refund_asked(payment, amount_minor=40_000))
        check_laws()

        # When, Then
        assert refund_asked(payment, amount_minor=50_000).status == "submitting"

    def test_what_waits_is_reserved_already(self, waiting):
        with nothing_written(), pytest.raises(RefundTooLargeError):
            refund_asked(waiting.payment, amount_minor=1)


class TestApprove:
    def test_funds_and_orders_it(self, waiting):
        # When
        refund = approve(waiting)

        # Then
        assert (refund.status, refund.approval.state) == ("submitting", "executed")
        assert ApprovalRequest.objects.get().state == "executed"
        assert JournalEntry.objects.filter(kind="refund_requested").count() == 1
        assert ChannelOperation.objects.get(kind="refund").amount_minor == 50_001
        assert AuditEntry.objects.get(action="refund.approved").actor == "user:2"

    def test_without_funds_it_waits_with_its_approval_and_goes_on_later(self):
        # Given a fee that is kept
        merchant = MerchantFactory(fee_plan=FeePlanFactory(refund_policy="keep"))
        refund = refund_asked(paid_payment(merchant, amounts_minor=(60_000,)), actor=MAKER)

        # When
        refund = approve(refund)

        # Then
        assert refund.status == "funding_required"
        assert ApprovalRequest.objects.get().state == "executed"
        paid_payment(merchant)
        check_laws()
        maturity.mature(currency="CNY", business_date=FRIDAY, actor="task:t", at=NEXT_NOON)
        refund = refund_submissions.fund_refund(refund.pk, actor="user:3", at=NEXT_NOON)
        assert refund.status == "submitting"
        assert ApprovalRequest.objects.get().state == "executed"

    def test_nobody_approves_their_own(self, waiting):
        with nothing_written(), pytest.raises(SelfApprovalError):
            approve(waiting, Decider(actor=MAKER))

    def test_what_was_shown_is_what_is_agreed_to(self, waiting):
        with nothing_written(), pytest.raises(StaleApprovalError):
            approve(waiting, shown_digest=b"\0" * 32)

    def test_not_twice(self, waiting):
        approve(waiting)
        with nothing_written(), pytest.raises(IllegalMoveError):
            approve(waiting, Decider(actor="user:3", second_factor="totp"))

    def test_not_after_a_week(self, waiting):
        with nothing_written(), pytest.raises(ApprovalExpiredError):
            approve(waiting, at=NOON + timedelta(days=7))

    def test_no_such_refund(self):
        with nothing_written(), pytest.raises(RefundNotFoundError):
            refunds.approve_refund("ref_none", shown_digest=b"", decider=CHECKER, at=NOON)


class TestGivingUp:
    def test_a_rejection_frees_what_was_reserved(self, waiting):
        # When
        refund = refunds.reject_refund(
            waiting.pk,
            shown_digest=digest_of(refund_payload(waiting)),
            decider=CHECKER,
            at=NEXT_NOON,
            reason="Not agreed",
        )

        # Then
        assert refund.status == "rejected"
        assert (
            AuditEntry.objects.get(
                subject=refund.pk,
                reason="Not agreed",
                action="refund.rejected",
                after__status="rejected",
            ).client_ip
            == "203.0.113.9"
        )
        assert refund_asked(waiting.payment, amount_minor=50_000).status == "submitting"

    def test_who_asked_may_not_reject_but_may_cancel(self, waiting):
        with nothing_written(), pytest.raises(SelfApprovalError):
            refunds.reject_refund(
                waiting.pk,
                shown_digest=digest_of(refund_payload(waiting)),
                decider=Decider(actor=MAKER),
                at=NEXT_NOON,
                reason="No",
            )
        refund = refunds.cancel_refund(waiting.pk, actor=MAKER, at=NEXT_NOON, reason="A slip")
        assert refund.status == "cancelled"
        assert ApprovalRequest.objects.get().state == "voided"

    def test_one_that_waits_for_funds_can_be_given_up(self):
        merchant = MerchantFactory(fee_plan=FeePlanFactory(refund_policy="keep"))
        refund = refund_asked(paid_payment(merchant))
        assert refund.status == "funding_required"

        refunds.cancel_refund(refund.pk, actor=MAKER, at=NEXT_NOON, reason="No money")

        with nothing_written(), pytest.raises(IllegalMoveError):
            refund_submissions.fund_refund(refund.pk, actor=MAKER, at=NEXT_NOON)

    @pytest.mark.parametrize("is_failed", [False, True])
    def test_one_that_was_funded_is_ended_by_the_channel_alone(self, is_failed):
        refund = refund_asked(paid_payment())
        if is_failed:
            failed_refund(refund)

        with nothing_written(), pytest.raises(IllegalMoveError):
            refunds.cancel_refund(refund.pk, actor=MAKER, at=NEXT_NOON, reason="Too late")
        with nothing_written(), pytest.raises(IllegalMoveError):
            refund_submissions.fund_refund(refund.pk, actor=MAKER, at=NEXT_NOON)

    def test_not_without_a_reason(self, waiting):
        with nothing_written(), pytest.raises(RefundReasonMissingError):
            refunds.cancel_refund(waiting.pk, actor=MAKER, at=NEXT_NOON, reason=" ")
        with nothing_written(), pytest.raises(RefundReasonMissingError):
            refunds.reject_refund(
                waiting.pk, shown_digest=b"", decider=CHECKER, at=NEXT_NOON, reason=""
            )


def test_a_waiting_one_that_is_no_longer_what_was_approved_is_left_to_people():
    # Given
    merchant = MerchantFactory(fee_plan=FeePlanFactory(refund_policy="keep"))
    refund = approve(refund_asked(paid_payment(merchant, amounts_minor=(60_000,)), actor=MAKER))
    paid_payment(merchant)
    check_laws()
    maturity.mature(currency="CNY", business_date=date(2026, 3, 6), actor="task:t", at=NEXT_NOON)
    Refund.objects.update(reason="Something else")

    # When, Then
    with nothing_written():
        assert refund_submissions.fund_waiting(actor="task:t", at=NEXT_NOON) == 0
    with nothing_written(), pytest.raises(StaleApprovalError):
        refund_submissions.fund_refund(refund.pk, actor=MAKER, at=NEXT_NOON)
